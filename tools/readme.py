"""Renders nbs/index.ipynb to README.md; with --check, compares instead of writing.

Text cells are copied; code cells are fenced, but for those flagged `#| echo: false`; outputs follow them, pictures in
outputs go to nbs/pictures/. Where the text says <!-- notebooks -->, the listing of the folders is put: a table for each
folder, a line for each notebook with its title and the sentence under it. Links are relative to nbs/ and are
turned to the project's root. `--check` also names links to files that do not exist.
"""
import base64, json, posixpath, re, sys
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
LINK = re.compile(r'(\]\(|src="|href=")(?![a-z]+:|#|/)([^)"#\s]+)')
FOLDERS = {
    '0_start': 'How do I …? One question each',
    '1_ground': 'What everything stands on: images, fields, conditions, cohorts, training',
    '2_method': 'The method, from registration to the conditional atlas',
    '3_evaluation': 'Is it right, and is it better than other ways?',
    '4_preparation': 'From scans as they come to a cohort',
    '5_commands': 'The command line',
    '6_studies': 'Measurements that take hours, with what they showed',
}


def read(path): return json.loads(Path(path).read_text(encoding='utf-8'))


def head(path):
    "Title of a notebook and the sentence under it."
    text = '\n'.join(''.join(c['source']) for c in read(path)['cells'][:2] if c['cell_type'] == 'markdown')
    title, sentence = re.search(r'^# (.+)$', text, re.M), re.search(r'^> (.+)$', text, re.M)
    if not title or not sentence:
        raise SystemExit(f"{path.relative_to(ROOT)}: expected '# Title' and '> a sentence' in its first cell")
    return title[1], sentence[1].replace('|', '\\|')


def listing():
    "Markdown: the notebooks by folder."
    blocks = []
    folders = sorted(p.name for p in (ROOT/'nbs').iterdir() if p.is_dir() and any(p.glob('*.ipynb')))
    for folder in folders:
        lines = [f'**`nbs/{folder}`** · {FOLDERS[folder]}', '', '| notebook | what it says |', '|---|---|']
        for path in sorted((ROOT/'nbs'/folder).glob('*.ipynb')):
            title, sentence = head(path)
            lines.append(f'| [{path.stem[:2]} {title}]({folder}/{path.name}) | {sentence} |')
        blocks.append('\n'.join(lines))
    return '\n\n'.join(blocks)


def rooted(text):
    "Text with its relative links seen from the project's root."
    return LINK.sub(lambda m: m[1] + posixpath.normpath(posixpath.join('nbs', m[2])), text)


def render_output(output, name):
    "Markdown of one output, and pictures by path."
    data = output.get('data', {})
    if 'image/png' in data:
        path = f'nbs/pictures/{name}.png'
        return f'![{name}]({path})', {path: base64.b64decode(''.join(data['image/png']))}
    if 'text/markdown' in data: return rooted(''.join(data['text/markdown'])), {}
    text = ''.join(data.get('text/plain', output.get('text', ''))).rstrip()
    return '\n'.join('    ' + line for line in text.splitlines()), {}


def render(notebook):
    "README.md as text, and pictures by path."
    blocks, pictures = [], {}
    for number, cell in enumerate(notebook['cells']):
        source = ''.join(cell['source'])
        if cell['cell_type'] == 'markdown':
            blocks.append(rooted(source.replace('<!-- notebooks -->', listing())))
        if cell['cell_type'] != 'code' or re.search(r'^#\s*\|\s*hide', source, re.M): continue
        lines = [line for line in source.splitlines() if not re.match(r'#\s*\|', line)]
        if any(lines) and not re.search(r'^#\s*\|\s*echo: false', source, re.M):
            blocks.append('```python\n' + '\n'.join(lines).strip() + '\n```')
        name = re.search(r'^#\s*\|\s*picture: (\S+)', source, re.M)
        for k, output in enumerate(cell['outputs']):
            block, found = render_output(output, name[1] if name else f'index-{number}-{k}')
            blocks.append(block)
            pictures |= found
    note = '<!-- rendered from nbs/index.ipynb by tools/readme.py; edit the notebook -->'
    return '\n\n'.join([note, *(b.strip('\n') for b in blocks if b.strip())]) + '\n', pictures


def main(words):
    "Writes README.md and its pictures, or tells what differs."
    text, pictures = render(read(ROOT/'nbs'/'index.ipynb'))
    files = {'README.md': text.encode(), **pictures}
    if '--check' not in words:
        for name, content in files.items():
            (ROOT/name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT/name).write_bytes(content)
        return 0
    differs = [n for n, content in files.items() if not (ROOT/n).is_file() or (ROOT/n).read_bytes() != content]
    problems = [f'{n} differs from nbs/index.ipynb; run `python tools/readme.py`' for n in differs]
    prose = re.sub(r'^```.*?^```', '', text, flags=re.M | re.S)
    gone = [m[2] for m in LINK.finditer(prose) if not (ROOT/m[2]).exists()]
    problems += [f'README.md links to {link}, which does not exist' for link in gone]
    print('\n'.join(problems))
    return int(bool(problems))


if __name__ == '__main__': sys.exit(main(sys.argv[1:]))

"""Renders nbs/index.ipynb to README.md; with --check, compares instead of writing.

Text cells are copied, code cells are fenced, outputs follow them, pictures in outputs go to nbs/pictures/. Links in the notebook
are relative to nbs/ and are turned to the project's root. `--check` also names links to files that do not exist.
"""
import base64, json, posixpath, re, sys
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
LINK = re.compile(r'(\]\(|src="|href=")(?![a-z]+:|#|/)([^)"#\s]+)')


def rooted(text):
    "Text with its relative links seen from the project's root."
    return LINK.sub(lambda m: m[1] + posixpath.normpath(posixpath.join('nbs', m[2])), text)


def render_output(output, name):
    "Markdown of one output, and pictures by path."
    data = output.get('data', {})
    if 'image/png' in data:
        path = f'nbs/pictures/{name}.png'
        return f'![]({path})', {path: base64.b64decode(''.join(data['image/png']))}
    if 'text/markdown' in data: return rooted(''.join(data['text/markdown'])), {}
    text = ''.join(data.get('text/plain', output.get('text', ''))).rstrip()
    return '\n'.join('    ' + line for line in text.splitlines()), {}


def render(notebook):
    "README.md as text, and pictures by path."
    blocks, pictures = [], {}
    for number, cell in enumerate(notebook['cells']):
        source = ''.join(cell['source'])
        if re.search(r'^#\s*\|\s*hide', source, re.M): continue
        if cell['cell_type'] == 'markdown': blocks.append(rooted(source))
        if cell['cell_type'] != 'code': continue
        lines = [line for line in source.splitlines() if not re.match(r'#\s*\|', line)]
        if any(lines): blocks.append('```python\n' + '\n'.join(lines).strip() + '\n```')
        for k, output in enumerate(cell['outputs']):
            block, found = render_output(output, f'index-{number}-{k}')
            blocks.append(block)
            pictures |= found
    note = '<!-- rendered from nbs/index.ipynb by tools/readme.py; edit the notebook -->'
    return '\n\n'.join([note, *(b.strip('\n') for b in blocks if b.strip())]) + '\n', pictures


def main(words):
    "Writes README.md and its pictures, or tells what differs."
    text, pictures = render(json.loads((ROOT/'nbs'/'index.ipynb').read_text(encoding='utf-8')))
    files = {'README.md': text.encode(), **pictures}
    if '--check' not in words:
        for name, content in files.items():
            (ROOT/name).parent.mkdir(parents=True, exist_ok=True)
            (ROOT/name).write_bytes(content)
        return 0
    problems = [f'{n} differs from nbs/index.ipynb; run `python tools/readme.py`' for n, content in files.items() if not (ROOT/n).is_file() or (ROOT/n).read_bytes() != content]
    prose = re.sub(r'^```.*?^```', '', text, flags=re.M | re.S)
    problems += [f'README.md links to {m[2]}, which does not exist' for m in LINK.finditer(prose) if not (ROOT/m[2]).exists()]
    print('\n'.join(problems))
    return int(bool(problems))


if __name__ == '__main__': sys.exit(main(sys.argv[1:]))

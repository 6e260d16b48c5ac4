"""Builds the site in _docs/: the notebooks as they were run, the page of the project, every module's functions, search.

Run by `make docs`. Nothing is executed: the pages show the outputs that the notebooks hold. Afterwards every link of
the site is followed; one that leads nowhere is an error.
"""
import json, os, re, shutil, subprocess, sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

from readme import FOLDERS, LINK, ROOT, head, read

OUT = ROOT/'_docs'
SOURCE, SITE = OUT/'source', OUT/'site'
PAGES = {'README.md': 'index.md', 'CONTRIBUTING.md': 'CONTRIBUTING.md', 'CHANGELOG.md': 'CHANGELOG.md',
         'data/README.md': 'data.md', 'nbs/golden/README.md': 'golden.md'}
CONFIG = """
site_name: diffdef
site_description: Conditional anatomical atlases
docs_dir: source
site_dir: site
use_directory_urls: false
theme: {name: material, font: false, features: [navigation.indexes, content.code.copy], palette: {primary: teal}}
plugins:
  - search
  - offline
  - mkdocs-jupyter: {execute: false, include_source: true, no_input: false, include_requirejs: false}
  - mkdocstrings:
      handlers:
        python:
          options:
            docstring_style: numpy
            show_root_heading: true
            show_source: true
            members_order: source
            heading_level: 1
            extensions: [%s]
extra_css: [wide.css]
markdown_extensions: [tables, admonition, pymdownx.superfences, {toc: {permalink: true}}]
validation: {links: {not_found: warn, unrecognized_links: ignore}}
nav: %s
"""
STYLE = """
.md-grid { max-width: 90rem }
.jp-InputPrompt, .jp-OutputPrompt { display: none !important }
.jupyter-wrapper img { max-width: 100% }
"""


def site_link(target):
    "Where a link of README.md leads on the site."
    if target in PAGES: return PAGES[target]
    return target.removeprefix('nbs/')


def copy_pages():
    "Texts of the project, with their links turned to the site."
    for name, page in PAGES.items():
        text = (ROOT/name).read_text(encoding='utf-8')
        folder = Path(name).parent.as_posix()
        def turn(match):
            target = os.path.normpath(os.path.join(folder, match[2]))
            return match[1] + (site_link(target) if (ROOT/target).exists() else match[2])
        (SOURCE/page).write_text(LINK.sub(turn, text), encoding='utf-8')
    shutil.copy(ROOT/'LICENSE', SOURCE/'LICENSE')


def page_link(match, path):
    "A link in a notebook, turned to the page of the site that it leads to."
    target = os.path.relpath(os.path.normpath(path.parent/match[2]), ROOT)
    page = PAGES.get(target, target.removeprefix('nbs/'))
    if not (ROOT/target).exists() or not page.endswith(('.ipynb', '.md')): return match[0]
    here = path.relative_to(ROOT/'nbs').parent
    return match[1] + os.path.relpath(str(Path(page).with_suffix('.html')), here)


def copy_notebooks():
    "Notebooks without what only nbdev reads, their links turned to pages."
    for path in sorted((ROOT/'nbs').rglob('*.ipynb')):
        if path.stem == 'index' or '.ipynb_checkpoints' in path.parts: continue
        notebook = read(path)
        for cell in notebook['cells']:
            text = ''.join(cell['source'])
            if cell['cell_type'] == 'markdown':
                text = LINK.sub(lambda match: page_link(match, path), text)
            else:
                text = re.sub(r'^#\s*\|\s*(?!export)\S.*\n?', '', text, flags=re.M)
            cell['source'] = text
        notebook['cells'] = [c for c in notebook['cells'] if c['source'].strip()]
        target = SOURCE/path.relative_to(ROOT/'nbs')
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(notebook), encoding='utf-8')
    shutil.copytree(ROOT/'nbs'/'pictures', SOURCE/'pictures', dirs_exist_ok=True)


def write_modules():
    "A page for each module; their names."
    names = sorted('.'.join(p.relative_to(ROOT).with_suffix('').parts) for p in (ROOT/'diffdef').rglob('*.py')
                   if p.name not in ('__init__.py', '_modidx.py'))
    (SOURCE/'modules').mkdir()
    for name in names: (SOURCE/'modules'/f'{name}.md').write_text(f'::: {name}\n', encoding='utf-8')
    return names


def navigation(modules):
    "What stands at the side: folders, notebooks by title, modules."
    books = {}
    for folder, words in FOLDERS.items():
        paths = sorted((ROOT/'nbs'/folder).glob('*.ipynb'))
        books[f'{folder[0]} · {words}'] = [{head(p)[0]: f'{folder}/{p.name}'} for p in paths]
    more = [{'Cohorts': 'data.md'}, {'Contributing': 'CONTRIBUTING.md'}, {'Changes': 'CHANGELOG.md'}]
    pages = [{m: f'modules/{m}.md'} for m in modules]
    return [{'diffdef': 'index.md'}, *({k: v} for k, v in books.items()), {'Modules': pages}, *more]


class Links(HTMLParser):
    "Collects what a page links to."
    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [v for k, v in attributes if k in ('href', 'src') and v and not re.match(r'[a-z]+:|#|//', v)]


def broken_links():
    "Links of the site that lead nowhere."
    broken = []
    for page in SITE.rglob('*.html'):
        links = Links()
        links.feed(page.read_text(encoding='utf-8'))
        for link in links.found:
            target = unquote(re.split(r'[#?]', link)[0])
            if target.startswith('/') or page.name == '404.html': continue
            if target and not (page.parent/target).exists(): broken.append(f'{page.relative_to(SITE)}: {link}')
    return sorted(set(broken))


def main():
    shutil.rmtree(OUT, ignore_errors=True)
    SOURCE.mkdir(parents=True)
    copy_pages()
    copy_notebooks()
    config = CONFIG % (json.dumps(str(ROOT/'tools'/'docments.py')), json.dumps(navigation(write_modules())))
    (OUT/'mkdocs.yml').write_text(config, encoding='utf-8')
    (SOURCE/'wide.css').write_text(STYLE, encoding='utf-8')
    mkdocs = str(Path(sys.executable).parent/'mkdocs')
    done = subprocess.run([mkdocs, 'build', '--strict', '--quiet', '--config-file', str(OUT/'mkdocs.yml')],
                          env={**os.environ, 'PYTHONPATH': str(ROOT), 'NO_MKDOCS_2_WARNING': '1'})
    if done.returncode: return done.returncode
    broken = broken_links()
    print(*(f'broken link: {b}' for b in broken), sep='\n', end='\n' if broken else '')
    print(f"{SITE/'index.html'}: {len(list(SITE.rglob('*.html')))} pages")
    return int(bool(broken))


if __name__ == '__main__': sys.exit(main())

"""Tests of tools/check.py: a small project in order passes every check; with one fault, the check for it fails."""
import json, tempfile
from pathlib import Path

import check


def cell(text, count, outputs=('seen',)):
    "A code cell that was run."
    shown = [dict(output_type='stream', name='stdout', text=[t]) for t in outputs]
    return dict(cell_type='code', metadata={}, id='one', execution_count=count, outputs=shown,
                source=text.splitlines(keepends=True))


def write(path, *cells):
    "A notebook."
    path.parent.mkdir(parents=True, exist_ok=True)
    meta = dict(kernelspec=dict(name='python3'))
    path.write_text(json.dumps(dict(cells=list(cells), metadata=meta, nbformat=4, nbformat_minor=5)), encoding='utf-8')


def project(folder):
    "Two notebooks, the second of which builds on the first."
    root = Path(folder)
    write(root/'nbs/1_a/01_low.ipynb', cell('#| default_exp low', 1), cell('#| export\ndef low(): return 1', 2))
    high = cell('#| export\nfrom diffdef.low import low', 2)
    write(root/'nbs/1_a/02_high.ipynb', cell('#| default_exp high', 1), high)
    (root/'diffdef').mkdir()
    (root/'diffdef/low.py').write_text('def low():\n    if not 0: return 1\n')
    (root/'diffdef/high.py').write_text('from .low import low\n')
    return root


def fault(name):
    "Puts one fault into a project."
    def outputs(root): write(root/'nbs/1_a/01_low.ipynb', cell('1', 1, ()), cell('2', 2, ()))
    def order(root):
        late = cell('if 1:\n    from diffdef.high import low', 2)
        write(root/'nbs/1_a/01_low.ipynb', cell('#| default_exp low', 1), late)
    def walls(root): (root/'diffdef/high.py').write_text('def f():\n    from .low import _low\n')
    def lines(root): write(root/'nbs/1_a/01_low.ipynb', cell('x = ' + '1 + '*27 + '1', 1))
    def statements(root): (root/'diffdef/high.py').write_text('a = 1; b = 2\n')
    def body(root): (root/'diffdef/high.py').write_text('for a in (): print(a)\n')
    def stars(root): write(root/'nbs/1_a/02_high.ipynb', cell('from diffdef.low import *', 1))
    def links(root):
        text = dict(cell_type='markdown', metadata={}, source=['[gone](../nowhere.ipynb)'])
        write(root/'nbs/1_a/02_high.ipynb', text)
    def never_run(root): write(root/'nbs/1_a/01_low.ipynb', cell('1', None), cell('2', None))
    return locals()[name]


FAULTS = dict(outputs=check.check_outputs, never_run=check.check_outputs, order=check.check_order,
              walls=check.check_walls, lines=check.check_lines, statements=check.check_statements,
              body=check.check_statements, stars=check.check_stars, links=check.check_links)

for name, test in FAULTS.items():
    with tempfile.TemporaryDirectory() as folder:
        root = project(folder)
        test(root)                                   # in order: no complaint
        fault(name)(root)
        try: test(root)
        except check.Failed as e: print(f'{name}: {e}')
        else: raise SystemExit(f'{test.__name__} does not notice {name}')

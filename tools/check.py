"""Runs every check of the project and prints each with its time; the last line is `N passed, N failed`.

Run by `make test`. `python tools/check.py WORD...` runs only the checks whose names contain one of the words.
Needs nothing but the standard library and the tools of the development environment.
"""
import json, os, shutil, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
BIN = Path(sys.executable).parent                # tools of the same environment; not resolved, or the environment would be left
NOTEBOOKS = sorted(p for p in (ROOT/'nbs').glob('*.ipynb') if not p.name.startswith(('.', '_')))
TOGETHER = max(1, min(4, os.cpu_count() or 1))    # checks at a time, one thread each: two threads on a busy core are slower than one
MINUTES = 15                                     # a check that takes longer has hung
LARGEST = 1_000_000                              # bytes in a notebook


class Failed(Exception):
    "What is wrong, for people."


def run(*words, cwd=ROOT, **variables):
    "Runs a program without a keyboard; its output, or Failed with the end of it."
    environment = {'OMP_NUM_THREADS': '1', **os.environ, 'PYTHONIOENCODING': 'utf-8', **variables}
    try:
        done = subprocess.run([str(w) for w in words], cwd=cwd, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, encoding='utf-8', errors='replace', timeout=60*MINUTES)
    except subprocess.TimeoutExpired as e: raise Failed(f"{' '.join(map(str, words))}: still running after {MINUTES} minutes") from e
    except OSError as e: raise Failed(f"{words[0]}: {e}; install the development environment with `make .venv`") from e
    if done.returncode: raise Failed(f"exit code {done.returncode}\n" + '\n'.join(done.stdout.splitlines()[-60:]))
    return done.stdout


def copy(folder):
    "The project without what is built, trained or downloaded."
    skip = shutil.ignore_patterns('.git', '.venv', '.ruff_cache', '__pycache__', '.ipynb_checkpoints', 'runs', 'atlases', 'data', 'build', 'dist', '*.egg-info')
    return Path(shutil.copytree(ROOT, Path(folder)/'project', ignore=skip))


def read(path): return json.loads(Path(path).read_text(encoding='utf-8'))
def code(notebook): return [c for c in notebook['cells'] if c['cell_type'] == 'code' and ''.join(c['source']).strip()]
def fail_if(problems):
    if problems: raise Failed('\n'.join(problems))


def plain(notebook):
    "A notebook without what cleaning changes but we do not mind: numbers of execution, blanks after pictures, how text is cut into lines."
    for cell in notebook['cells']:
        cell['source'] = ''.join(cell['source'])
        for part in [cell, *cell.get('outputs', [])]:
            if 'execution_count' in part: part['execution_count'] = None
            for kind, value in part.get('data', {}).items():
                if kind.startswith('image'): part['data'][kind] = ''.join(value).rstrip()
    return notebook


def check_outputs():
    problems = []
    for path in NOTEBOOKS:
        notebook = read(path)
        cells, say = code(notebook), lambda text: problems.append(f'{path.name}: {text}')
        counts = [c.get('execution_count') for c in cells]
        if any(counts) and counts != list(range(1, len(counts) + 1)): say(f'cells were not run once each from top to bottom: {counts}')
        if any('execution' in c['metadata'] for c in notebook['cells']): say('cells hold times of execution')
        if any(o['output_type'] == 'error' for c in cells for o in c['outputs']): say('an output is an error')
        if (name := notebook['metadata'].get('kernelspec', {}).get('name')) != 'python3': say(f"kernel is {name!r}, expected 'python3'")
        if (size := path.stat().st_size) > LARGEST: say(f'{size} bytes, expected at most {LARGEST}')
    fail_if(problems)


def check_clean():
    with tempfile.TemporaryDirectory() as folder:
        project = copy(folder)
        run(BIN/'nbdev_clean', cwd=project)
        fail_if([f'{p.name}: `nbdev_clean` would change it' for p in NOTEBOOKS if plain(read(p)) != plain(read(project/'nbs'/p.name))])


def check_sync():
    with tempfile.TemporaryDirectory() as folder:
        project = copy(folder)
        for path in (project/'diffdef').glob('*.py'):
            if path.name != '__init__.py': path.unlink()           # what no notebook exports any more must not stay
        run(BIN/'nbdev_export', cwd=project)
        new, old = ({p.name: p.read_text(encoding='utf-8') for p in (r/'diffdef').glob('*.py')} for r in (project, ROOT))
        fail_if([f'diffdef/{n} differs from what the notebooks export; run `nbdev_export`' for n in sorted({*new, *old}) if new.get(n) != old.get(n)])


def check_lint(): run(BIN/'ruff', 'check', '--quiet', '--output-format', 'concise', '--select', 'F,E9', 'diffdef/', 'setup.py', 'tools/')
def check_readme(): run(sys.executable, ROOT/'tools'/'readme.py', '--check')


def check_stars():
    fail_if([f'{p.name}: {line.strip()!r}; name what is imported' for p in NOTEBOOKS for c in code(read(p))
             for line in ''.join(c['source']).splitlines() if line.strip().startswith('from ') and line.split('#')[0].rstrip().endswith('import *')])


def check_notebook(path): run(BIN/'nbdev_test', '--path', path.relative_to(ROOT), '--n_workers', '0')


def check_installed():
    "Imports every module of a package installed elsewhere, from an empty folder: what a user gets, not what lies in this folder."
    with tempfile.TemporaryDirectory() as folder:
        target, empty = Path(folder)/'installed', Path(folder)/'empty'
        empty.mkdir()
        run(sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-build-isolation', '--target', target, copy(folder))
        modules = sorted(f'diffdef.{p.stem}' for p in (ROOT/'diffdef').glob('*.py') if p.stem != '__init__')
        words = f"import importlib, diffdef\nassert diffdef.__file__.startswith({str(target)!r}), diffdef.__file__\nfor name in {modules}: importlib.import_module(name)"
        run(sys.executable, '-c', words, cwd=empty, PYTHONPATH=str(target))


def check_command():
    with tempfile.TemporaryDirectory() as empty:
        if 'simulate' not in run(BIN/'diffdef', '--help', cwd=empty): raise Failed('`diffdef --help` does not list the command simulate')


CHECKS = {'outputs of notebooks': check_outputs, 'notebooks clean': check_clean, 'notebooks and diffdef/ in sync': check_sync, 'lint': check_lint,
          'README.md is nbs/index.ipynb': check_readme, 'no star imports': check_stars, 'installed package imports': check_installed,
          'installed command': check_command, **{f'notebook {p.name}': lambda p=p: check_notebook(p) for p in NOTEBOOKS}}


def attempt(name, check):
    "Runs one check and prints what came of it; whether it failed."
    start, problem = time.monotonic(), ''
    try: check()
    except Failed as e: problem = str(e)
    except Exception as e: problem = f'{type(e).__name__}: {e}'
    text = f"{'FAILED' if problem else 'passed'} {time.monotonic() - start:6.1f} s  {name}\n" + (f'    {problem}'.replace('\n', '\n    ') + '\n' if problem else '')
    print(text, end='', flush=True)
    return bool(problem)


def main(words):
    "Runs the checks, as many at a time as there are cores, four at most; 1 if any failed."
    chosen = {k: v for k, v in CHECKS.items() if not words or any(w in k for w in words)}
    with ThreadPoolExecutor(TOGETHER) as pool: failed = sum(pool.map(attempt, chosen.keys(), chosen.values()))
    print(f'{len(chosen) - failed} passed, {failed} failed')
    return int(failed > 0 or not chosen)


if __name__ == '__main__': sys.exit(main(sys.argv[1:]))

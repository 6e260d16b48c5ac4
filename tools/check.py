"""Runs every check of the project and prints each with its time; the last line is `N passed, N failed`.

Run by `make test`. `python tools/check.py WORD...` runs only the checks whose names contain one of the words.
Needs nothing but the standard library and the tools of the development environment.
"""
import ast, json, os, re, shutil, subprocess, sys, tempfile, time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).absolute().parents[1]
BIN = Path(sys.executable).parent                # tools of the same environment; a link is not followed out of it
TOGETHER = max(1, min(4, os.cpu_count() or 1))   # checks at a time, one thread each
MINUTES = 15                                     # a check that takes longer has hung
LARGEST = 1_000_000                              # bytes in a notebook
EXPORTED, LESSON = 120, 110                      # columns of a line


class Failed(Exception):
    "What is wrong, for people."


def run(*words, cwd=ROOT, **variables):
    "Runs a program without a keyboard; its output, or Failed with the end of it."
    environment = {'OMP_NUM_THREADS': '1', **os.environ, 'PYTHONIOENCODING': 'utf-8', **variables}
    name = ' '.join(map(str, words))
    try:
        done = subprocess.run([str(w) for w in words], cwd=cwd, env=environment, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding='utf-8',
                              errors='replace', timeout=60*MINUTES)
    except subprocess.TimeoutExpired as e:
        raise Failed(f"{name}: still running after {MINUTES} minutes") from e
    except OSError as e:
        raise Failed(f"{words[0]}: {e}; install the development environment with `make .venv`") from e
    if done.returncode: raise Failed(f"exit code {done.returncode}\n" + '\n'.join(done.stdout.splitlines()[-60:]))
    return done.stdout


def copy(folder):
    "The project without what is built, trained or downloaded."
    skip = shutil.ignore_patterns('.git', '.venv', '.ruff_cache', '__pycache__', '.ipynb_checkpoints', 'runs',
                                  'atlases', 'data', 'build', 'dist', '_docs', '*.egg-info')
    return Path(shutil.copytree(ROOT, Path(folder)/'project', ignore=skip))


def fail_if(problems):
    if problems: raise Failed('\n'.join(problems))


# ---- what notebooks and modules hold

def notebooks(root):
    "Paths of the notebooks in the order in which they are read; the index last."
    paths = [p for p in (root/'nbs').rglob('*.ipynb') if not any(part.startswith(('.', '_')) for part in p.parts)]
    return sorted(paths, key=lambda p: (p.stem == 'index', str(p)))


def name_of(path, root): return str(path.relative_to(root/'nbs'))
def read(path): return json.loads(Path(path).read_text(encoding='utf-8'))
def source(cell): return ''.join(cell['source'])
def code(notebook): return [c for c in notebook['cells'] if c['cell_type'] == 'code' and source(c).strip()]
def flags(cell): return re.findall(r'^#\s*\|\s*(\S+)', source(cell), re.M)


def tree(cell):
    "The syntax of a code cell, without what only Jupyter understands."
    return ast.parse('\n'.join('' if re.match(r'\s*[%!]', line) else line for line in source(cell).splitlines()))


def imported(node, package='diffdef'):
    "Modules of the library, and names, that a statement imports: pairs (module without the package, name or '')."
    if isinstance(node, ast.ImportFrom) and (node.module or '').split('.')[0] == package:
        module = (node.module + '.').removeprefix(f'{package}.').removesuffix('.')
        return [(module, a.name) for a in node.names] if module else []
    if isinstance(node, ast.Import):
        return [(a.name.removeprefix(f'{package}.'), '') for a in node.names if a.name.startswith(f'{package}.')]
    return []


def modules(root):
    "Module by notebook: {'fields': 3, ...}, where 3 is the place of its notebook in the order of reading."
    found = {}
    for place, path in enumerate(notebooks(root)):
        for cell in code(read(path)):
            if match := re.search(r'^#\s*\|\s*default_exp\s+(\S+)', source(cell), re.M): found[match[1]] = place
    return found


def python_files(root): return sorted(p for p in (root/'diffdef').rglob('*.py') if p.name != '_modidx.py')


# ---- the checks: each takes the folder of a project and raises Failed

def check_outputs(root):
    "Every notebook was run from top to bottom, and holds what came out."
    problems = []
    for path in notebooks(root):
        notebook, name = read(path), name_of(path, root)
        cells = code(notebook)
        counts = [c.get('execution_count') for c in cells]
        if path.stem != 'index' and counts != list(range(1, len(counts) + 1)):
            problems.append(f'{name}: cells were not run once each from top to bottom: {counts}')
        if cells and not any(c['outputs'] for c in cells):
            problems.append(f'{name}: not one output; run it and save it')
        if any('execution' in c['metadata'] for c in notebook['cells']):
            problems.append(f'{name}: cells hold times of execution')
        if any(o['output_type'] == 'error' for c in cells for o in c['outputs']):
            problems.append(f'{name}: an output is an error')
        if (kernel := notebook['metadata'].get('kernelspec', {}).get('name')) != 'python3':
            problems.append(f"{name}: kernel is {kernel!r}, expected 'python3'")
        if (size := path.stat().st_size) > LARGEST: problems.append(f'{name}: {size} bytes, expected at most {LARGEST}')
    fail_if(problems)


def check_order(root):
    "No notebook imports from one that comes later; the how-tos enter by the front door, `from diffdef import ...`."
    place, problems = modules(root), []
    for here, path in enumerate(notebooks(root)):
        for cell in code(read(path)):
            for node in ast.walk(tree(cell)):
                late = [module for module, _ in imported(node) if place.get(module, -1) > here]
                problems += [f'{name_of(path, root)}: imports from {m}, which comes later'
                             for m in late]
    fail_if(sorted(set(problems)))


def check_walls(root):
    "No private name crosses a module."
    problems = []
    for path in python_files(root):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            if isinstance(node, ast.ImportFrom) and (node.level or (node.module or '').startswith('diffdef')):
                problems += [f'{path.relative_to(root)}: imports {a.name}, which is private to another module'
                             for a in node.names if re.match(r'_(?!_)', a.name)]
    fail_if(problems)


def check_lines(root):
    "Lines can be read without scrolling sideways."
    problems = []
    for path in notebooks(root):
        for number, cell in enumerate(read(path)['cells']):
            if cell['cell_type'] != 'code': continue
            most = EXPORTED if 'export' in flags(cell) else LESSON
            where = f'{name_of(path, root)}, cell {number}'
            problems += [f'{where}: {len(line)} columns, expected at most {most}: {line.strip()[:60]}'
                         for line in source(cell).splitlines() if len(line) > most]
    fail_if(problems)


def check_statements(root):
    "One statement a line: no semicolons, and no body on the line of its head but for the guard `if x: return y`."
    problems, guards = [], (ast.Return, ast.Raise, ast.Continue, ast.Break, ast.Expr, ast.Assign, ast.AugAssign)
    for path in python_files(root):
        for node in ast.walk(ast.parse(path.read_text(encoding='utf-8'))):
            found = []
            for name in ('body', 'orelse', 'finalbody'):
                part = getattr(node, name, None)
                lines = [s.lineno for s in part] if isinstance(part, list) else []
                if len(set(lines)) < len(lines): found.append((lines[0], 'two statements on one line'))
            if isinstance(node, (ast.For, ast.While, ast.With, ast.Try)) and node.body[0].lineno == node.lineno:
                found.append((node.lineno, 'the body stands on the line of its head'))
            if isinstance(node, ast.If) and node.body[0].lineno == node.lineno and not isinstance(node.body[0], guards):
                found.append((node.lineno, 'the body stands on the line of its if'))
            problems += [f'{path.relative_to(root)}:{line}: {text}' for line, text in found]
    fail_if(problems)


def check_stars(root):
    "Names are imported by name."
    fail_if([f'{name_of(path, root)}: star import from {node.module}; name what is imported' for path in notebooks(root)
             for cell in code(read(path)) for node in ast.walk(tree(cell))
             if isinstance(node, ast.ImportFrom) and node.names[0].name == '*'])


def plain(notebook):
    "A notebook without what cleaning changes but we do not mind."
    for cell in notebook['cells']:
        cell['source'] = source(cell)
        for part in [cell, *cell.get('outputs', [])]:
            if 'execution_count' in part: part['execution_count'] = None
            for kind, value in part.get('data', {}).items():
                if kind.startswith('image'): part['data'][kind] = ''.join(value).rstrip()
    return notebook


def check_clean(root):
    "`nbdev_clean` has nothing to do."
    with tempfile.TemporaryDirectory() as folder:
        project = copy(folder)
        run(BIN/'nbdev_clean', cwd=project)
        fail_if([f'{name_of(p, root)}: `nbdev_clean` would change it' for p in notebooks(root)
                 if plain(read(p)) != plain(read(project/p.relative_to(root)))])


def check_sync(root):
    "`nbdev_export` writes just what lies in diffdef/."
    with tempfile.TemporaryDirectory() as folder:
        project = copy(folder)
        for path in (project/'diffdef').rglob('*.py'):
            if path.name not in ('__init__.py', '__main__.py'):
                path.unlink()                                      # what no notebook exports any more must not stay
        run(BIN/'nbdev_export', cwd=project)
        new, old = ({str(p.relative_to(r)): p.read_text(encoding='utf-8') for p in (r/'diffdef').rglob('*.py')}
                    for r in (project, root))
        fail_if([f'{n} differs from what the notebooks export; run `nbdev_export`' for n in sorted({*new, *old})
                 if new.get(n) != old.get(n)])


def check_lint(root):
    run(BIN/'ruff', 'check', '--quiet', '--output-format', 'concise', 'diffdef/', 'setup.py', 'tools/', cwd=root)


def check_readme(root): run(sys.executable, root/'tools'/'readme.py', '--check', cwd=root)


def check_links(root):
    "Links between notebooks lead somewhere."
    problems = []
    for path in notebooks(root):
        for cell in read(path)['cells']:
            if cell['cell_type'] != 'markdown': continue
            for link in re.findall(r'\]\((?![a-z]+:|#)([^)#\s]+)', source(cell)):
                if not (path.parent/link).exists():
                    problems.append(f'{name_of(path, root)}: links to {link}, which does not exist')
    fail_if(problems)


def check_installed(root):
    "Imports every module of a package installed elsewhere, from an empty folder: what a user gets."
    with tempfile.TemporaryDirectory() as folder:
        target, empty = Path(folder)/'installed', Path(folder)/'empty'
        empty.mkdir()
        run(sys.executable, '-m', 'pip', 'install', '--quiet', '--no-deps', '--no-build-isolation', '--target', target,
            copy(folder))
        names = sorted('.'.join(p.relative_to(root).with_suffix('').parts) for p in python_files(root)
                       if p.stem not in ('__init__', '__main__'))
        run(sys.executable, '-c', '\n'.join([
            'import importlib, diffdef', f'assert diffdef.__file__.startswith({str(target)!r}), diffdef.__file__',
            f'for name in {names}: importlib.import_module(name)',
            'for name in diffdef._FRONT_DOOR: getattr(diffdef, name)']), cwd=empty, PYTHONPATH=str(target))


def check_command(root):
    with tempfile.TemporaryDirectory() as empty:
        if 'simulate' not in run(BIN/'diffdef', '--help', cwd=empty):
            raise Failed('`diffdef --help` does not list the command simulate')


def check_site(root): run(sys.executable, root/'tools'/'docs.py', cwd=root)


def check_notebook(path): run(BIN/'nbdev_test', '--path', path.relative_to(ROOT), '--n_workers', '0')


def check_itself(root):
    "Each check fails on a project that has the fault it looks for."
    run(sys.executable, root/'tools'/'test_check.py', cwd=root)


def check_gpu(root):
    "What `make gpu` does, tiny and on the CPU; and without a GPU it says so."
    run(sys.executable, root/'tools'/'gpu.py', '--twin')
    try: run(sys.executable, root/'tools'/'gpu.py', CUDA_VISIBLE_DEVICES='')
    except Failed as e:
        if 'exit code 2' in str(e) and 'finds no GPU' in str(e): return
        raise
    raise Failed('tools/gpu.py without a GPU did not end with 2')


CHECKS = {
    'outputs of notebooks': check_outputs,
    'order: no forward imports': check_order,
    'walls: no private names across modules': check_walls,
    'columns': check_lines,
    'one statement a line': check_statements,
    'no star imports': check_stars,
    'links between notebooks': check_links,
    'notebooks clean': check_clean,
    'notebooks and diffdef/ in sync': check_sync,
    'lint': check_lint,
    'README.md is nbs/index.ipynb': check_readme,
    'site builds, no broken link': check_site,
    'installed package imports': check_installed,
    'installed command': check_command,
    'the checker itself': check_itself,
    '`make gpu`, on the CPU': check_gpu,
    **{f'notebook {name_of(p, ROOT)}': lambda root, p=p: check_notebook(p) for p in notebooks(ROOT)}}


def attempt(name, check):
    "Runs one check and prints what came of it; whether it failed."
    start, problem = time.monotonic(), ''
    try: check(ROOT)
    except Failed as e: problem = str(e)
    except Exception as e: problem = f'{type(e).__name__}: {e}'
    text = f"{'FAILED' if problem else 'passed'} {time.monotonic() - start:6.1f} s  {name}\n"
    print(text + (f'    {problem}'.replace('\n', '\n    ') + '\n' if problem else ''), end='', flush=True)
    return bool(problem)


def main(words):
    "Runs the checks, as many at a time as there are cores, four at most; 1 if any failed."
    chosen = {k: v for k, v in CHECKS.items() if not words or any(w in k for w in words)}
    with ThreadPoolExecutor(TOGETHER) as pool: failed = sum(pool.map(attempt, chosen.keys(), chosen.values()))
    print(f'{len(chosen) - failed} passed, {failed} failed')
    return int(failed > 0 or not chosen)


if __name__ == '__main__': sys.exit(main(sys.argv[1:]))

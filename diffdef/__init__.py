"""Conditional anatomical atlases: `from diffdef import conditional_atlas`."""
__version__ = "0.1.0"

import os as _os
from importlib import import_module as _import_module

# Threads that wait for their turn sleep: spinning beside other users' jobs makes two threads slower than one, by far
# (nbs/1_ground/01_core). It must be said before PyTorch is imported, and the user may have said otherwise.
_os.environ.setdefault('OMP_WAIT_POLICY', 'PASSIVE')

# The front door: what most users need, and the module where it lives. A name is imported when it is asked for, so that
# `import diffdef` takes no time. The how-tos in nbs/0_start use these names; the lessons import from the modules.
_FRONT_DOOR = {
    'Cohort': 'cohort',
    'SimulationConfig': 'simulate', 'simulate_cohort': 'simulate', 'read_truth': 'simulate',
    'PRESETS': 'method.settings', 'override': 'method.settings',
    'train': 'run', 'load_run': 'run', 'export_run': 'run',
    'conditional_atlas': 'sample', 'difference': 'sample', 'sample_people': 'people',
    'show_atlas': 'show', 'show_sheet': 'show', 'explore': 'show',
    'evaluate_run': 'evaluation.run_report', 'describe': 'evaluation.cost',
}


def __getattr__(name):
    if name not in _FRONT_DOOR:
        raise AttributeError(f"module 'diffdef' has no attribute {name!r}, expected one of {', '.join(_FRONT_DOOR)}")
    return getattr(_import_module(f'diffdef.{_FRONT_DOOR[name]}'), name)


def __dir__():
    return sorted([*globals(), *_FRONT_DOOR])

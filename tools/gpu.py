"""What one GPU does: `make gpu`, in about ten minutes, writes nbs/3_evaluation/gpu.json, which 15_cost shows.

First the numbers: every loss with its gradients, and an atlas of the golden run, on the GPU and on the CPU. Then, with
the networks of the preset `brain` at full size and random images, seconds and memory of a step of each stage of both
methods, of an atlas and of a person, and seconds of a registration. Last the cells marked `#| cuda`.
`python tools/gpu.py --twin` does the same on the CPU with tiny networks and writes nothing: so it is known to work but
for the device.
"""
import argparse
import json
import re
import subprocess
import sys
import warnings
from datetime import date
from pathlib import Path

import numpy as np
import torch

from diffdef.core import write_json
from diffdef.evaluation.cost import ROWS, describe, device_difference, measure, typical_shape
from diffdef.evaluation.run_report import device_name
from diffdef.evaluation.scoring import Measured
from diffdef.method.population_atlas import PopulationAtlas
from diffdef.method.refinement import refine
from diffdef.method.registration import Registration
from diffdef.method.settings import override
from diffdef.sample import conditional_atlas

ROOT = Path(__file__).absolute().parents[1]
REPORT = ROOT/'nbs/3_evaluation/gpu.json'
CLOSE = .02                                  # relative; a GPU may round products to ten bits (TF32)
TINY = ['denoiser.channels=16', 'denoiser.head_channels=8', 'deformation.neighbours=2', 'memory=small']


def rows():
    "Methods and their rows of `describe`; the registration is the same in both."
    return [(m, stage) for m, stages in ROWS.items() for stage in stages if (m, stage) != ('published', 'registration')]


def differences(device):
    "Largest relative difference from the CPU, by method and stage, and of an atlas (grey values)."
    found = {}
    for method, stage in rows():
        if stage in ('people', 'atlas', 'person'): continue                # not trained
        tiny = override('demo', [*TINY, f'deformation.method={method}'])
        found[f'{method}, {stage}'] = device_difference(stage, tiny, (32, 32, 32), (0, 2), device)
    images = [conditional_atlas(ROOT/'nbs/golden/run', age=70, device=d).image.data for d in ('cpu', str(device))]
    return found | dict(atlas=float((images[0] - images[1]).abs().max()))


def stages(config, shape, device):
    "Seconds and GiB of every row of `describe` by method, and the estimate; a stage that does not fit says so."
    found = {method: {} for method in ROWS}
    for method, stage in rows():
        c = override(config, [f'deformation.method={method}'])
        estimate = float(describe(c, shape, stages=(stage,))['memory_gib'].iloc[0])
        try:
            row = measure(stage, c, shape, device=device, steps=3)
        except torch.OutOfMemoryError:
            row = dict(seconds=None, gib=None, failed='out of memory')
        found[method][stage] = row | dict(estimated_gib=estimate)
        if device.type == 'cuda': torch.cuda.empty_cache()
        print(f'{method}, {stage}: {found[method][stage]}', flush=True)
    return found


def registration_seconds(config, shape, device):
    "Seconds to register one subject with the population atlas: the network, then the refinement."
    c, pair = config.registration, torch.rand(2, 1, *shape).to(device)
    network = Registration(c, len(shape)).to(device).requires_grad_(False)
    atlas = PopulationAtlas(torch.rand(1, *(2*n for n in shape)).to(device), None, np.eye(4), {})
    times = []
    for _ in range(2):                                         # the first also loads and chooses algorithms
        with Measured(device) as measured:
            refine(network.half_grid_output(pair[:1], pair[1:]), atlas, pair[1:], c, coarse=True)
        times.append(measured.seconds)
    return times[-1]


def cuda_cells():
    "Runs the notebooks that have cells marked `#| cuda`, with these cells; 'passed', or the end of what went wrong."
    found = {}
    for path in sorted((ROOT/'nbs').rglob('*.ipynb')):
        if not re.search(r'"#\s*\|\s*cuda', path.read_text(encoding='utf-8')): continue
        words = [Path(sys.executable).parent/'nbdev_test', '--path', path, '--flags', 'cuda', '--n_workers', '0']
        done = subprocess.run(words, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        found[path.stem] = 'passed' if done.returncode == 0 else done.stdout[-2000:]
    return found


def report(config, shape, device):
    "Everything that is measured on a device."
    words = ['git', 'describe', '--always', '--dirty']
    commit = subprocess.run(words, cwd=ROOT, capture_output=True, text=True).stdout.strip() or 'unknown'
    return dict(device=device_name(device), date=str(date.today()), commit=commit, torch=torch.__version__,
                shape=list(shape), differences=differences(device), stages=stages(config, shape, device),
                registration_seconds=registration_seconds(config, shape, device))


def main(words=None):
    "Measures and writes; 2 where there is no GPU, 1 where the GPU computes otherwise than the CPU."
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--twin', action='store_true', help='on the CPU, tiny; writes nothing')
    twin = parser.parse_args(words).twin
    warnings.simplefilter('ignore')
    if twin:
        found = report(override('demo', TINY), (32, 32, 32), torch.device('cpu'))
    elif not torch.cuda.is_available():
        print('PyTorch finds no GPU here, so nothing was measured; run `make gpu` on a machine with one')
        return 2
    else:
        config = override('brain', [])
        found = report(config, typical_shape(config), torch.device('cuda')) | dict(cells=cuda_cells())
        write_json(REPORT, found)
    print(json.dumps(found, indent=1))
    far = {name: x for name, x in found['differences'].items() if x > CLOSE}
    bad = [name for name, what in found.get('cells', {}).items() if what != 'passed']
    if far: print(f'not what the CPU computes, to {CLOSE}: {far}')
    if bad: print(f"cells that failed: {', '.join(bad)}")
    return int(bool(far or bad))


if __name__ == '__main__': sys.exit(main())

"""How fast, and in how much memory, images of a large cohort come in: `python tools/bench.py` (1 GB of disk).

One simulated scan is linked under many names, so that a cohort of any size takes the disk space of one scan. Printed
are the seconds of the first pass for each image (unpacking, normalising, writing), images for each second afterwards,
out of the operating system's memory, and the resident memory of the process. One thread; other work on the machine
counts, so it should be idle.
"""
import argparse
import os
import resource
import tempfile
import time
from pathlib import Path

os.environ.setdefault('OMP_NUM_THREADS', '1')

import numpy as np
import torch

from diffdef.cohort import Cohort
from diffdef.core import Volume, step_generator, write_labels, write_volume


def write_scan(folder, shape):
    "A ball of noisy tissue with four labels, 1 mm, as one scan of the cohort."
    axes = torch.meshgrid(*[torch.linspace(-1, 1, n) for n in shape], indexing='ij')
    radius = torch.stack(axes).norm(dim=0)
    labels = (4*(1 - radius)).clamp(min=0).ceil().long()
    noise = torch.randn(shape, generator=step_generator('bench'))
    image = ((600 + 100*labels + 60*noise)*(labels > 0)).round()
    affine = np.diag([1., 1, 1, 1])
    write_volume(folder/'scan_T1w.nii.gz', Volume(image[None], affine), np.int16)
    write_labels(folder/'scan_dseg.nii.gz', Volume(labels[None], affine))


def write_cohort(folder, scans, shape):
    "A table of `scans` subjects, all of them links to one scan."
    write_scan(folder, shape)
    rows = ['participant_id,image,labels,age']
    for k in range(scans):
        for kind in ('T1w', 'dseg'):
            (folder/f'{k}_{kind}.nii.gz').symlink_to(folder/f'scan_{kind}.nii.gz')
        rows.append(f'sub-{k},{k}_T1w.nii.gz,{k}_dseg.nii.gz,{20 + k % 70}')
    (folder/'table.csv').write_text('\n'.join(rows))
    (folder/'dseg.tsv').write_text('index\tname\n' + ''.join(f'{k}\tlabel {k}\n' for k in range(1, 5)))
    return folder/'table.csv'


def seconds(read, indices):
    "Processor time to read some images, one after the other."
    start = time.process_time()
    for i in indices:
        read(i)
    return time.process_time() - start


def main():
    "Prints what is measured."
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--scans', type=int, default=1000, help='subjects of the cohort')
    parser.add_argument('--stored', type=int, default=30, help='how many of them are read')
    parser.add_argument('--shape', type=int, nargs=3, default=(224, 256, 192), help='voxels of 1 mm')
    chosen = parser.parse_args()
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        table = write_cohort(folder, chosen.scans, chosen.shape)
        start = time.process_time()
        cohort = Cohort.open(table, ['age'], store=folder/'prepared')
        print(f'{cohort}\nopened in {time.process_time() - start:.1f} s, '
              f"{'mapped from disk' if cohort.store else 'kept in memory: more --scans, or a larger --shape'}")
        some = range(min(chosen.stored, len(cohort)))
        for kind, read in (('images', cohort.image), ('label maps', cohort.labels)):
            first, order = seconds(read, some), np.random.default_rng(0).integers(len(some), size=5*len(some))
            rate = len(order)/seconds(read, order)
            print(f'{kind}: {first/len(some):.2f} s each the first time, {rate:.0f} a second afterwards')
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss/1e6
        print(f'peak of the resident memory: {peak:.2f} GB')


if __name__ == '__main__':
    main()

"""scripts/bench --loss: completion times side by side with the kernel's TCP.

For each loss, size, way and program: transfers over two equal wires with
10 ms of delay each way, the same seeds on both; the medians, and how they
compare. A transfer that takes longer than the limit counts as the limit, and
so does one that fails.
"""
import json
import os
import queue
import statistics
import time
from concurrent import futures

import lossy

LOSSES = (0, 1, 5, 10, 20, 30)
SIZES = {'1 KB': 1 << 10, '10 KB': 10 << 10, '100 KB': 100 << 10,
         '1 MB': 1 << 20, '10 MB': 10 << 20}
TARGET = 1.05
LANES = 4


class Plan:
    """What is measured; cells are (tool, way, loss, size)."""

    def __init__(self, quick):
        self.losses = (0, 1, 10) if quick else LOSSES
        self.sizes = ('1 KB', '100 KB', '1 MB') if quick else tuple(SIZES)
        self.tools = ('curl',) if quick else ('curl', 'nghttp')
        self.repetitions = 5 if quick else 21
        self.limit = 10 if quick else 30        # seconds of one transfer

    def cells(self):
        return [(tool, way, loss, size) for loss in self.losses
                for size in self.sizes for tool in self.tools
                for way in ('down', 'up')]

    def jobs(self):
        """Seed by seed: whenever it ends, all cells have about as many."""
        return [(seed, cell) for seed in range(1, self.repetitions + 1)
                for cell in self.cells()]


def impairment(loss, seed):
    return f'loss={loss}%,delay=10ms,limit=20000,seed={seed}'


def work(lane, jobs, plan, results, end):
    while time.monotonic() < end:
        try:
            seed, cell = jobs.get_nowait()
        except queue.Empty:
            return
        tool, way, loss, size = cell
        for sender in lane.senders:
            sender.impair(impairment(loss, seed))
        results[cell].append(
            [seed, *lane.transfer(tool, way, SIZES[size], plan.limit)])


def collect(plan, build, minutes):
    """({cell: [[seed, kernel's seconds, libpyt's seconds]]}, failures)"""
    results = {cell: [] for cell in plan.cells()}
    jobs = queue.Queue()
    for job in plan.jobs():
        jobs.put(job)
    lanes = []
    end = time.monotonic() + 60 * minutes
    try:
        for number in range(LANES):
            lanes.append(lossy.Lane(number, build))
            lanes[-1].open([SIZES[size] for size in plan.sizes])
        with futures.ThreadPoolExecutor(LANES) as pool:
            working = [pool.submit(work, lane, jobs, plan, results, end)
                       for lane in lanes]
        for done in working:
            done.result()       # what went wrong there goes wrong here
    finally:
        for lane in lanes:
            lane.close()
    return results, [text for lane in lanes for text in lane.failures]


def rows(results, plan):
    for (tool, way, loss, size), runs in results.items():
        if not runs:
            continue
        # A transfer that failed is as bad as one that does not end.
        kernel, ours = (statistics.median(
            plan.limit if run[i] is None else run[i] for run in runs)
                        for i in (1, 2))
        yield {'tool': tool, 'way': way, 'loss': loss, 'size': size,
               'runs': len(runs), 'kernel': kernel, 'libpyt': ours,
               'ratio': ours / kernel,
               'bounded': plan.limit in (kernel, ours),
               'reached': ours <= TARGET * kernel}


def show(table):
    layout = '{:7} {:5} {:>5} {:>7} {:>5} {:>9} {:>9} {:>8}  {}'
    print(layout.format('program', 'way', 'loss', 'size', 'runs', 'kernel',
                        'libpyt', 'ratio', f'<= {TARGET}'))
    for row in table:
        print(layout.format(
            row['tool'], row['way'], f'{row["loss"]} %', row['size'],
            row['runs'], f'{row["kernel"]:.3f} s', f'{row["libpyt"]:.3f} s',
            f'{row["ratio"]:.2f} x',
            ('' if row['reached'] else 'missed')
            + (' (at the limit)' if row['bounded'] else '')))
    reached = sum(row['reached'] for row in table)
    print(f'{reached} of {len(table)} cells reached')


def main(options, folder):
    plan = Plan(options.quick)
    results, failures = collect(plan, options.build, options.minutes)
    table = list(rows(results, plan))
    show(table)
    print(*(f'failed: {text}' for text in failures), sep='\n')
    with open(os.path.join(folder, 'loss.json'), 'w') as file:
        json.dump({'table': table, 'failures': failures,
                   'runs': [{'cell': cell, 'runs': runs}
                            for cell, runs in results.items()]}, file,
                  indent=1)
    print(f'written: {folder}/loss.json')

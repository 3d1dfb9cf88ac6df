"""scripts/bench --loss: completion times side by side with the kernel's TCP.

For each loss, size, way and program (a cell): transfers over two equal wires
with 10 ms of delay each way, the same seeds on both, so that both lose the
same frames as long as they send as many; the medians, and their ratio with
its 95 % interval (bootstrap over the seeds). A cell is measured until its
interval lies on one side of the target, but not more often than --runs.

A transfer that reaches the limit counts as the time that it would have taken
at its pace where that is known (curl), else as the limit; one that fails
counts as the limit. 'late' is the share of frames that the wires delivered
more than 1 ms after their time: what the machine's load distorts.
"""
import json
import math
import os
import random
import statistics
import threading
import time
from concurrent import futures

import lossy

LOSSES = (0, 1, 5, 10, 20, 30)
SIZES = {'1 KB': 1 << 10, '10 KB': 10 << 10, '100 KB': 100 << 10,
         '1 MB': 1 << 20, '10 MB': 10 << 20}
TARGET = 1.05
SAMPLES = 1000          # of the bootstrap
RUNS_MIN = 15           # before an interval is believed
QUICK_S = 1.0           # below that a transfer is computing, not waiting
QUICK_LANES = 2
PRIORITY = -10          # the machine's other work does not distort


class Plan:
    """What is measured; cells are (tool, way, loss, size)."""

    def __init__(self, options):
        quick = options.quick
        self.losses = (0, 1, 10) if quick else LOSSES
        self.sizes = ('1 KB', '100 KB', '1 MB') if quick else tuple(SIZES)
        self.tools = ('curl',) if quick else ('curl', 'nghttp')
        self.runs = 5 if quick else options.runs
        self.limit = 10 if quick else 60        # seconds of one transfer
        self.lanes = options.lanes
        self.only = options.only or []

    def cells(self):
        cells = [(tool, way, loss, size) for loss in self.losses
                 for size in self.sizes for tool in self.tools
                 for way in ('down', 'up')]
        return [cell for cell in cells
                if not self.only or name_of(cell) in self.only]


def name_of(cell):
    tool, way, loss, size = cell
    return f'{tool}:{way}:{loss}:{size.replace(" ", "")}'


def medians(runs):
    return (statistics.median(run[1] for run in runs),
            statistics.median(run[2] for run in runs))


def interval(runs, share):
    """Where the ratio of the medians lies, by that share of resamples."""
    draw = random.Random(1)
    ratios = []
    for _ in range(SAMPLES):
        kernel, ours = medians(draw.choices(runs, k=len(runs)))
        ratios.append(ours / kernel)
    ratios.sort()
    cut = int(SAMPLES * (1 - share) / 2)
    return ratios[cut], ratios[-1 - cut]


class Schedule:
    """Which transfer is next; the results. Lanes ask it all at once."""

    def __init__(self, plan, end):
        self.plan, self.end = plan, end
        self.lock = threading.Lock()
        self.results = {cell: [] for cell in plan.cells()}
        self.begun = {cell: 0 for cell in self.results}
        self.settled, self.quick_now = set(), 0

    def is_quick(self, cell):
        _, _, loss, size = cell
        seconds = [max(run[1:]) for run in self.results[cell]]
        if seconds:
            return statistics.mean(seconds) < QUICK_S
        return loss <= 5 and SIZES[size] <= 100 << 10 or loss == 0

    def take(self):
        """(cell, seed, whether it is quick), None: later, or 'over'."""
        with self.lock:
            open_cells = [cell for cell in self.results
                          if cell not in self.settled
                          and self.begun[cell] < self.plan.runs]
            if not open_cells or time.monotonic() > self.end:
                return 'over'
            open_cells.sort(key=lambda cell: self.begun[cell])
            for cell in open_cells:
                quick = self.is_quick(cell)
                if quick and self.quick_now >= QUICK_LANES:
                    continue
                self.quick_now += quick
                self.begun[cell] += 1
                return cell, self.begun[cell], quick
            return None

    def put(self, cell, run, quick):
        with self.lock:
            self.quick_now -= quick
            runs = self.results[cell]
            runs.append(run)
            # Looked at seldom, and strictly: each look may be wrong.
            if len(runs) < RUNS_MIN or len(runs) % 15:
                return
            low, high = interval(runs, 0.99)
            if high <= TARGET or low > TARGET:
                self.settled.add(cell)


def impairment(loss, seed):
    return f'loss={loss}%,delay=10ms,limit=8000,seed={seed}'


def work(lane, schedule):
    plan = schedule.plan
    while (job := schedule.take()) != 'over':
        if job is None:
            time.sleep(0.05)
            continue
        cell, seed, quick = job
        tool, way, loss, size = cell
        for sender in lane.senders:
            sender.impair(impairment(loss, seed))
        seconds = lane.transfer(tool, way, SIZES[size], plan.limit)
        schedule.put(cell, [seed, *seconds], quick)


def collect(plan, build, minutes):
    """({cell: [[seed, kernel's seconds, libpyt's]]}, failures, late)"""
    schedule = Schedule(plan, time.monotonic() + 60 * minutes)
    lanes = []
    try:
        for number in range(plan.lanes):
            lanes.append(lossy.Lane(number, build))
            lanes[-1].open([SIZES[size] for size in plan.sizes])
        with futures.ThreadPoolExecutor(len(lanes)) as pool:
            working = [pool.submit(work, lane, schedule) for lane in lanes]
        for done in working:
            done.result()       # what went wrong there goes wrong here
        late = [sender.lateness() for lane in lanes
                for sender in lane.senders]
    finally:
        for lane in lanes:
            lane.close()
    share = sum(n for n, _ in late) / max(1, sum(n for _, n in late))
    return (schedule.results,
            [text for lane in lanes for text in lane.failures], share)


def rows(results, plan):
    for (tool, way, loss, size), runs in results.items():
        if not runs:
            continue
        kernel, ours = medians(runs)
        low, high = interval(runs, 0.95)
        yield {'tool': tool, 'way': way, 'loss': loss, 'size': size,
               'runs': len(runs), 'kernel': kernel, 'libpyt': ours,
               'ratio': ours / kernel, 'low': low, 'high': high,
               'bounded': plan.limit in (kernel, ours),
               'reached': ours <= TARGET * kernel}


def remark(row):
    text = 'reached' if row['reached'] else 'missed'
    if not (row['high'] <= TARGET or row['low'] > TARGET):
        text += ', not settled'
    return text + (' (at the limit)' if row['bounded'] else '')


def show(table):
    layout = '{:7} {:5} {:>5} {:>7} {:>5} {:>9} {:>9} {:>7} {:>12}  {}'
    print(layout.format('program', 'way', 'loss', 'size', 'runs', 'kernel',
                        'libpyt', 'ratio', '95 %', f'<= {TARGET}'))
    for row in table:
        print(layout.format(
            row['tool'], row['way'], f'{row["loss"]} %', row['size'],
            row['runs'], f'{row["kernel"]:.3f} s', f'{row["libpyt"]:.3f} s',
            f'{row["ratio"]:.2f}', f'{row["low"]:.2f}..{row["high"]:.2f}',
            remark(row)))
    reached = sum(row['reached'] for row in table)
    overall = math.exp(statistics.mean(math.log(row['ratio'])
                                       for row in table))
    print(f'{reached} of {len(table)} cells reached; '
          f'geometric mean of the ratios {overall:.3f}')


def main(options, folder):
    plan = Plan(options)
    os.setpriority(os.PRIO_PROCESS, 0, PRIORITY)
    results, failures, late = collect(plan, options.build, options.minutes)
    table = list(rows(results, plan))
    show(table)
    print(f'frames delivered late: {100 * late:.2f} %')
    print(*(f'failed: {text}' for text in failures), sep='\n')
    with open(os.path.join(folder, 'loss.json'), 'w') as file:
        json.dump({'table': table, 'failures': failures, 'late': late,
                   'runs': [{'cell': cell, 'runs': runs}
                            for cell, runs in results.items()]}, file,
                  indent=1)
    print(f'written: {folder}/loss.json')

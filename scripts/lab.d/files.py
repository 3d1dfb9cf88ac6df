"""scripts/lab files: how long files take over a wire that loses frames.

Each transfer has a new stack and a seed of its own; curl's and nghttp's times
are those of the whole program, from its start to its end. What was fetched is
compared with what was served.
"""
import json
import os
import queue
import random
import statistics
import subprocess
import threading
import time

import network

SIZES = (1, 5, 10, 100, 1000)           # KB of 1024 bytes
LOSSES = (0, 10, 20, 30)                # percent, each way
TOOLS = ('curl', 'nghttp')
DELAY_MS = 5                            # each way
LANES = 4                               # transfers at once: they mostly wait
LIMIT = 180                             # seconds of one transfer
HTTP, HTTP2 = 80, 81
BOTTOM = 0.001                          # of the plot, seconds


class Lane:
    """A network with both servers; one transfer at a time."""

    def __init__(self, number, options, family):
        self.net = network.Network(f'lab{number}', options.build,
                                   ip6=family == '6')
        self.address = network.PEER6 if family == '6' else network.PEER4
        self.host = f'[{self.address}]' if family == '6' else self.address

    def open(self, options):
        os.mkdir(self.net.path('www'))
        for size in options.sizes:
            with open(self.net.path(f'www/{size}'), 'wb') as file:
                file.write(random.Random(size).randbytes(size << 10))
        www = self.net.path('www')
        self.servers = [
            self.net.start(self.net.peer(
                network.PYTHON, '-m', 'http.server', '-p', 'HTTP/1.1',
                '-d', www, '-b', self.address, str(HTTP))),
            self.net.start(self.net.peer(
                'nghttpd', '--no-tls', '-a', self.address, '-d', www,
                str(HTTP2)))]
        for key in ('PYT_LOG', 'PYT_PCAP'):
            del self.net.settings[key]
        if not network.until(20, lambda: self.are_open(HTTP, HTTP2)):
            raise network.Failed('the servers do not listen')

    def are_open(self, *ports):
        local = [line.split()[3] for line in
                 self.net.listeners().splitlines()]
        return all(any(at.endswith(f':{port}') for at in local)
                   for port in ports)

    def command(self, tool, size):
        if tool == 'curl':
            return ['curl', '-sSf', '-g', f'http://{self.host}:{HTTP}/{size}']
        return ['nghttp', f'http://{self.host}:{HTTP2}/{size}']

    def transfer(self, tool, size, loss, seed):
        """Seconds, or why it failed."""
        wanted = random.Random(size).randbytes(size << 10)
        impair = f'loss={loss}%,delay={DELAY_MS}ms,limit=20000,seed={seed}'
        begin = time.monotonic()
        try:
            done = subprocess.run(
                self.net.stack(*self.command(tool, size), impair=impair),
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=LIMIT)
        except subprocess.TimeoutExpired:
            return f'not in {LIMIT} s'
        finally:
            seconds = time.monotonic() - begin
            self.end_stack()
        if done.returncode:
            return f'exit {done.returncode}: {done.stderr[-200:]!r}'
        return seconds if done.stdout == wanted else 'the content differs'

    def end_stack(self):
        """One that still talks to the server must not serve the next."""
        servers = {server.pid for server in self.servers}
        listed = subprocess.run(
            ['ip', 'netns', 'pids', f'{self.net.name}-peer'], text=True,
            stdout=subprocess.PIPE).stdout
        for pid in set(map(int, listed.split())) - servers:
            subprocess.run(['kill', '-9', str(pid)],
                           stderr=subprocess.DEVNULL)
        network.until(10, lambda: not self.stack_lives(), pause=0.005)

    def stack_lives(self):
        listed = subprocess.run(self.net.peer('cat', '/proc/net/unix'),
                                text=True, stdout=subprocess.PIPE).stdout
        return '@pyt/' in listed


def work(lane, jobs, results, failures):
    while True:
        try:
            cell, seed = jobs.get_nowait()
        except queue.Empty:
            return
        result = lane.transfer(*cell, seed)
        if isinstance(result, str):
            tool, size, loss = cell
            failures.append(f'{tool} {size} KB, {loss} % loss, seed {seed}: '
                            + result)
        else:
            results[cell].append(result)


def collect(options, family):
    cells = [(tool, size, loss) for loss in options.losses
             for size in options.sizes for tool in TOOLS]
    results, failures = {cell: [] for cell in cells}, []
    jobs = queue.Queue()
    for seed in range(options.seed, options.seed + options.repeat):
        for cell in cells:
            jobs.put((cell, seed))
    lanes = []
    try:
        for number in range(min(LANES, jobs.qsize())):
            lanes.append(Lane(number, options, family))
            lanes[-1].open(options)
        threads = [threading.Thread(target=work,
                                    args=(lane, jobs, results, failures))
                   for lane in lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        for lane in lanes:
            lane.net.close()
    return results, failures


def table(options, results, family):
    yield (f'Files over IPv{family}, frames lost each way, {DELAY_MS} ms of '
           f'delay each way; median seconds of {options.repeat} (longest)')
    yield f'{"":8}{"size":>8}' + ''.join(f'{f"{loss} % loss":>20}'
                                         for loss in options.losses)
    for tool in TOOLS:
        for size in options.sizes:
            row = f'{tool:8}{f"{size} KB":>8}'
            for loss in options.losses:
                times = results[tool, size, loss]
                row += f'{shown(times):>20}'
            yield row


def shown(times):
    if not times:
        return 'failed'
    return f'{statistics.median(times):.3f} ({max(times):.3f})'


def plot(options, results, path):
    blocks = []
    for tool in TOOLS:
        for loss in options.losses:
            rows = [f'{size} {max(statistics.median(times), BOTTOM)}'
                    for size in options.sizes
                    if (times := results[tool, size, loss])]
            blocks.append('\n'.join(rows) or '# none')
    with open(path + '.dat', 'w') as file:
        file.write('\n\n\n'.join(blocks) + '\n')
    script = f'''set terminal svg size 1000,480 background "white"
set output "{path}.svg"
set multiplot layout 1,2 title "Files over a wire that loses frames"
set logscale xy
set key left top
set xlabel "KB"
set ylabel "seconds, median"
set grid
'''
    for number, tool in enumerate(TOOLS):
        first = number * len(options.losses)
        script += f'set title "{tool}"\nplot ' + ', '.join(
            f'"{path}.dat" index {first + i} with linespoints title '
            f'"{loss} % loss"' for i, loss in enumerate(options.losses)) + '\n'
    subprocess.run(['gnuplot'], input=script + 'unset multiplot\n', text=True,
                   check=True)


def main(options, folder):
    """The number of families in which a transfer failed."""
    bad = 0
    for family in options.family or ('4', '6'):
        results, failures = collect(options, family)
        lines = list(table(options, results, family))
        lines += [f'failed: {text}' for text in failures]
        print('\n'.join(lines))
        path = os.path.join(folder, f'files-ip{family}')
        with open(path + '.txt', 'w') as file:
            file.write('\n'.join(lines) + '\n')
        with open(path + '.json', 'w') as file:
            json.dump([{'tool': tool, 'kb': size, 'loss': loss,
                        'seconds': times}
                       for (tool, size, loss), times in results.items()],
                      file, indent=1)
        plot(options, results, path)
        bad += bool(failures)
    return bad

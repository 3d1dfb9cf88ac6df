"""What is counted in calls: per request, per call, per worker process."""
import json
import os
import signal
import subprocess

import measure

REQUESTS = 40       # twice as many minus these: without start and end
WORKERS = 1, 2, 4


def total(path):
    """All system calls that strace -c has counted."""
    with open(path) as file:
        rows = [line.split() for line in file]
    return sum(int(row[3]) for row in rows
               if len(row) >= 5 and row[3].isdigit() and row[-1] != 'total')


def traced(system):
    """strace, and where it writes; threads and children count, too."""
    log = os.path.join(system.folder, 'strace')
    return log, ('strace', '-f', '-c', '-o', log)


def fetch(address, count):
    return ('curl', '-s', '-o', '/dev/null',
            f'http://{address}:8000/kilobyte?[1-{count}]')


def of_one(measured):
    """Of a request: measured(n) gives those of n."""
    return (measured(2 * REQUESTS) - measured(REQUESTS)) / REQUESTS


def curl(system, options):
    """A client whose requests share a connection."""
    log, strace = traced(system)

    def measured(count):
        with system.server('far', 8000, *measure.nginx(system)):
            system.output('near', *strace,
                          *fetch(system.far_address, count))
        return total(log)
    return {'calls_curl': of_one(measured)}


def nginx(system, options):
    """A server; each request comes over a connection of its own."""
    log, strace = traced(system)
    command = measure.nginx(system, 'master_process off;')

    def measured(count):
        with system.server('near', 8000, *strace, *command) as process:
            for _ in range(count):
                subprocess.run(system.far(*fetch(system.near_address, 1)),
                               check=True)
            with open(os.path.join(system.folder, 'nginx.pid')) as file:
                os.kill(int(file.read()), signal.SIGTERM)
            process.wait(10)
        return total(log)
    return {'calls_nginx': of_one(measured)}


def interposed(system, options):
    """On a descriptor that is not the stack's."""
    with system.placed('two'):
        got = json.loads(system.output('near', system.program, 'calls',
                                       '300' if options.quick else '2000'))
    return {f'call_{name[:-3]}': value for name, value in got.items()}


def workers(system, options):
    figures = {}
    address, port = system.near_address, '7000'
    for count in WORKERS:
        with system.server('near', port, system.program, 'serve', 'answer',
                           address, port, str(count)):
            figures[f'workers_{count}'] = json.loads(system.output(
                'far', system.program, 'connections', address, port,
                measure.seconds(options)))['per_second']
    return figures


FIGURES_OF = {
    curl: ('calls_curl',),
    nginx: ('calls_nginx',),
    interposed: ('call_read', 'call_fcntl', 'call_close'),
    workers: tuple(f'workers_{count}' for count in WORKERS),
}

"""The single measurements. Each returns {figure: value}, see ../bench."""
import contextlib
import json
import os
import subprocess
import tempfile

from systems import PLACEMENTS

ROLES = {'client': 'far', 'server': 'near'}     # and where its server is


def seconds(options):
    return '1' if options.quick else '3'


def busy_seconds():
    """CPU time of the whole machine so far: packets are nobody's own."""
    with open('/proc/stat') as file:
        ticks = [int(field) for field in file.readline().split()[1:]]
    idle = ticks[3] + ticks[4]
    return (sum(ticks[:8]) - idle) / os.sysconf('SC_CLK_TCK')


def iperf(system, options, *extra, address=None):
    """(Gbit/s that arrived, CPU seconds per GB)"""
    before = busy_seconds()
    report = json.loads(system.output(
        'near', 'iperf3', '-c', address or system.far_address, '-J',
        '-t', seconds(options), *extra))
    cpu = busy_seconds() - before
    got = report['end']['sum_received']
    return got['bits_per_second'] / 1e9, cpu / (got['bytes'] / 1e9)


def bulk(system, options):
    with system.server('far', 5201, 'iperf3', '-s'):
        out, cpu_out = iperf(system, options)
        into, cpu_in = iperf(system, options, '-R')
    return {'bulk_out': out, 'bulk_in': into,
            'cpu_out': cpu_out, 'cpu_in': cpu_in}


def bulk6(system, options):
    address = system.far_address6
    with system.server('far', 5201, 'iperf3', '-s'):
        out, _ = iperf(system, options, address=address)
        into, _ = iperf(system, options, '-R', address=address)
    return {'bulk6_out': out, 'bulk6_in': into}


def other(where):
    return 'near' if where == 'far' else 'far'


def ask(system, server_at, kind, client, amount):
    """Runs the benchmark's server on one side, its client on the other."""
    address, port = system.address_of(server_at), '7000'
    with system.server(server_at, port, system.program, 'serve', kind,
                       address, port):
        return json.loads(system.output(other(server_at), system.program,
                                        client, address, port, str(amount)))


def in_each_placement(system, measure):
    """{figure: value}; measure(placement) gives those of one of them."""
    figures = {}
    for placement in PLACEMENTS:
        with system.placed(placement):
            figures |= measure(placement)
    return figures


def latency(system, options):
    count = 5000 if options.quick else 20000

    def measure(placement):
        figures = {}
        for role, server_at in ROLES.items():
            got = ask(system, server_at, 'echo', 'latency', count)
            for part in ('p50', 'p99'):
                figures[f'latency_{role}_{placement}_{part}'] = \
                    got[f'{part}_us']
        return figures
    return in_each_placement(system, measure)


def connections(system, options):
    def measure(placement):
        return {f'connections_{role}_{placement}':
                ask(system, server_at, 'answer', 'connections',
                    seconds(options))['per_second']
                for role, server_at in ROLES.items()}
    return in_each_placement(system, measure)


def spawn(system, count, *command):
    """p50 in ms. Only the spawned program is preloaded, not the spawner."""
    output = run_near_bare(system, system.program, 'spawn', str(count),
                           *system.near_environment, *command)
    return json.loads(output)['p50_us'] / 1000


def run_near_bare(system, *command):
    return subprocess.run(
        ['ip', 'netns', 'exec', system.namespaces[-1], *command],
        check=True, stdout=subprocess.PIPE, text=True, timeout=180).stdout


NGINX = '''
user root; worker_processes 1; daemon off; pid {folder}/nginx.pid; {more}
error_log {folder}/nginx.log;
events {{ worker_connections 64; }}
http {{
  access_log off;
  client_body_temp_path {folder}; proxy_temp_path {folder};
  fastcgi_temp_path {folder}; uwsgi_temp_path {folder};
  scgi_temp_path {folder};
  server {{ listen 8000; root {folder}; }}
}}
'''


def nginx(system, more=''):
    """The command; it serves /kilobyte at port 8000."""
    config = os.path.join(system.folder, 'nginx.conf')
    with open(config, 'w') as file:
        file.write(NGINX.format(folder=system.folder, more=more))
    with open(os.path.join(system.folder, 'kilobyte'), 'w') as file:
        file.write('x' * 1024)
    os.chmod(system.folder, 0o755)
    return 'nginx', '-e', '/dev/null', '-c', config


def start_up(system, options):
    count = 5 if options.quick else 20
    with system.server('far', 8000, *nginx(system)):
        curl = spawn(system, count, 'curl', '-s',
                     f'http://{system.far_address}:8000/kilobyte')
    return {'curl_start': curl, 'true_start': spawn(system, 200, 'true')}


class MemoryGroup:
    """A memory control group: counts the kernel's memory for sockets too."""

    def __init__(self):
        self.path = None
        for root, name in (('/sys/fs/cgroup/memory',
                            'memory.usage_in_bytes'),
                           ('/sys/fs/cgroup', 'memory.current')):
            if not os.path.exists(f'{root}/cgroup.procs'):
                continue
            with contextlib.suppress(OSError):
                self.path = tempfile.mkdtemp(prefix='pytbench-', dir=root)
                if os.path.exists(f'{self.path}/{name}'):
                    self.file = f'{self.path}/{name}'
                    return
                os.rmdir(self.path)
        raise RuntimeError('no memory control group may be made here')

    def used(self):
        with open(self.file) as file:
            return int(file.read())

    def join(self):
        with open(f'{self.path}/cgroup.procs', 'w') as file:
            file.write(str(os.getpid()))

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        with contextlib.suppress(OSError):
            os.rmdir(self.path)


def idle_memory(system, options):
    """Of the server's processes and sockets, all connections idle."""
    count = 1000 if options.quick else 10000
    address, port = system.near_address, '7000'
    with MemoryGroup() as group:
        with system.server('near', port, system.program, 'serve', 'idle',
                           address, port, first=group.join):
            client = subprocess.Popen(
                system.far(system.program, 'idle', address, port,
                           str(count)), stdin=subprocess.PIPE,
                stdout=subprocess.PIPE, text=True)
            assert client.stdout.readline().strip() == str(count)
            used = group.used()
            client.stdin.close()
            client.wait()
    return {'idle_memory': used / 1e6}


FIGURES_OF = {
    bulk: ('bulk_out', 'bulk_in', 'cpu_out', 'cpu_in'),
    bulk6: ('bulk6_out', 'bulk6_in'),
    latency: tuple(f'latency_{role}_{placement}_{part}'
                   for role in ROLES for placement in PLACEMENTS
                   for part in ('p50', 'p99')),
    connections: tuple(f'connections_{role}_{placement}'
                       for role in ROLES for placement in PLACEMENTS),
    start_up: ('curl_start', 'true_start'),
    idle_memory: ('idle_memory',),
}


def plan(options, figures_of):
    """What a round measures, in order."""
    if not options.only:
        return list(figures_of)
    return [step for step, figures in figures_of.items()
            if any(figure.startswith(prefix) for figure in figures
                   for prefix in options.only)]

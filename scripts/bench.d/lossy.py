"""Two systems on equal bad wires to one receiver, for scripts/bench --loss.

    kernel's TCP -- veth -- bridge -- TAP == wire == TAP \\
                                                          kernel, servers
    libpyt ------- TAP ---- bridge -- TAP == wire == TAP /

Both wires are tests/bench/wire.c with the same impairment and seed. Both
systems have the same buffers and congestion control, and forget what they
learned of a path. Nobody has to ask for a neighbour's address.
"""
import contextlib
import os
import re
import signal
import subprocess
import tempfile

HERE = os.path.dirname(os.path.realpath(__file__))
PROBE = os.path.join(HERE, '../../integration/probe.py')
HTTP, HTTP2 = 8001, 8002
MAC = '02:70:79:74:00:02'
SETTINGS = {
    'net.ipv4.tcp_rmem': '4096 131072 6291456',
    'net.ipv4.tcp_wmem': '4096 16384 4194304',
}
# By route: a namespace may not choose what the machine has not allowed it.
CUBIC = ['congctl', 'cubic']
# What the kernel alone would remember from one transfer to the next.
FORGETFUL = {'net.ipv4.tcp_no_metrics_save': '1'}
HOLDER = '''
import signal, socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.sendto(b"", ("10.80.2.1", 9))
print("ready", flush=True)
signal.pause()
'''


def run(*command):
    subprocess.run(command, check=True)


class Failed(Exception):
    """A transfer that ended, but not well."""


class Sender:
    """One of the two systems: how to run a program on it, and its wire."""

    def __init__(self, name, lane, network, environment=()):
        self.name, self.lane, self.network = name, lane, network
        self.environment = list(environment)
        self.address = f'10.80.{network}.1'
        self.late, self.frames = 0, 0
        self.namespace = lane.namespace(name)
        self.build()
        self.wire = subprocess.Popen(
            [os.path.join(lane.build, 'tests/bench/wire'),
             f'{self.namespace}:wire0', f'{lane.far}:wire{network}'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ip(self, *words):
        run('ip', '-n', self.namespace, *words)

    def build(self):
        self.lane.tap(self.namespace, 'wire0')
        self.lane.tap(self.lane.far, f'wire{self.network}',
                      f'{self.address}/24')
        self.ip('link', 'add', 'br0', 'type', 'bridge')
        self.ip('link', 'set', 'wire0', 'master', 'br0')
        self.ip('link', 'set', 'br0', 'up')
        if self.environment:
            self.lane.tap(self.namespace, 'pyt0')
            self.ip('link', 'set', 'pyt0', 'master', 'br0')
        else:
            self.ip('link', 'add', 'eth0', 'address', MAC, 'type', 'veth',
                    'peer', 'name', 'port0')
            self.ip('link', 'set', 'port0', 'master', 'br0', 'up')
            self.ip('addr', 'add', f'10.80.{self.network}.2/24',
                    'dev', 'eth0')
            self.ip('link', 'set', 'eth0', 'up')
            self.ip('route', 'replace', f'10.80.{self.network}.0/24',
                    'dev', 'eth0', *CUBIC)
        self.lane.far_neighbour(self)

    def far_mac(self):
        return self.lane.mac(self.lane.far, f'wire{self.network}')

    def introduce(self):
        """The far end's address is known from now on."""
        if not self.environment:
            self.ip('neigh', 'replace', self.address, 'lladdr',
                    self.far_mac(), 'nud', 'permanent', 'dev', 'eth0')

    def impair(self, text):
        self.wire.stdin.write(text + '\n')
        self.wire.stdin.flush()
        answer, late, frames = self.wire.stdout.readline().rsplit(' ', 2)
        assert answer == 'ok', (answer, late, frames)
        self.late += int(late)
        self.frames += int(frames)

    def lateness(self):
        """(frames that the wire delivered late, frames)"""
        self.impair('seed=1')
        return self.late, self.frames

    def start(self, *command, **options):
        return subprocess.Popen(
            ['ip', 'netns', 'exec', self.namespace,
             *(['env', *self.environment] if self.environment else []),
             *command], text=True, **options)


class Lane:
    """A receiver with two senders; lanes share nothing."""

    def __init__(self, number, build):
        self.number, self.build = number, build
        self.namespaces, self.processes = [], []
        self.folder = tempfile.mkdtemp(prefix='pyt-loss-')
        self.far = self.namespace('far')
        self.senders, self.failures = [], []

    def open(self, sizes):
        self.senders = [Sender('kernel', self, 1),
                        Sender('libpyt', self, 2, self.environment())]
        for sender in self.senders:
            sender.introduce()
            sender.impair('seed=1')
        self.serve(sizes)
        holder = self.senders[1].start('/usr/bin/python3', '-c', HOLDER,
                                       stdout=subprocess.PIPE)
        self.processes.append(holder)
        assert holder.stdout.readline() == 'ready\n'
        return self

    def environment(self):
        sysctl = ';'.join(f'{k}={v}' for k, v in {
            **SETTINGS,
            'net.ipv4.tcp_congestion_control': 'cubic',
            'net.ipv4.neigh.default.base_reachable_time_ms': '86400000',
        }.items())
        return [f'LD_PRELOAD={self.build}/libpyt.so', 'PYT_LINK=tap:pyt0',
                'PYT_IP=10.80.2.2/24', 'PYT_GW=none', f'PYT_MAC={MAC}',
                'PYT_ACD=0', f'PYT_SYSCTL={sysctl}',
                *([f'PYT_PCAP={self.pcap}'] if self.pcap else [])]

    pcap = os.environ.get('PYT_LOSS_PCAP')

    def namespace(self, name):
        full = f'pytloss-{os.getpid()}-{self.number}-{name}'
        run('ip', 'netns', 'add', full)
        self.namespaces.append(full)
        run('ip', '-n', full, 'link', 'set', 'lo', 'up')
        for key, value in {**SETTINGS, **FORGETFUL}.items():
            run('ip', 'netns', 'exec', full, 'sysctl', '-qw',
                f'{key}={value}')
        return full

    @staticmethod
    def tap(namespace, name, address=None):
        """Its queue never is what loses a frame."""
        run('ip', '-n', namespace, 'tuntap', 'add', 'dev', name, 'mode',
            'tap')
        if address:
            run('ip', '-n', namespace, 'addr', 'add', address, 'dev', name)
        run('ip', '-n', namespace, 'link', 'set', name, 'txqueuelen',
            '20000', 'up')

    @staticmethod
    def mac(namespace, device):
        listed = subprocess.run(['ip', '-n', namespace, '-o', 'link', 'show',
                                 device], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        return re.search('link/ether (\\S+)', listed)[1]

    def far_neighbour(self, sender):
        run('ip', '-n', self.far, 'neigh', 'replace',
            f'10.80.{sender.network}.2', 'lladdr', MAC, 'nud', 'permanent',
            'dev', f'wire{sender.network}')
        run('ip', '-n', self.far, 'route', 'replace',
            f'10.80.{sender.network}.0/24', 'dev', f'wire{sender.network}',
            *CUBIC)

    def serve(self, sizes):
        for size in sizes:
            with open(os.path.join(self.folder, str(size)), 'wb') as file:
                file.write(bytes(size))
        for command in (
                ['/usr/bin/python3', os.path.join(HERE, 'files_server.py'),
                 str(HTTP), self.folder],
                ['nghttpd', '--no-tls', '-d', self.folder, str(HTTP2)]):
            self.processes.append(subprocess.Popen(
                ['ip', 'netns', 'exec', self.far, *command],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
        for port in (HTTP, HTTP2):
            run('ip', 'netns', 'exec', self.far, PROBE, '10.80.1.1',
                str(port))

    def close(self):
        for sender in self.senders:
            sender.wire.stdin.close()
            sender.wire.wait()
        for namespace in self.namespaces:
            pids = subprocess.run(['ip', 'netns', 'pids', namespace],
                                  stdout=subprocess.PIPE, text=True).stdout
            for pid in pids.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            subprocess.run(['ip', 'netns', 'del', namespace])
        for process in self.processes:
            process.wait()
        subprocess.run(['rm', '-rf', self.folder])

    # ------------------------------------------------------------ transfers

    def command(self, sender, tool, way, size, limit):
        if tool == 'curl':
            upload = ['-T', os.path.join(self.folder, str(size)),
                      '-H', 'Expect:'] if way == 'up' else []
            return ['curl', '-sS', '-o', '/dev/null', '--max-time',
                    str(limit), '-w', '%{time_total} %{http_code} '
                    '%{size_download} %{local_ip}-%{local_port}\n',
                    *upload, f'http://{sender.address}:{HTTP}/{size}']
        upload = ['-d', os.path.join(self.folder, str(size))] \
            if way == 'up' else []
        return ['timeout', str(limit), 'nghttp', '-ns', *upload,
                f'http://{sender.address}:{HTTP2}/{size}']

    def transfer(self, tool, way, size, limit):
        """[seconds of each system]; both at the same time, each its wire.

        One that failed is as bad as one that does not end; why it did
        stands in self.failures.
        """
        running = [sender.start(*self.command(sender, tool, way, size, limit),
                                stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
                   for sender in self.senders]
        seconds = []
        for sender, process in zip(self.senders, running):
            try:
                seconds.append(self.seconds_of(tool, way, size, process,
                                               limit))
            except Failed as failed:
                seconds.append(limit)
                self.failures.append(f'{sender.name}: {tool} {way} {size}: '
                                     f'{failed}')
        return seconds

    def curl_seconds(self, way, size, process, limit, out, error):
        seconds, code, received, local = out.split()
        if process.returncode == 28:
            if way == 'up':
                received = self.received(local)
            return limit * max(1.0, size / max(1, int(received)))
        if process.returncode != 0 or code not in ('200', '201'):
            raise Failed(f'HTTP {code} {error.strip()}')
        return float(seconds)

    def received(self, client):
        """What the server had of an upload that was given up."""
        path = os.path.join(self.folder, f'received-{client}')
        with contextlib.suppress(FileNotFoundError), open(path) as file:
            return file.read() or 0
        return 0        # not one byte came through

    def seconds_of(self, tool, way, size, process, limit):
        out, error = process.communicate(timeout=limit + 30)
        if tool == 'curl':
            return self.curl_seconds(way, size, process, limit, out, error)
        if process.returncode == 124:
            return limit
        found = re.search(r'^\s+\d+\s+\+([\d.]+)(us|ms|s)\s', out, re.M)
        if not found:
            raise Failed(f'exit {process.returncode} {error.strip()} '
                         f'{out.strip().splitlines()[-1:]}')
        return float(found[1]) * {'us': 1e-6, 'ms': 1e-3, 's': 1}[found[2]]

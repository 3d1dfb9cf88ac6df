"""A network for scripts/capture and scripts/lab: namespaces of its own, the
kernel as the peer, a TAP behind which programs under libpyt are the stack.

    peer: 10.77.0.1, fd77::1 (the kernel)     stack: 10.77.0.2, fd77::2
"""
import contextlib
import os
import re
import signal
import subprocess
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))))
PYTHON = '/usr/bin/python3'
TAP = 'pyt0'
PEER4, STACK4 = '10.77.0.1', '10.77.0.2'
PEER6, STACK6 = 'fd77::1', 'fd77::2'
MAC = '02:00:00:77:00:02'       # the stack's


class Failed(Exception):
    """What was to be shown did not happen."""


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


def until(seconds, condition, pause=0.02):
    """Polls until it is true; whether it was in time."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


class Network:
    def __init__(self, name, build=None, ip6=False):
        self.build = build or os.path.join(TOP, 'build')
        self.folder = tempfile.mkdtemp(prefix=f'pyt-{name}-')
        self.name = f'pyt{name}-{os.getpid()}'
        self.namespaces = []
        self.processes = []
        self.ip6 = ip6
        self.settings = {
            'LD_PRELOAD': os.path.join(self.build, 'libpyt.so'),
            'PYT_LINK': 'tap:' + TAP, 'PYT_MAC': MAC,
            'PYT_IP': f'{STACK4}/24', 'PYT_GW': PEER4,
            'PYT_LOG': 'debug:' + self.path('log'),
            'PYT_PCAP': self.path('wire.pcapng'),
        }
        if ip6:
            self.settings['PYT_IP'] += f',{STACK6}/64'
            self.settings['PYT_GW'] += f',{PEER6}'
        self.namespace('peer')
        self.tap()

    def path(self, name):
        return os.path.join(self.folder, name)

    # ------------------------------------------------------------ namespaces

    def namespace(self, suffix):
        name = f'{self.name}-{suffix}'
        run('ip', 'netns', 'add', name)
        self.namespaces.append(name)
        self.ip(suffix, 'link', 'set', 'lo', 'up')
        self.resolver('nameserver 127.0.0.1\n', suffix)
        self.sysctl(suffix, 'net.ipv6.conf.default.accept_dad=0')
        if not self.ip6:
            self.sysctl(suffix, 'net.ipv6.conf.default.disable_ipv6=1')

    def resolver(self, text, suffix='peer'):
        """resolv.conf of the namespace."""
        folder = f'/etc/netns/{self.name}-{suffix}'
        os.makedirs(folder, exist_ok=True)
        with open(folder + '/resolv.conf', 'w') as file:
            file.write(text)

    def ip(self, suffix, *command):
        run('ip', '-n', f'{self.name}-{suffix}', *command)

    def sysctl(self, suffix, *settings):
        run(*self.inside(suffix, 'sysctl', '-qw', *settings))

    def inside(self, suffix, *command):
        return ['ip', 'netns', 'exec', f'{self.name}-{suffix}', *command]

    def tap(self):
        self.ip('peer', 'tuntap', 'add', 'dev', TAP, 'mode', 'tap')
        self.ip('peer', 'addr', 'add', PEER4 + '/24', 'dev', TAP)
        if self.ip6:
            self.ip('peer', 'addr', 'add', PEER6 + '/64', 'dev', TAP, 'nodad')
        self.ip('peer', 'link', 'set', TAP, 'txqueuelen', '5000', 'up')
        # A host that is not up yet is asked for often: nobody waits long;
        # and for three seconds, as one that is up may not get the processor.
        self.sysctl('peer', *(f'net.{family}.neigh.{TAP}.{setting}'
                              for family in ('ipv4', 'ipv6') for setting in
                              ('retrans_time_ms=100', 'mcast_solicit=30')))

    def pair(self, near, near_device, far, far_device):
        """A veth between two namespaces."""
        self.ip(near, 'link', 'add', near_device, 'type', 'veth', 'peer',
                'name', far_device, 'netns', f'{self.name}-{far}')
        self.ip(near, 'link', 'set', near_device, 'up')
        self.ip(far, 'link', 'set', far_device, 'up')

    # -------------------------------------------------------------- programs

    def peer(self, *command):
        return self.inside('peer', *command)

    def stack(self, *command, **settings):
        """On the stack; settings are keys of PYT_ in small letters."""
        keys = {**self.settings, **{'PYT_' + key.upper(): value
                                    for key, value in settings.items()}}
        return self.peer('env', *(f'{k}={v}' for k, v in keys.items()),
                         *command)

    def example(self, name, *arguments, **settings):
        return self.stack(os.path.join(self.build, 'examples', name),
                          *arguments, **settings)

    def start(self, command, log=None, **options):
        """In the background; stopped at the end."""
        with open(self.path(log or 'programs.log'), 'a') as file:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL,
                                       stdout=file, stderr=file, **options)
        self.processes.append(process)
        return process

    def statistics(self, what):
        """What the stack tells of itself; {} if there is none."""
        listed = subprocess.run(
            self.peer('env', 'PYT_LINK=tap:' + TAP,
                      os.path.join(self.build, 'pyt-stats'), what),
            text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return {name: int(value) for name, value in
                map(str.split, listed.stdout.splitlines())}

    def serve(self, name, *arguments, listeners=1, **settings):
        """Starts an example and waits, without a frame, until it listens."""
        process = self.start(self.example(name, *arguments, **settings))
        if not until(20, lambda: process.poll() is not None or
                     self.statistics('sizes').get('tcp_listen', 0)
                     >= listeners):
            raise Failed(f'{name} does not listen')
        if process.poll() is not None:
            raise Failed(f'{name}: {self.text("programs.log").strip()}')
        return process

    def listeners(self):
        """What the kernel says of the peer's TCP listeners."""
        return subprocess.run(self.peer('ss', '-Hltn'), text=True,
                              stdout=subprocess.PIPE).stdout

    def text(self, name):
        with contextlib.suppress(FileNotFoundError):
            with open(self.path(name), errors='replace') as file:
                return file.read()
        return ''

    def wait_for_log(self, pattern, seconds=20):
        if not until(seconds, lambda: re.search(pattern, self.text('log'))):
            raise Failed(f'the log never says /{pattern}/')

    def stop(self, process):
        process.terminate()
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    # ------------------------------------------------------------------- end

    def kill_all(self):
        """Everything in the namespaces, which are only ours."""
        for namespace in self.namespaces:
            pids = subprocess.run(['ip', 'netns', 'pids', namespace],
                                  stdout=subprocess.PIPE, text=True).stdout
            for pid in pids.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        self.kill_all()
        for process in self.processes:
            process.wait()
        for namespace in self.namespaces:
            subprocess.run(['ip', 'netns', 'del', namespace])
            subprocess.run(['rm', '-rf', f'/etc/netns/{namespace}'])
        subprocess.run(['rm', '-rf', self.folder])

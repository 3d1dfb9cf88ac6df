"""The two systems to compare: each a far end (the kernel) and a near end."""
import contextlib
import os
import signal
import subprocess
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(
    os.path.realpath(__file__))))
PROBE = os.path.join(TOP, 'integration/probe.py')

# Where the two ends may run, (far, near); None: anywhere. Latencies differ by
# a factor of three between a wake-up on the same core and one on another, so
# what the scheduler happens to choose is not left to chance.
PLACEMENTS = {'one': ('0', '0'), 'two': ('0', '1'), 'free': None}


def run(*command, **options):
    return subprocess.run(command, check=True, **options)


class System:
    """far: the kernel's end in a namespace; near: what is measured."""

    def __init__(self, name, options):
        self.name = name
        self.build = options.build
        self.program = os.path.join(options.build,
                                    'tests/bench/bench_program')
        self.folder = tempfile.mkdtemp(prefix='pyt-bench-')
        self.namespaces = []
        self.far_address, self.near_address = '10.77.0.1', '10.77.0.2'
        self.far_address6, self.near_address6 = 'fd77::1', 'fd77::2'
        self.near_environment = []
        self.placement = None

    @contextlib.contextmanager
    def placed(self, name):
        """What starts in this block runs on the cores of that placement."""
        self.placement = PLACEMENTS[name]
        try:
            yield
        finally:
            self.placement = None

    def pinned(self, where):
        if not self.placement:
            return []
        return ['taskset', '-c', self.placement[where == 'near']]

    def namespace(self, suffix):
        name = f'pytbench-{os.getpid()}-{self.name}-{suffix}'
        run('ip', 'netns', 'add', name)
        self.namespaces.append(name)
        run('ip', '-n', name, 'link', 'set', 'lo', 'up')
        return name

    def address(self, namespace, device, address):
        if ':' in address:
            run('ip', '-n', namespace, 'addr', 'add', address + '/64',
                'dev', device, 'nodad')
        else:
            run('ip', '-n', namespace, 'addr', 'add', address + '/24',
                'dev', device)
        run('ip', '-n', namespace, 'link', 'set', device, 'up')

    def far(self, *command):
        return ['ip', 'netns', 'exec', self.namespaces[0],
                *self.pinned('far'), *command]

    def near(self, *command):
        environment = self.near_environment
        return ['ip', 'netns', 'exec', self.namespaces[-1],
                *self.pinned('near'),
                *(['env', *environment] if environment else []), *command]

    def at(self, where, *command):
        return self.far(*command) if where == 'far' else self.near(*command)

    def address_of(self, where):
        return self.far_address if where == 'far' else self.near_address

    def output(self, where, *command, **options):
        return run(*self.at(where, *command), stdout=subprocess.PIPE,
                   text=True, timeout=180, **options).stdout

    @contextlib.contextmanager
    def server(self, where, port, *command, first=None):
        """Runs it until the block ends; waits until the port is open.

        first() is called in the new process before the command.
        """
        with open(os.path.join(self.folder, 'server.log'), 'w') as log:
            process = subprocess.Popen(self.at(where, *command), stdout=log,
                                       stderr=log, stdin=subprocess.DEVNULL,
                                       preexec_fn=first)
        try:
            run(*self.far(PROBE, self.address_of(where), str(port)))
            yield process
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def near_processes(self):
        """All of the near end, a stack that stepped out included."""
        pids = subprocess.run(['ip', 'netns', 'pids', self.namespaces[-1]],
                              stdout=subprocess.PIPE, text=True).stdout
        return [int(pid) for pid in pids.split()]

    def destroy(self):
        for namespace in self.namespaces:
            pids = subprocess.run(['ip', 'netns', 'pids', namespace],
                                  stdout=subprocess.PIPE, text=True).stdout
            for pid in pids.split():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(pid), signal.SIGKILL)
            subprocess.run(['ip', 'netns', 'del', namespace])
        subprocess.run(['rm', '-rf', self.folder])


class Kernel(System):
    """Two namespaces, a veth between them."""

    def __init__(self, name, options):
        super().__init__(name, options)
        far, near = self.namespace('far'), self.namespace('near')
        run('ip', '-n', far, 'link', 'add', 'eth0', 'type', 'veth', 'peer',
            'name', 'eth0', 'netns', near)
        for address in self.far_address, self.far_address6:
            self.address(far, 'eth0', address)
        for address in self.near_address, self.near_address6:
            self.address(near, 'eth0', address)


class Libpyt(System):
    """One namespace with a TAP; the library is the other end."""

    def __init__(self, name, options):
        super().__init__(name, options)
        far = self.namespace('far')
        run('ip', '-n', far, 'tuntap', 'add', 'dev', 'pyt0', 'mode', 'tap')
        for address in self.far_address, self.far_address6:
            self.address(far, 'pyt0', address)
        self.near_environment = [
            f'LD_PRELOAD={options.build}/libpyt.so', 'PYT_LINK=tap:pyt0',
            f'PYT_IP={self.near_address}/24,{self.near_address6}/64',
            f'PYT_GW={self.far_address}']

    @contextlib.contextmanager
    def server(self, where, port, *command, first=None):
        with super().server(where, port, *command, first=first) as process:
            yield process
        self.wait_until_cold()

    def wait_until_cold(self):
        """Until no stack of the last measurement lingers."""
        end = time.monotonic() + 90
        while time.monotonic() < end:
            listed = run(*self.far('cat', '/proc/net/unix'), text=True,
                         stdout=subprocess.PIPE).stdout
            if '@pyt/' not in listed:
                return
            time.sleep(0.05)


@contextlib.contextmanager
def create(options):
    pair = []
    try:
        pair.append(Kernel('kernel', options))
        pair.append(Kernel('kernel2', options) if options.native
                    else Libpyt('libpyt', options))
        yield pair
    finally:
        for system in pair:
            system.destroy()

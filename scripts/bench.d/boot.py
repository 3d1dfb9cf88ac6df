"""How long a program waits for its stack's addresses.

curl fetches 1 KB by name, ten times each: with static addresses, with DHCP
and with "dhcp,auto", without a lease from before and with a kept one; then on
a stack that is up already. dnsmasq is router, DHCP and name server, for both
families, on the kernel's side.
"""
import os
import shutil
import statistics
import subprocess
import tempfile
import time

RUNS = 10
KERNEL = '10.77.0.1'
KERNEL6 = 'fd77::1'
STATIC = '10.77.0.2/24,fd77::2/64'
COLD_TARGET_MS = 1000
WARM_TARGET_MS = 50


class Network:
    """A namespace with servers, and one with a TAP, bridged together."""

    def __init__(self, build):
        self.build = build
        self.name = f'pyt-boot-{os.getpid()}'
        self.folder = tempfile.mkdtemp(prefix='pyt-boot.')
        self.servers = []

    def __enter__(self):
        for line in f'''
            netns add {self.name}
            netns add {self.name}-s
            -n {self.name} link set lo up
            -n {self.name}-s link set lo up
            -n {self.name} link add lan0 type veth peer name eth0 netns {self.name}-s
            -n {self.name} addr add {KERNEL}/24 dev lan0
            -n {self.name} addr add {KERNEL6}/64 dev lan0 nodad
            -n {self.name} link set lan0 up
            -n {self.name}-s link set eth0 up
            -n {self.name}-s tuntap add dev pyt0 mode tap
            -n {self.name}-s link add br0 type bridge
            -n {self.name}-s link set eth0 master br0
            -n {self.name}-s link set pyt0 master br0 up
            -n {self.name}-s link set br0 up'''.strip().splitlines():
            subprocess.run(['ip', *line.split()], check=True)
        with open(os.path.join(self.folder, 'data'), 'wb') as file:
            file.write(bytes(1024))
        self.serve('dnsmasq', '-d', '-C', '/dev/null', '--no-ping',
                   '--dhcp-authoritative', '--no-resolv', '--no-hosts',
                   f'--address=/web.lan.example/{KERNEL}',
                   f'--address=/web.lan.example/{KERNEL6}',
                   '--domain=lan.example', '--interface=lan0',
                   '--bind-interfaces',
                   '--dhcp-range=10.77.0.50,10.77.0.99,255.255.255.0,1h',
                   '--enable-ra', '--dhcp-range=fd77::50,fd77::99,64,1h',
                   f'--dhcp-option=option6:dns-server,[{KERNEL6}]',
                   '--dhcp-option=option6:domain-search,lan.example',
                   f'--dhcp-leasefile={self.folder}/dnsmasq.leases')
        self.serve('/usr/bin/python3', '-m', 'http.server', '-d',
                   self.folder, '-b', '::', '80')
        time.sleep(1)
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.terminate()
            server.wait()
        for name in (self.name, self.name + '-s'):
            subprocess.run(['ip', 'netns', 'del', name], check=False)
        shutil.rmtree(self.folder)

    def serve(self, *command):
        self.servers.append(subprocess.Popen(
            ['ip', 'netns', 'exec', self.name, *command],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))

    def environment(self, ip):
        chosen = {'PYT_IP': ip}
        if ip == STATIC:
            chosen.update(PYT_GW=KERNEL, PYT_DNS=KERNEL,
                          PYT_SEARCH='lan.example')
        return {**os.environ, **chosen, 'PYT_LINK': 'tap:pyt0',
                'PYT_LEASES': self.folder + '/leases',
                'LD_PRELOAD': os.path.join(self.build, 'libpyt.so')}

    def enter(self, command, ip):
        # 'env' of ip itself stays clean: only the program is on the stack
        environment = self.environment(ip)
        words = [f'{key}={environment[key]}' for key in environment
                 if key.startswith('PYT_') or key == 'LD_PRELOAD']
        return ['ip', 'netns', 'exec', self.name + '-s', 'env', *words,
                *command]

    def wait_for_no_stack(self):
        while b'pyt/tap' in subprocess.run(
                ['ip', 'netns', 'exec', self.name + '-s', 'cat',
                 '/proc/net/unix'], capture_output=True, check=True).stdout:
            time.sleep(0.01)

    def curl_ms(self, ip):
        """The whole process: from its start to its end."""
        start = time.monotonic()
        subprocess.run(self.enter(['curl', '-sS', '-o', '/dev/null',
                                   'http://web/data'], ip), check=True)
        return (time.monotonic() - start) * 1000


def cold(network, ip, keep=False):
    results = []
    for _ in range(RUNS):
        network.wait_for_no_stack()
        if not keep:
            shutil.rmtree(network.folder + '/leases', ignore_errors=True)
        results.append(network.curl_ms(ip))
    network.wait_for_no_stack()
    return statistics.median(results)


def warm(network, ip):
    holder = subprocess.Popen(
        network.enter(['nc', '-l', '-k', '5000'], ip))
    network.curl_ms(ip)
    results = [network.curl_ms(ip) for _ in range(RUNS)]
    holder.terminate()
    holder.wait()
    network.wait_for_no_stack()
    return statistics.median(results)


def run(build):
    """Prints the table; True: every target is reached."""
    with Network(build) as network:
        figures = {
            'cold, static': cold(network, STATIC),
            'cold, dhcp': cold(network, 'dhcp'),
            'cold, dhcp, lease kept': cold(network, 'dhcp', True),
            'cold, dhcp,auto': cold(network, 'dhcp,auto'),
            'cold, dhcp,auto, leases kept':
                cold(network, 'dhcp,auto', True),
            'stack is up, static': warm(network, STATIC),
            'stack is up, dhcp,auto': warm(network, 'dhcp,auto'),
        }
    for name, value in figures.items():
        print(f'{name:28} {value:8.1f} ms')
    added = figures['stack is up, dhcp,auto'] - figures['stack is up, static']
    reached = (figures['cold, dhcp,auto'] < COLD_TARGET_MS
               and added < WARM_TARGET_MS)
    print(f'added when it is up          {added:8.1f} ms; '
          f'targets ({COLD_TARGET_MS} ms cold, {WARM_TARGET_MS} ms added) '
          f'{"reached" if reached else "missed"}')
    return reached

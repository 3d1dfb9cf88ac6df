"""kills.py SEED COUNT [STATS]: runs programs on the stack and kills one of
each at a random moment: while it starts, forks, execs, hands over, serves,
waits or ends. Says what hangs; then what is left of the stack when all have
gone. With STATS, which is pyt-stats: another program keeps the stack, and what
that holds must afterwards be what it held before."""
import os
import random
import signal
import subprocess
import sys
import time

PYTHON = '/usr/bin/python3'
CONNECT = '''
import os, socket, sys
def ask():
    s = socket.create_connection(('10.77.0.1', 80), 5)
    s.sendall(b'GET / HTTP/1.0\\r\\n\\r\\n')
    while s.recv(65536):
        pass
    return s
'''
PROGRAMS = {
    'one connection': CONNECT + 'ask()',
    'many': CONNECT + 'kept = [ask() for _ in range(10)]',
    'fork': CONNECT + '''
kept = [ask()]
for _ in range(3):
    if os.fork() == 0:
        ask()
        os._exit(0)
for _ in range(3):
    os.wait()''',
    'exec': CONNECT + f'''
kept = [ask()]
os.set_inheritable(kept[0].fileno(), True)
os.execv('{PYTHON}', ['python3', '-c', {CONNECT + 'ask()'!r}])''',
    'listen': '''
import socket, threading
s = socket.create_server(('', 7000))
def serve():
    while True:
        s.accept()[0].close()
threading.Thread(target=serve, daemon=True).start()
for _ in range(10):
    socket.create_connection(('10.77.0.2', 7000), 5).recv(1)''',
    'datagrams': '''
import socket
s = socket.socket(type=socket.SOCK_DGRAM)
s.bind(('', 7001))
for _ in range(100):
    s.sendto(b'x', ('10.77.0.2', 7001))
    s.recv(10)''',
    'waits': '''
import select, socket, threading
listener = socket.create_server(('', 0), backlog=20)
ends = [socket.create_connection(listener.getsockname(), 5)
        for _ in range(6)]
ends += [listener.accept()[0] for _ in range(4)]
ends[0].setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1000)
late = socket.socket()
late.setblocking(False)
late.connect_ex(('10.77.0.99', 9))
udp = socket.socket(type=socket.SOCK_DGRAM)
udp.bind(('', 0))
for _ in range(20):
    udp.sendto(bytes(1000), udp.getsockname())
epoll = select.epoll()
for s in ends:
    epoll.register(s, select.EPOLLIN)
ends[6].send(bytes(100))
for call in [lambda: ends[0].recv(2000), lambda: ends[1].sendall(bytes(1 << 24)),
             lambda: late.getpeername() or late.recv(1),
             lambda: socket.getaddrinfo('x.test', 1)]:
    threading.Thread(target=call, daemon=True).start()
select.select([late], [], [], .2)''',
}
# What is kept for the next one, and is bounded.
KEPT = ('memory_mapped_bytes', 'memory_used_bytes', 'free_chunks',
        'neighbours')
CHUNK = 16384
MEMORY_GROWS = 16384  # tables; a connection leaked in each run is more
KEEPER = '''
import os, socket, sys
kept = socket.create_server(('', 7999))
if os.fork() == 0:
    os._exit(0)
os.wait()
print('up', flush=True)
sys.stdin.read()'''


def names():
    """Abstract names of ours."""
    with open('/proc/net/unix') as file:
        return [line.split()[-1] for line in file if '@pyt' in line]


def end_of(process, name, errors):
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        errors.append(f'{name} hangs')
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def start(name):
    preload = os.environ.get('KILLS_PRELOAD', '')
    return subprocess.Popen([PYTHON, '-c', PROGRAMS[name]],
                            env={**os.environ, 'LD_PRELOAD': preload},
                            stdin=subprocess.DEVNULL,
                            stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL, start_new_session=True)


def stack_pid():
    """Of the process that is the stack, in this network namespace."""
    here = os.stat('/proc/self/ns/net').st_ino
    for pid in filter(str.isdigit, os.listdir('/proc')):
        try:
            with open(f'/proc/{pid}/comm') as file:
                if file.read() == 'pyt-stack\n' and \
                   os.stat(f'/proc/{pid}/ns/net').st_ino == here:
                    return pid
        except OSError:
            pass
    return None


def held(stats):
    """What the stack holds, by its own count and by the kernel's."""
    said = subprocess.run([stats, 'sizes'], capture_output=True, text=True)
    found = dict(line.split() for line in said.stdout.splitlines())
    process = f'/proc/{stack_pid()}'
    numbers = os.listdir(f'{process}/fd')
    found['descriptors'] = len(numbers)
    found['watched'] = 0
    for number in numbers:
        try:
            with open(f'{process}/fdinfo/{number}') as file:
                found['watched'] += file.read().count('tfd:')
        except FileNotFoundError:
            pass
    shown = subprocess.run(['cat', '/proc/net/sockstat'], text=True,
                           capture_output=True,
                           env={**os.environ,
                                'LD_PRELOAD': os.environ['KILLS_PRELOAD']})
    found['sockstat'] = shown.stdout
    return found


def memory(found):
    return int(found['memory_used_bytes']) - CHUNK * int(found['free_chunks'])


def settled(stats):
    """The same five times: who asks is counted, too, until that is noticed."""
    end = time.monotonic() + 10
    found, times = held(stats), 1
    while times < 5 and time.monotonic() < end:
        time.sleep(0.05)
        before, found = found, held(stats)
        times = 1 if differences(before, found) else times + 1
    return found


def differences(before, after):
    """Lines, of what is not as it was."""
    return [f'left: {name} {after.get(name)}, was {before[name]}'
            for name in before
            if name not in KEPT and after.get(name) != before[name]]


def growth(before, after):
    grown = memory(after) - memory(before)
    return [f'left: {grown} bytes of memory'] if grown > MEMORY_GROWS else []


def keep():
    """A program that keeps the stack, as a process of its own."""
    keeper = subprocess.Popen([PYTHON, '-c', KEEPER], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE,
                              env={**os.environ, 'LD_PRELOAD':
                                   os.environ['KILLS_PRELOAD']})
    keeper.stdout.readline()
    return keeper


def run(i, errors):
    """A few programs; one is killed."""
    chosen = random.choices(list(PROGRAMS), k=random.randint(1, 3))
    running = []
    for name in chosen:
        running.append(start(name))
        time.sleep(random.random() * 0.02)
    time.sleep(random.random() * 0.08)
    victim = random.randrange(len(running))
    if random.randrange(3):
        os.kill(running[victim].pid, signal.SIGKILL)
    else:
        os.killpg(running[victim].pid, signal.SIGKILL)
    for process, name in zip(running, chosen):
        end_of(process, f'run {i}: {name} of {chosen}', errors)


def until_empty(what):
    """what() says nothing more, or what it says after a time."""
    end = time.monotonic() + 30
    while (said := what()) and time.monotonic() < end:
        time.sleep(0.1)
    return said


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    stats = sys.argv[3] if len(sys.argv) > 3 else None
    random.seed(seed)
    errors = []
    keeper = keep() if stats else None
    if keeper:
        before = settled(stats)
        for i in range(10):  # tables and caches find their size
            run(i, errors)
        errors += until_empty(lambda: differences(before, held(stats)))
        before = settled(stats)
    for i in range(count):
        run(i, errors)
    if keeper:
        errors += until_empty(lambda: differences(before, held(stats)))
        errors += growth(before, settled(stats))
        keeper.stdin.close()
        keeper.wait()
    errors += [f'left: {name}' for name in until_empty(names)]
    print('\n'.join(errors) or 'nothing hangs, nothing is left')


main()

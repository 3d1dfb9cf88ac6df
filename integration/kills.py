"""kills.py SEED COUNT: runs programs on the stack and kills one of each at a
random moment: while it starts, forks, execs, hands over, serves or ends. Says
what hangs; then what is left of the stack when all have gone."""
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
}


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


def main():
    seed, count = int(sys.argv[1]), int(sys.argv[2])
    random.seed(seed)
    errors = []
    for i in range(count):
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
    end = time.monotonic() + 20
    while names() and time.monotonic() < end:
        time.sleep(0.05)
    errors += [f'left: {name}' for name in names()]
    print('\n'.join(errors) or 'nothing hangs, nothing is left')


main()

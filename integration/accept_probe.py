"""Connections that speak at once, late or never, and who accepts them."""
import contextlib
import os
import random
import select
import socket
import struct
import sys
import threading
import time

CLIENTS = 60


def listen(address, backlog=128):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(backlog)
    print('ready', flush=True)
    return listener


def receive(connection, length):
    got = b''
    while len(got) < length:
        part = connection.recv(length - len(got))
        if not part:
            break
        got += part
    return got


# Who connects waits for a word of the server's, speaks after that.
def server_first(address):
    listener = listen(address)
    for _ in range(CLIENTS):
        connection, _ = listener.accept()
        with connection:
            connection.sendall(b'hello')
            connection.sendall(receive(connection, 4))


def client_first(address):
    for number in range(CLIENTS):
        with socket.create_connection(address, timeout=10) as s:
            assert receive(s, 5) == b'hello'
            s.sendall(struct.pack('!I', number))
            assert receive(s, 4) == struct.pack('!I', number)
    print('served', CLIENTS)


# Some speak at once, some later; a server that polls takes one after another.
def server_mixed(address):
    listener = listen(address)
    listener.setblocking(False)
    numbers = []
    while len(numbers) < CLIENTS:
        select.select([listener], [], [])
        try:
            connection, _ = listener.accept()
        except BlockingIOError:
            continue
        with connection:
            connection.setblocking(True)
            number = struct.unpack('!I', receive(connection, 4))[0]
            numbers.append(number)
            connection.sendall(b'x' * number)
    print('all of them', sorted(numbers) == list(range(CLIENTS)))


def client_mixed(address):
    draw = random.Random(1)
    answers = [b''] * CLIENTS

    def one(number, delay):
        with socket.create_connection(address, timeout=10) as s:
            time.sleep(delay)
            s.sendall(struct.pack('!I', number))
            answers[number] = receive(s, number)

    threads = [threading.Thread(target=one, args=(
        number, draw.choice((0, 0, 0.0001, 0.001, 0.02))))
        for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print('answers', [len(a) for a in answers] == list(range(CLIENTS)))


# More than the queues hold, before anybody accepts.
def server_full(address):
    listener = listen(address, 4)
    sys.stdin.readline()
    numbers = []
    while len(numbers) < 20:
        connection, _ = listener.accept()
        with connection:
            numbers.append(struct.unpack('!I', receive(connection, 4))[0])
    print('all of them', sorted(numbers) == list(range(20)))


def client_full(address):
    sockets = [socket.socket() for _ in range(20)]
    for number, s in enumerate(sockets):
        s.setblocking(False)
        s.connect_ex(address)
    open_ones = set(sockets)
    while len(open_ones) > 16:      # some are in, the others must wait
        _, writable, _ = select.select([], list(open_ones), [])
        for s in writable:
            s.sendall(struct.pack('!I', sockets.index(s)))
            open_ones.remove(s)
    print('queued', flush=True)
    while open_ones:
        _, writable, _ = select.select([], list(open_ones), [])
        for s in writable:
            s.sendall(struct.pack('!I', sockets.index(s)))
            open_ones.remove(s)
    for s in sockets:
        s.setblocking(True)
        s.recv(1)
    print('done')


# Nobody accepts, however promptly who connects speaks: listen() sets a limit.
def server_limit(address):
    listener = listen(address, 1)
    sys.stdin.readline()
    connection, _ = listener.accept()
    with connection:
        print(receive(connection, 5))


def client_limit(address):
    sockets = []
    while len(sockets) < 60:
        s = socket.socket()
        s.settimeout(0.5)
        try:
            s.connect(address)
        except TimeoutError:
            break
        s.sendall(b'hello')
        sockets.append(s)
        time.sleep(0.01)        # what it says comes alone
    print('limited', len(sockets) < 20)


# The listener goes before anybody has accepted.
def server_closed(address):
    listener = listen(address)
    sys.stdin.readline()
    listener.close()
    print('closed', flush=True)
    sys.stdin.readline()


def client_closed(address):
    with socket.create_connection(address, timeout=10) as s:
        print('connected', flush=True)
        try:
            print(s.recv(1))
        except ConnectionResetError:
            print('reset')


# A listener that closes and opens again, in a crowd of clients.
def server_again(address):
    for number in range(300):
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(5)
        if number == 0:
            print('ready', flush=True)
        listener.settimeout(0.002)
        with contextlib.suppress(OSError):
            listener.accept()[0].close()
        listener.close()
    listener = listen(address)
    while True:
        connection, _ = listener.accept()
        with connection, contextlib.suppress(OSError):
            if receive(connection, 4) == b'last':
                connection.sendall(b'over')
                break


def client_again(address):
    over = threading.Event()

    def crowd():
        while not over.is_set():
            with contextlib.suppress(OSError), socket.socket() as s:
                s.settimeout(1)
                s.connect(address)
                s.sendall(b'more')

    threads = [threading.Thread(target=crowd) for _ in range(6)]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 40
    answer = b''
    while not answer and time.monotonic() < end:
        with contextlib.suppress(OSError), socket.socket() as s:
            s.settimeout(1)
            s.connect(address)
            s.sendall(b'last')
            answer = receive(s, 4)
    over.set()
    for thread in threads:
        thread.join()
    print(answer)


# Who asks finds the accepted socket's inode; switches are true at once.
def server_told(address):
    listener = listen(address)
    connection, _ = listener.accept()
    inode = os.fstat(connection.fileno()).st_ino
    with open('/proc/net/tcp') as file:
        print('listed', str(inode) in file.read().split())
    draw, right = random.Random(1), True
    for _ in range(500):
        option = draw.choice((socket.TCP_NODELAY, socket.TCP_CORK))
        value = draw.randrange(2)
        connection.setsockopt(socket.IPPROTO_TCP, option, value)
        right &= connection.getsockopt(socket.IPPROTO_TCP, option) == value
    print('switches', right)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    connection.sendall(b'held')
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 0)
    print('taken', receive(connection, 4))


def client_told(address):
    with socket.create_connection(address, timeout=10) as s:
        print(receive(s, 4))
        s.sendall(b'over')
        s.recv(1)


def listed(connection):
    inode = os.fstat(connection.fileno()).st_ino
    with open('/proc/net/tcp') as file:
        return str(inode) in file.read().split()


# A worker process that mostly sets up what it accepts, now and then does not.
def server_worker(address):
    listener = listen(address)
    if os.fork():
        os.wait()
        return
    print('worker', os.getpid())
    known = True
    for number in range(CLIENTS):
        connection, _ = listener.accept()
        with connection:
            if number % 20 < 18:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY,
                                      1)
            got = receive(connection, 1)
            if number % 20 > 16:
                known &= listed(connection)
            connection.sendall(got)
    print('known', known)


def client_worker(address):
    for _ in range(CLIENTS):
        with socket.create_connection(address, timeout=10) as s:
            s.sendall(b'x')
            assert receive(s, 1) == b'x'
    print('served', CLIENTS)


globals()[f'{sys.argv[1]}_{sys.argv[2]}']((sys.argv[3], int(sys.argv[4])))

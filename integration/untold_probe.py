"""Connections whose accept(2) the stack has not been told of."""
import array
import ctypes
import errno
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading


libc = ctypes.CDLL(None)
listeners = []


def listen(address):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(address)
    listener.listen(16)
    return listener


# Who sets up what it accepts tells of the next one with its first option, or
# with whatever it does with a descriptor that the library has not looked at.
def accept_late(listener, count):
    connection, _ = listener.accept()
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.recv(1)
    connection.close()
    return [listener.accept()[0] for _ in range(count)]


def echo(connection):
    with connection:
        got = connection.recv(4)
        connection.sendall(got)
        return got == b'echo'


def read(connection):
    try:
        return str(connection.recv(1))
    except OSError as error:
        return errno.errorcode[error.errno]


def wait():
    os.read(0, 1)


def sleep():
    signal.sigwait([signal.SIGUSR1])    # no call of the library's


def server(address, count, work):
    listener = listen(address)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    if os.fork():
        os.wait()
        return listener
    print('worker', os.getpid(), flush=True)
    connections = accept_late(listener, count)
    print('inode', os.fstat(connections[-1].fileno()).st_ino)
    print('sleeps', flush=True)
    work(connections)
    os._exit(0)


def last(listener):
    print('echo', echo(listener.accept()[0]))


def server_listed(address):
    def work(connections):
        sleep()
        print('echo', echo(connections[0]), flush=True)

    server(address, 1, work)


def server_killed(address):
    last(server(address, 1, lambda _: sleep()))


def server_queue(address):
    listener = server(address, 1, lambda _: sleep())
    wait()
    ends = [listener.accept()[0] for _ in range(4)]
    print('taken', *(read(end) for end in ends), flush=True)
    for end in ends:
        end.close()
    last(listener)


def server_held(address):
    def work(connections):
        sleep()
        print('woke', read(connections[0]), flush=True)

    last(server(address, 1, work))


# What a process may do first with a connection of which nobody was told.
def in_child(pid, connection):
    if pid == 0:
        echo(connection)
        os._exit(0)
    connection.close()
    os.waitpid(pid, 0)


def way_fork(connection):
    in_child(os.fork(), connection)


def way_clone(connection):      # past the library's fork()
    in_child(libc.syscall(56, signal.SIGCHLD, 0, 0, 0, 0), connection)


def way_spawn(connection):
    number = connection.fileno()
    subprocess.run([sys.executable, '-S', '-c', f"""
import socket
s = socket.socket(fileno={number})
s.sendall(s.recv(4))
"""], pass_fds=[number], check=True)
    connection.close()


def way_rights(connection):
    ours, theirs = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        number = array.array('i', socket.recv_fds(theirs, 1, 1)[1])[0]
        echo(socket.socket(fileno=number))
        os._exit(0)
    # The fork has told of this one: the next is the one that counts.
    echo(connection)
    with accept_late(listeners[0], 1)[0] as other:
        socket.send_fds(ours, [b'x'], [other.fileno()])
    os.waitpid(pid, 0)
    ours.close()
    theirs.close()


def way_user(connection):
    pid = os.fork()
    if pid == 0:
        connection.close()
        connection = accept_late(listeners[0], 1)[0]
        os.setuid(65534)
        echo(connection)
        os._exit(0)
    echo(connection)
    os.waitpid(pid, 0)


def way_overwrite(connection):
    with open(os.devnull, encoding='ascii') as file:
        os.dup2(file.fileno(), connection.fileno())
    connection.close()


def way_close(connection):
    connection.close()


def way_limit(connection):
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE,
                       (connection.fileno() + 1, limits[1]))
    try:
        listeners[0].accept()
    except OSError as error:
        assert error.errno == errno.EMFILE
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    echo(connection)
    listeners[0].accept()[0].close()


def way_threads(connection):
    echo(connection)

    def work():
        for _ in range(20):
            other, _ = listeners[0].accept()
            other.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            echo(other)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Tells until the stack, which is stopped, takes no more.
def server_stopped(address):
    def work(connections):
        sleep()
        for number in range(2000):
            connections[0].setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY,
                                      number % 2)
        print('told', connections[0].getsockopt(
            socket.IPPROTO_TCP, socket.TCP_NODELAY), flush=True)
        echo(connections[0])

    last(server(address, 1, work))


def client_stopped(address):
    connection, = client(address, 1)
    connection.sendall(b'echo')
    connection.recv(4)
    with connect(address) as s:
        s.sendall(b'echo')
        s.recv(4)


# How many connections come, the one to be set up included, and which of them
# are answered.
WAYS = {'fork': '.e', 'clone': '.e', 'spawn': '.e', 'rights': '.e.e',
        'user': '.e.e', 'overwrite': '..', 'close': '..',
        'limit': '.e.', 'threads': '.e' + 80 * 'e'}


def server_ways(address):
    listeners.append(listen(address))
    if os.fork():
        os.wait()
        return
    print('worker', os.getpid(), flush=True)
    for way in WAYS:
        globals()[f'way_{way}'](*accept_late(listeners[0], 1))
    wait()


def client_ways(address):
    for way, answers in WAYS.items():
        got = ''
        for number, answer in enumerate(answers):
            with connect(address) as s:
                s.sendall(b'x' if answer == '.' else b'echo')
                try:
                    got += 'e' if s.recv(4) == b'echo' else '.'
                except ConnectionResetError:
                    got += '.'
        print(way, got == answers, flush=True)


def connect(address):
    return socket.create_connection(address, timeout=60)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack('ii', 1, 0))
    connection.close()


# The first one is set up; count more come, and are reset.
def client(address, count):
    with connect(address) as first:
        first.sendall(b'x')
        first.recv(1)
    return [connect(address) for _ in range(count)]


def client_last(address, count):
    connections = client(address, count)
    wait()
    for connection in connections:
        reset(connection)
    wait()
    with connect(address) as s:
        s.sendall(b'echo')
        s.recv(4)


def client_listed(address):
    connection, = client(address, 1)
    connection.sendall(b'echo')
    connection.recv(4)


def client_killed(address):
    client_last(address, 1)


def client_queue(address):
    client_last(address, 5)


def client_held(address):
    client_last(address, 1)


server_owner = server_listed
client_owner = client_listed
server_killed2 = server_killed
client_killed2 = client_killed

globals()[f'{sys.argv[1]}_{sys.argv[2]}']((sys.argv[3], int(sys.argv[4])))

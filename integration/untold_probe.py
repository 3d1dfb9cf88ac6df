"""Connections whose accept(2) the stack has not been told of."""
import errno
import os
import signal
import socket
import struct
import sys


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

"""A client of echo, discard and daytime: services_probe.py CHECK ADDRESS.
Prints what it saw, in words that do not change."""
import random
import re
import socket
import sys

TIME = re.compile(rb'\w+, \w+ \d\d, \d{4} \d\d:\d\d:\d\d-UTC\r\n')
SECONDS = 10


def stream(address, port):
    return socket.create_connection((address, port), timeout=SECONDS)


def datagram(address, port, source=0):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(SECONDS)
    if source:
        s.bind(('::' if family == socket.AF_INET6 else '', source))
    s.connect((address, port))
    return s


def rest(s):
    data = b''
    while piece := s.recv(65536):
        data += piece
    return data


def echo(address):
    data = random.Random(1).randbytes(3000)
    with stream(address, 7) as s:
        for piece in (data[:1], data[1:1500], data[1500:]):
            s.sendall(piece)
            back = b''
            while len(back) < len(piece):
                back += s.recv(65536)
            print('as sent' if back == piece else 'different')
        s.shutdown(socket.SHUT_WR)
        print(f'then {len(rest(s))} bytes and the end')


def clients(address):
    """More than the listener's queue is long, all open at once."""
    open_ones = [stream(address, 7) for _ in range(200)]
    for number, s in enumerate(open_ones):
        s.sendall(b'%d' % number)
    good = sum(s.recv(64) == b'%d' % number
               for number, s in enumerate(open_ones))
    for s in open_ones:
        s.close()
    print(f'{good} clients')


def discard(address):
    with stream(address, 9) as s:
        s.sendall(bytes(1 << 20))
        s.shutdown(socket.SHUT_WR)
        print(f'{len(rest(s))} bytes and the end')


def daytime(address):
    with stream(address, 13) as s:
        s.sendall(b'what time is it?')
        print('a time' if TIME.fullmatch(rest(s)) else 'no time')


def echo_udp(address):
    with datagram(address, 7) as s:
        for size in (0, 1, 1400, 9000, 60000):
            data = random.Random(size).randbytes(size)
            s.send(data)
            print(size, 'as sent' if s.recv(65536) == data else 'different')


def daytime_udp(address):
    with datagram(address, 13) as s:
        s.send(b'')
        print('a time' if TIME.fullmatch(s.recv(65536)) else 'no time')


def loop(address):
    """From the port of echo itself: no answer, or it would never end."""
    with datagram(address, 7, source=7) as s, datagram(address, 7) as other:
        s.send(b'round and round')
        other.send(b'last')
        print(other.recv(65536).decode())
        s.setblocking(False)
        try:
            print('answered:', s.recv(65536))
        except BlockingIOError:
            print('not answered')


def discard_udp(address):
    """Heard in silence, where a closed port would be an error."""
    with datagram(address, 9) as s, datagram(address, 7) as other:
        s.send(b'void')
        other.send(b'last')
        print(other.recv(65536).decode())
        s.setblocking(False)
        try:
            print('answered:', s.recv(65536))
        except BlockingIOError:
            print('not answered')


globals()[sys.argv[1]](sys.argv[2])

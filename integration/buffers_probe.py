#!/usr/bin/python3
"""How many bytes lie in a socket whose program set SO_SNDBUF or SO_RCVBUF.

usage: buffers_probe.py ROLE HOW IP PORT

HOW is listen or connect, or anything for datagrams. ROLE is one of
  send      sets SO_SNDBUF and writes until nothing more is taken; prints what
            its side holds then
  sink      its peer: a small SO_RCVBUF, reads nothing
  receive   sets SO_RCVBUF and reads nothing
  source    its peer: a small SO_SNDBUF, writes; prints what the other holds
  keep      datagrams: sets SO_RCVBUF; prints how many it finds in the end
  spray     its peer: sends many
"""
import array
import fcntl
import select
import socket
import sys
import termios
import time

SMALL = 8192
SETTLED_MS = 700
PAUSE_S = 0.002  # what waits behind the endpoint may follow
DATAGRAM_CASES = (1, 4096, 20000)
CASES = [(size, when)
         for size in (1, 4096, 20000, 100000) for when in ('before', 'after')]


def unacknowledged(s):
    count = array.array('i', [0])
    fcntl.ioctl(s, termios.TIOCOUTQ, count)
    return count[0]


class Side:
    def __init__(self, role):
        self.fills = role in ('send', 'source')
        self.option = socket.SO_SNDBUF if self.fills else socket.SO_RCVBUF
        self.is_tested = role in ('send', 'receive')

    def set_before(self, s, case):
        size, when = case
        if not self.is_tested:
            s.setsockopt(socket.SOL_SOCKET, self.option, SMALL)
        elif when == 'before':
            s.setsockopt(socket.SOL_SOCKET, self.option, size)

    def set_after(self, s, case):
        size, when = case
        if self.is_tested and when == 'after':
            s.setsockopt(socket.SOL_SOCKET, self.option, size)

    def listen(self, ip, port, case):
        s = socket.socket()
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.set_before(s, case)
        s.bind((ip, port))
        s.listen()
        return s

    def connect(self, ip, port, case):
        s = socket.socket()
        self.set_before(s, case)
        s.connect((ip, port))
        return s


def fill(sockets):
    """Until none of them has taken or delivered anything for a while."""
    sent = dict.fromkeys(sockets, 0)
    left = dict.fromkeys(sockets, 0)
    poll = select.poll()
    for s in sockets:
        s.setblocking(False)
        poll.register(s, select.POLLOUT)
    by_number = {s.fileno(): s for s in sockets}
    while True:
        ready = poll.poll(SETTLED_MS)
        for number, _ in ready:
            s = by_number[number]
            try:
                while True:
                    sent[s] += s.send(bytes(1000))
            except BlockingIOError:
                pass
        now = {s: unacknowledged(s) for s in sockets}
        if not ready and now == left:
            return [(sent[s], left[s]) for s in sockets]
        left = now


def wait_until_reset(sockets):
    for s in sockets:
        poll = select.poll()
        poll.register(s, 0)
        poll.poll()


def keep_datagrams(ip, port):
    """How many of many are there, as nobody has read them."""
    waiting = []
    for i, size in enumerate(DATAGRAM_CASES):
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        s.bind((ip, port + i))
        waiting.append(s)
    last = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    last.bind((ip, port + len(waiting)))
    last.recv(1)
    for s, size in zip(waiting, DATAGRAM_CASES):
        count = 0
        s.setblocking(False)
        try:
            while s.recv(65536):
                count += 1
                time.sleep(PAUSE_S)
        except BlockingIOError:
            print(size, 'before', count)


def send_datagrams(ip, port):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for i in range(len(DATAGRAM_CASES)):
        for _ in range(400):
            s.sendto(bytes(300), (ip, port + i))
    s.sendto(b'e', (ip, port + len(DATAGRAM_CASES)))


def main(role, how, ip, port):
    if role == 'keep':
        return keep_datagrams(ip, int(port))
    if role == 'spray':
        return send_datagrams(ip, int(port))
    side = Side(role)
    ports = range(int(port), int(port) + len(CASES))
    if how == 'listen':
        listeners = [side.listen(ip, p, c) for p, c in zip(ports, CASES)]
        sockets = [s.accept()[0] for s in listeners]
    else:
        sockets = [side.connect(ip, p, c) for p, c in zip(ports, CASES)]
    for s, case in zip(sockets, CASES):
        side.set_after(s, case)
    if not side.fills:
        for s in sockets:
            s.send(b'g')
        return wait_until_reset(sockets)
    for s in sockets:
        s.recv(1)
    for (size, when), (sent, left) in zip(CASES, fill(sockets)):
        print(size, when, left if role == 'send' else sent - left)
    for s in sockets:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     array.array('i', [1, 0]).tobytes())
        s.close()


main(*sys.argv[1:])

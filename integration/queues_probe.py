#!/usr/bin/python3
"""Sockets with bytes in their queues, that stay until the process is ended.

usage: queues_probe.py receive|send|count|fill IP

receive: three connections to port 5001; the first is accepted, none is read.
send: writes to port 5002, where nobody reads, until no more is taken; prints
how many bytes that were, and what SIOCOUTQ says of them.
count: reads nothing from port 5003; prints FIONREAD once fill is done, which
prints how much has arrived there.
"""
import array
import contextlib
import fcntl
import select
import signal
import socket
import sys
import termios

SETTLED_MS = 700


def ask(s, request):
    count = array.array('i', [0])
    fcntl.ioctl(s, request, count)
    return count[0]


def write_all(s):
    """Until no more is taken and nothing moves; how much that was."""
    s.setblocking(False)
    poll = select.poll()
    poll.register(s, select.POLLOUT)
    sent, waiting = 0, None
    while True:
        if poll.poll(SETTLED_MS):
            with contextlib.suppress(BlockingIOError):
                sent += s.send(bytes(1000))
        elif waiting == ask(s, termios.TIOCOUTQ):
            return sent
        else:
            waiting = ask(s, termios.TIOCOUTQ)


def receive(ip):
    listener = socket.create_server((ip, 5001))
    first, _ = listener.accept()
    return listener, first


def send(ip):
    s = socket.create_connection((ip, 5002))
    print(write_all(s), ask(s, termios.TIOCOUTQ), flush=True)
    return s


def count(ip):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 30000)
    listener.bind((ip, 5003))
    listener.listen()
    first, _ = listener.accept()
    listener.accept()
    print(ask(first, termios.FIONREAD), flush=True)
    return first


def fill(ip):
    s = socket.create_connection((ip, 5003))
    print(write_all(s) - ask(s, termios.TIOCOUTQ), flush=True)
    socket.create_connection((ip, 5003))
    return s


roles = {'receive': receive, 'send': send, 'count': count, 'fill': fill}
kept = roles[sys.argv[1]](sys.argv[2])
signal.pause()

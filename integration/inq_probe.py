#!/usr/bin/python3
"""What recvmsg(2) says of the bytes that are left: TCP_INQ.

usage: inq_probe.py ROLE HOW IP PORT

ROLE is send or see, HOW listen or connect.
"""
import array
import fcntl
import select
import socket
import sys
import termios
import time

TCP_INQ = 36
LONG = 400000


def see(s, what, count, flags=0, room=64):
    data, control, got_flags, _ = s.recvmsg(count, room, flags)
    left = [(level, kind, array.array('i', value)[0])
            for level, kind, value in control]
    print(what, len(data), left, got_flags & socket.MSG_CTRUNC)
    return left


def see_long(s):
    """The hint follows the bytes to the last of them."""
    count = 0
    biggest = 0
    while count < LONG:
        data, control, _, _ = s.recvmsg(10000, 64)
        left = array.array('i', control[0][2])[0]
        count += len(data)
        biggest = max(biggest, left)
        assert left <= LONG - count or left == 1, left
    print('long', count, left, biggest > 20000)


def wait_for(s, count):
    """As many bytes are there."""
    there = array.array('i', [0])
    while there[0] < count:
        time.sleep(0.01)
        fcntl.ioctl(s, termios.FIONREAD, there)


def wait_for_end(s):
    poll = select.poll()
    poll.register(s, select.POLLRDHUP)
    poll.poll(10000)


def main_see(s, inherited):
    if not inherited:
        s.setsockopt(socket.IPPROTO_TCP, TCP_INQ, 1)
    s.send(b'go')
    wait_for(s, 100)
    see(s, 'some', 10)
    see(s, 'peeked', 10, socket.MSG_PEEK)
    see(s, 'discarded', 10, socket.MSG_TRUNC)
    see(s, 'without room', 10, 0, 0)
    see(s, 'none asked for', 0)
    see(s, 'all', 1000)
    s.setsockopt(socket.IPPROTO_TCP, TCP_INQ, 0)
    s.send(b'go')
    see(s, 'switched off', 1)
    s.setsockopt(socket.IPPROTO_TCP, TCP_INQ, 1)
    s.send(b'go')
    wait_for(s, 40000)
    see_long(s)
    s.send(b'go')
    wait_for_end(s)
    see(s, 'before the end', 2)
    see(s, 'last', 2)
    see(s, 'end', 2)
    see(s, 'again', 2)


def main_send(s):
    for data in bytes(100), b'x', bytes(LONG), b'last':
        s.recv(2)
        s.sendall(data)
    s.shutdown(socket.SHUT_WR)
    s.recv(1)


def main(role, how, ip, port):
    if how == 'listen':
        with socket.create_server((ip, int(port))) as listener:
            if role == 'see':
                listener.setsockopt(socket.IPPROTO_TCP, TCP_INQ, 1)
            s, _ = listener.accept()
    else:
        s = socket.create_connection((ip, int(port)))
    s.settimeout(10)
    if role == 'see':
        main_see(s, how == 'listen')
    else:
        main_send(s)


main(*sys.argv[1:])

#!/usr/bin/python3
"""What a peer sees of writes with MSG_MORE.

usage: more_probe.py ROLE HOW IP PORT

ROLE is send or see, HOW listen or connect. For each case the one that sees
says 'go' when all before it is over, and prints what comes, read by read.
"""
import ctypes
import os
import socket
import sys
import time

MORE = socket.MSG_MORE
SPLICE_F_MORE = 4
PAUSE = 0.08
LONG = 5000


def header_and_body(s):
    s.send(b'head', MORE)
    time.sleep(PAUSE)
    s.send(b'body')


def three_calls(s):
    s.sendmsg([b'a', b'b'], [], MORE)
    time.sleep(PAUSE)
    s.sendto(b'c', MORE, s.getpeername())
    time.sleep(PAUSE)
    os.write(s.fileno(), b'd')


def header_and_file(s):
    s.send(b'head', MORE)
    time.sleep(PAUSE)
    file = os.memfd_create('body')
    os.write(file, b'file')
    os.sendfile(s.fileno(), file, 0, 4)
    os.close(file)


def spliced(s):
    head, tail = os.pipe()
    os.write(tail, b'headbody')
    libc = ctypes.CDLL(None, use_errno=True)
    libc.splice(head, None, s.fileno(), None, 4, SPLICE_F_MORE)
    time.sleep(PAUSE)
    libc.splice(head, None, s.fileno(), None, 4, 0)
    os.close(head)
    os.close(tail)


def spliced_alone(s):
    head, tail = os.pipe()
    os.write(tail, b'alone')
    libc = ctypes.CDLL(None, use_errno=True)
    libc.splice(head, None, s.fileno(), None, 100000, SPLICE_F_MORE)
    os.close(head)
    os.close(tail)


def alone(s):
    s.send(b'alone', MORE)


def plain_first(s):
    s.send(b'plain')
    time.sleep(PAUSE)
    s.send(b'held', MORE)
    time.sleep(PAUSE)
    s.send(b'gone')


def nothing_behind(s):
    s.send(b'held', MORE)
    time.sleep(PAUSE)
    s.shutdown(socket.SHUT_WR)


def full_frames(s):
    s.send(bytes(LONG), MORE)
    time.sleep(PAUSE)
    s.send(b'end')


def too_much(s):
    """What is not taken is as if it had never been announced."""
    s.setblocking(False)
    count = 0
    try:
        while True:
            count += s.send(bytes(50000), MORE)
    except BlockingIOError:
        pass
    s.setblocking(True)
    s.recv(4)
    s.sendall(b'the end is not held back')
    s.recv(4)
    s.send(b'%010d' % count)


def see_one(s):
    s.send(b'go')
    print(s.recv(100))


def see_late(s):
    s.send(b'go')
    start = time.monotonic()
    data = s.recv(100)
    print(data, 0.12 < time.monotonic() - start < 0.6)


def see_two(s):
    s.send(b'go')
    print(s.recv(5), s.recv(100))


def see_long(s):
    s.send(b'go')
    time.sleep(PAUSE / 2)
    s.setblocking(False)
    early = len(s.recv(2 * LONG))
    s.settimeout(10)
    late = 0
    while early + late < LONG + 3:
        late += len(s.recv(2 * LONG))
    print('most at once', early > LONG / 2)


def see_much(s):
    end = b'the end is not held back'
    data = b''
    count = 0
    s.send(b'go')
    time.sleep(0.5)
    s.setblocking(False)
    while count < 50000:
        try:
            count += len(s.recv(1 << 20))
        except BlockingIOError:
            time.sleep(0.01)
    s.setblocking(True)
    s.send(b'more')
    start = time.monotonic()
    while not data.endswith(end):
        got = s.recv(1 << 20)
        count += len(got)
        data = (data + got)[-len(end):]
        took = time.monotonic() - start
    s.send(b'well')
    print('all', count - len(end) == int(s.recv(10)), took < 5)


CASES = [(header_and_body, see_one), (three_calls, see_one),
         (header_and_file, see_one), (spliced, see_one),
         (spliced_alone, see_late), (alone, see_late),
         (plain_first, see_two), (full_frames, see_long),
         (too_much, see_much), (nothing_behind, see_one)]


def main(role, how, ip, port):
    if how == 'listen':
        with socket.create_server((ip, int(port))) as listener:
            s, _ = listener.accept()
    else:
        s = socket.create_connection((ip, int(port)))
    s.settimeout(10)
    for send, see in CASES:
        if role == 'see':
            print(send.__name__, end=' ', flush=True)
            see(s)
        else:
            s.recv(2)
            send(s)


main(*sys.argv[1:])

#!/usr/bin/python3
"""What a peer sees of writes with MSG_MORE.

usage: more_probe.py ROLE HOW IP PORT

ROLE is send or see, HOW listen or connect. For each case the one that sees
says 'go' when all before it is over, and prints what comes, read by read. What
is held is held for 0.2 s: one whom the machine keeps from its pauses' end says
nothing about that. So a case that does not show what it should is tried again.
"""
import ctypes
import os
import select
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
        # 'more' comes before it is full from who reads faster than we write
        while not select.select([s], [], [], 0)[0]:
            count += s.send(bytes(50000), MORE)
    except BlockingIOError:
        pass
    s.setblocking(True)
    s.recv(4)
    s.sendall(b'the end is not held back')
    s.recv(4)
    s.send(b'%010d' % count)


def see_one(s):
    return repr(s.recv(100))


def see_late(s):
    start = time.monotonic()
    data = s.recv(100)
    return f'{data} {0.12 < time.monotonic() - start < 0.6}'


def see_two(s):
    return f'{s.recv(5)} {s.recv(100)}'


def see_long(s):
    time.sleep(PAUSE / 2)
    try:
        early = len(s.recv(2 * LONG, socket.MSG_DONTWAIT))
    except BlockingIOError:
        early = 0
    late = 0
    while early + late < LONG + 3:
        late += len(s.recv(2 * LONG))
    return f'most at once {early > LONG / 2}'


def see_much(s):
    end = b'the end is not held back'
    data = b''
    count = 0
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
    return f'all {count - len(end) == int(s.recv(10))} {took < 5}'


CASES = [(header_and_body, see_one, "b'headbody'"),
         (three_calls, see_one, "b'abcd'"),
         (header_and_file, see_one, "b'headfile'"),
         (spliced, see_one, "b'headbody'"),
         (spliced_alone, see_late, "b'alone' True"),
         (alone, see_late, "b'alone' True"),
         (plain_first, see_two, "b'plain' b'heldgone'"),
         (full_frames, see_long, 'most at once True'),
         (too_much, see_much, 'all True True'),
         (nothing_behind, see_one, "b'held'")]
TRIES = 10
END = b'|'


def show(s, send, see, wanted):
    for _ in range(TRIES):
        s.send(b'go')
        seen = see(s)
        if seen == wanted or send is nothing_behind:
            break
        s.send(b'so')   # what is left of this one comes before the mark
        while not s.recv(100).endswith(END):
            pass
    s.send(b'on')
    print(send.__name__, seen)


def obey(s, send):
    while (word := s.recv(2)) != b'on':
        if word == b'go':
            send(s)
        else:
            s.sendall(END)


def main(role, how, ip, port):
    if how == 'listen':
        with socket.create_server((ip, int(port))) as listener:
            s, _ = listener.accept()
    else:
        s = socket.create_connection((ip, int(port)))
    s.settimeout(10)
    for send, see, wanted in CASES:
        if role == 'see':
            show(s, send, see, wanted)
        else:
            obey(s, send)


main(*sys.argv[1:])

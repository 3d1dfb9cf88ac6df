#!/usr/bin/python3
"""In how many segments a file leaves by sendfile(2).

usage: sendfile_probe.py ROLE HOW IP PORT

ROLE is send or see, HOW listen or connect. Who sees reads all and says so;
who sends prints how many more segments it took than full ones would.
"""
import os
import socket
import struct
import sys

SIZE = 3000001
TCP_INFO = 11
SND_MSS, TOTAL_RETRANS, DATA_SEGS_OUT = 16, 100, 156
SPARE = 2  # a sender that lost its core for long is pushed on by a timer


def file_of(size):
    file = os.memfd_create('body')
    os.pwrite(file, bytes(range(251)) * (size // 251 + 1), 0)
    os.ftruncate(file, size)
    return file


def whole(s, file):
    return os.sendfile(s.fileno(), file, 0, SIZE)


def more_than_there_is(s, file):
    return os.sendfile(s.fileno(), file, 0, 10 * SIZE)


def from_an_odd_place(s, file):
    os.lseek(file, 1001, os.SEEK_SET)
    return os.sendfile(s.fileno(), file, None, SIZE)


def behind_a_header(s, file):
    s.send(b'head', socket.MSG_MORE)
    return 4 + os.sendfile(s.fileno(), file, 0, SIZE)


CASES = [whole, more_than_there_is, from_an_odd_place, behind_a_header]


def of_info(s, at):
    info = s.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 192)
    return struct.unpack_from('I', info, at)[0]


def new_segments(s):
    return of_info(s, DATA_SEGS_OUT) - of_info(s, TOTAL_RETRANS)


def send(s):
    file = file_of(SIZE)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    for case in CASES:
        before = new_segments(s)
        count = case(s, file)
        s.send(struct.pack('I', count))
        while s.recv(1) != b'.':
            pass
        # the count itself may travel with the last bytes or alone
        least = -(-count // of_info(s, SND_MSS))
        more = new_segments(s) - before - least
        print(case.__name__, 'ok' if more <= 1 + SPARE else more)


def see(s):
    for case in CASES:
        count = SIZE
        if case is from_an_odd_place:
            count -= 1001
        if case is behind_a_header:
            count += 4
        while count:
            count -= len(s.recv(min(count, 1 << 20)))
        s.recv(4, socket.MSG_WAITALL)
        s.send(b'.')


def main(role, how, ip, port):
    if how == 'listen':
        with socket.create_server((ip, int(port))) as listener:
            s, _ = listener.accept()
    else:
        s = socket.create_connection((ip, int(port)))
    (send if role == 'send' else see)(s)


main(*sys.argv[1:])

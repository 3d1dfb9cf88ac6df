"""Open files up to a limit, and what a program can do there.

usage: limits_probe.py many SOFT HARD | again | last
"""
import errno
import os
import resource
import socket
import sys

SERVER = ('10.77.0.1', 80)
REQUEST = b'GET /data HTTP/1.0\r\n\r\n'	# 20,000 bytes, and a header


def limit(soft, hard):
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def filled(open_one):
    """As many as there can be, and why there are no more."""
    held = []
    try:
        while True:
            held.append(open_one())
    except OSError as error:
        return held, errno.errorcode.get(error.errno, str(error))


def connection():
    return socket.create_connection(SERVER, 10)


def is_answered():
    with connection() as s:
        s.sendall(REQUEST)
        return len(s.recv(10)) > 0


def is_whole(s):
    got = 0
    while piece := s.recv(65536):
        got += len(piece)
    return got > 20000


def many(soft, hard):
    """Each of them is served, and another one then."""
    limit(soft, hard)
    held, why = filled(connection)
    for s in held:
        s.sendall(REQUEST)
    whole = 0
    for s in held:
        whole += is_whole(s)
        s.close()
    count = len(held)
    print('at least', min(count, soft - 12),
          'all whole' if whole == count else f'{whole} of {count} whole',
          why, is_answered())


def again():
    """What was closed makes room."""
    limit(40, 40)
    for _ in range(20):
        held, why = filled(connection)
        for s in held:
            s.close()
        answered = is_answered()
    print(why, answered)


def last():
    """A socket with the last number."""
    limit(40, 40)
    held, _ = filled(lambda: os.open('/dev/null', os.O_RDONLY))
    os.close(held.pop())
    for kind in socket.SOCK_STREAM, socket.SOCK_DGRAM:
        try:
            socket.socket(socket.AF_INET, kind).close()
            print('made')
        except OSError as problem:
            print(errno.errorcode[problem.errno])


{'many': many, 'again': again, 'last': last}[sys.argv[1]](
    *map(int, sys.argv[2:]))

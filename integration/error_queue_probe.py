"""What poll() says of a socket's queued errors (IP_RECVERR), step by step:
error_queue_probe.py CLOSED_HOST. Prints lines to be compared."""
import errno
import select
import socket
import sys
import threading
import time

IP_RECVERR = 11
NAMES = ((select.POLLIN, 'IN'), (select.POLLOUT, 'OUT'),
         (select.POLLERR, 'ERR'), (select.POLLHUP, 'HUP'))


def events(s, timeout_ms, wanted=select.POLLIN):
    p = select.poll()
    p.register(s, wanted)
    found = dict(p.poll(timeout_ms)).get(s.fileno(), 0)
    return '|'.join(name for bit, name in NAMES if found & bit) or 'nothing'


def has_error(s, timeout_ms):
    """A readable error may be said to be IN as well."""
    return 'ERR' in events(s, timeout_ms)


def take(s, flags):
    try:
        data, _, _, _ = s.recvmsg(100, 500, flags | socket.MSG_DONTWAIT)
        return f'{len(data)} bytes'
    except OSError as error:
        return errno.errorcode[error.errno]


def sent(s):
    try:
        return s.send(b'abc')
    except OSError as error:
        return errno.errorcode[error.errno]


def udp(host, port, recverr=1):
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.setsockopt(socket.IPPROTO_IP, IP_RECVERR, recverr)
    s.connect((host, port))
    return s


def main():
    host = sys.argv[1]
    with udp(host, 9) as s:
        print('before:', events(s, 0))
        s.send(b'abc')
        print('an error comes:', has_error(s, 10000))
        print('it stays:', has_error(s, 0))
        print('with OUT:', 'ERR' in events(s, 0, select.POLLOUT))
        print('the queue:', take(s, socket.MSG_ERRQUEUE))
        print('the queue again:', take(s, socket.MSG_ERRQUEUE))
        print('then:', events(s, 0))
        print('nothing to read:', take(s, 0))

        begin = time.monotonic()
        print('a timeout:', events(s, 300))
        print('was waited for:', 0.25 < time.monotonic() - begin < 10)

        s.send(b'abc')
        print('another:', has_error(s, 10000))
        print('read first:', take(s, 0))
        print('the queue is still there:', has_error(s, 0))
        print('and read:', take(s, socket.MSG_ERRQUEUE))
        print('then:', events(s, 0))

        # The error belongs to the next call, which sends nothing.
        print('sent:', sent(s), has_error(s, 10000))
        print('sent again:', sent(s))
        print('and again:', sent(s))
        time.sleep(1)           # until the second error is there as well
        print('first of two:', take(s, socket.MSG_ERRQUEUE))
        print('one is left:', has_error(s, 0))
        print('second:', take(s, socket.MSG_ERRQUEUE))
        print('then:', events(s, 0))

        threading.Timer(0.2, s.send, (b'abc',)).start()
        print('while it waits:', has_error(s, 10000))
    with udp(host, 9, 0) as s:
        s.send(b'abc')
        print('without a queue:', has_error(s, 10000))
        print('read:', take(s, 0))
        print('then:', events(s, 0))


main()

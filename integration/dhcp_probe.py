"""What programs see while their stack gets its address.

usage: dhcp_probe.py nonblocking | blocking | udp | udp-nonblocking HOST PORT
       dhcp_probe.py names NAME...
       dhcp_probe.py addresses
"""
import errno
import select
import socket
import sys
import time


def tell(*words):
    print(*words, flush=True)


def nonblocking(host, port):
    s = socket.socket()
    s.setblocking(False)
    start = time.monotonic()
    code = s.connect_ex((host, port))
    tell(errno.errorcode.get(code, code),
         'at once' if time.monotonic() - start < 0.5 else 'late')
    r, w, _ = select.select([], [s], [], 0)
    tell('writable' if w else 'not yet writable')
    select.select([], [s], [], 30)
    code = s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    tell(errno.errorcode.get(code, code), s.getsockname()[0] if not code else '')


def blocking(host, port):
    s = socket.socket()
    code = s.connect_ex((host, port))
    tell(errno.errorcode.get(code, code), s.getsockname()[0] if not code else '')


def udp(host, port, block=True):
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.setblocking(block)
    try:
        s.sendto(b'x', (host, port))
        tell('sent')
    except OSError as error:
        tell(errno.errorcode[error.errno])


def names(*wanted):
    for name in wanted:
        try:
            found = socket.getaddrinfo(name, 80, socket.AF_INET,
                                       socket.SOCK_STREAM)
            tell(name, found[0][4][0])
        except socket.gaierror as error:
            tell(name, error.strerror)


def main(what, *arguments):
    if what == 'names':
        names(*arguments)
        return
    host, port = arguments[0], int(arguments[1])
    if what == 'nonblocking':
        nonblocking(host, port)
    elif what == 'blocking':
        blocking(host, port)
    else:
        udp(host, port, what == 'udp')


main(*sys.argv[1:])

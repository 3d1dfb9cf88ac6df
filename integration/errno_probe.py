#!/usr/bin/python3
"""Does one network call and prints how it ended: 'ok' or the errno's name.

usage: errno_probe.py socket | connect IP PORT | udp IP PORT | name HOST
       errno_probe.py connect_later IP PORT: a while after the first socket
"""
import errno
import socket
import sys
import time


def tcp_connect(ip, port):
    s = socket.socket()
    s.settimeout(20)
    s.connect((ip, int(port)))


def connect_later(ip, port):
    with socket.socket():
        time.sleep(2)
        tcp_connect(ip, port)


def udp_send(ip, port):
    """An error may come with a later datagram, as one from the network."""
    s = socket.socket(type=socket.SOCK_DGRAM)
    for _ in range(20):
        s.sendto(b'x', (ip, int(port)))
        time.sleep(0.05)


CALLS = {
    'socket': socket.socket,
    'connect': tcp_connect,
    'connect_later': connect_later,
    'udp': udp_send,
    'name': lambda host: socket.getaddrinfo(host, 80),
}


def main():
    try:
        CALLS[sys.argv[1]](*sys.argv[2:])
        return 'ok'
    except socket.gaierror as error:
        return next(name for name in dir(socket) if name.startswith('EAI_')
                    and getattr(socket, name) == error.errno)
    except TimeoutError as error:
        return 'ETIMEDOUT' if error.errno else 'nothing in 20 s'
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))


print(main())

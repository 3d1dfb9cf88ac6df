"""What programs see of IPv6 addresses that come by themselves.

usage: slaac_probe.py reach HOST PORT      the own address, and what is said
       slaac_probe.py names NAME...        the first address of each
"""
import errno
import socket
import sys


def reach(host, port):
    try:
        with socket.create_connection((host, int(port)), timeout=20) as s:
            print(s.getsockname()[0], s.recv(100).decode().strip())
    except OSError as error:
        print(errno.errorcode.get(error.errno, error))


def names(*wanted):
    for name in wanted:
        try:
            found = socket.getaddrinfo(name, 80, type=socket.SOCK_STREAM)
            print(name, *[entry[4][0] for entry in found])
        except socket.gaierror as error:
            print(name, error.strerror)


{'reach': reach, 'names': names}[sys.argv[1]](*sys.argv[2:])

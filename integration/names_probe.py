#!/usr/bin/python3
"""Prints what the C library says about names and interfaces.

usage: names_probe.py COMMAND ARGUMENT...
"""
import ctypes
import fcntl
import socket
import struct
import sys
from concurrent.futures import ThreadPoolExecutor

SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFMTU = 0x8915, 0x891B, 0x8921
SIOCGIFCONF, SIOCSIFADDR = 0x8912, 0x8916


def addresses(name, family='0'):
    found = socket.getaddrinfo(name, 80, int(family), socket.SOCK_STREAM)
    return ' '.join(entry[4][0] for entry in found)


def count(name):
    return len(socket.gethostbyname_ex(name)[2])


def canonical(name):
    return socket.getaddrinfo(name, 80, flags=socket.AI_CANONNAME)[0][3]


def types(name):
    return ' '.join(f'{int(kind)}/{protocol}' for _, kind, protocol, _, _
                    in socket.getaddrinfo(name, 'http'))


def host(name):
    return socket.gethostbyname(name)


def name_of(address):
    return socket.gethostbyaddr(address)[0]


def info(address):
    return ' '.join(socket.getnameinfo((address, 80), 0))


def query(name, call='res_query'):
    """The type and length of the first record, by the C library's res_*."""
    answer = ctypes.create_string_buffer(4096)
    length = getattr(ctypes.CDLL(None), call)(name.encode(), 1, 16, answer,
                                              len(answer))
    return f'{answer[7][0]} answers' if length > 0 else 'none'


def at_once(name, times):
    with ThreadPoolExecutor(16) as pool:
        found = set(pool.map(socket.gethostbyname, [name] * int(times)))
    return ' '.join(found)


def interfaces():
    return ' '.join(f'{index}:{name}' for index, name in
                    socket.if_nameindex())


def index_and_back(name):
    return socket.if_indextoname(socket.if_nametoindex(name))


def ask_socket(request, name):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as some:
        return fcntl.ioctl(some, request, struct.pack('40s', name.encode()))


def ioctls(name):
    address = socket.inet_ntoa(ask_socket(SIOCGIFADDR, name)[20:24])
    mask = socket.inet_ntoa(ask_socket(SIOCGIFNETMASK, name)[20:24])
    mtu = struct.unpack_from('i', ask_socket(SIOCGIFMTU, name), 16)[0]
    return f'{address} {mask} {mtu}'


def change(name):
    return ask_socket(SIOCSIFADDR, name)


try:
    print(globals()[sys.argv[1]](*sys.argv[2:]))
except socket.gaierror as error:
    codes = {getattr(socket, code): code for code in dir(socket)
             if code.startswith('EAI_')}
    print(codes[error.errno])
except OSError as error:
    print(f'error {error.errno}')

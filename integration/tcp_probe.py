#!/usr/bin/python3
"""One connection whose segments are signed, or ECN-capable: both ends of it.

usage: tcp_probe.py serve|connect ADDRESS PORT PEER KEY FILE
The client sends FILE, the server sends it back. Each prints the SHA-256 of
what it got and what TCP_INFO says of ECN. KEY is TCP-MD5's for PEER, with 'ao:' in
front TCP-AO's; -: none. The server ends after one connection.
"""
import ctypes
import hashlib
import socket
import struct
import sys

TCP_MD5SIG = 14
TCP_AO_ADD_KEY = 38
TCP_AO_GET_KEYS = 41
AO_GET_ALL = 4
OPTION_ECN = 8
OPTION_ECN_SEEN = 16
DELIVERED_CE = 196      # in struct tcp_info


def set_key(sock, peer, key, ids):
    if key == '-':
        return
    address = struct.pack('=H2x4s120x', socket.AF_INET, socket.inet_aton(peer))
    if not key.startswith('ao:'):
        sock.setsockopt(socket.IPPROTO_TCP, TCP_MD5SIG, address + struct.pack(
            '=BBHi80s', 0, 0, len(key), 0, key.encode()))
        return
    secret = key[3:].encode()
    sock.setsockopt(socket.IPPROTO_TCP, TCP_AO_ADD_KEY, address + struct.pack(
        '=64siIHBBBBBB80s', b'cmac(aes128)', 0, 0, 0, 32, ids[0], ids[1], 0, 0,
        len(secret), secret))


def ao_keys(sock):
    """Ids and good segments, which getsockopt(2) gives for a question."""
    size = 304
    data = ctypes.create_string_buffer(2 * size)
    struct.pack_into('=H', data, 128 + 64 + 80 + 4, AO_GET_ALL)
    length = ctypes.c_uint(len(data))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.getsockopt(sock.fileno(), socket.IPPROTO_TCP, TCP_AO_GET_KEYS,
                       data, ctypes.byref(length)) < 0:
        return 'no keys'
    count, flags, send_id, receive_id = struct.unpack_from('=IHBB', data, 272)
    good = struct.unpack_from('=Q', data, 288)[0]
    return (f'{count} keys, {send_id} and {receive_id}, '
            f'{"good" if good else "unused"}')


def receive(sock, count=1 << 62):
    """Until the end, or so many bytes."""
    parts = []
    while count > 0 and (part := sock.recv(1 << 20)):
        parts.append(part)
        count -= len(part)
    return b''.join(parts)


def marks_of(sock):
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 232)
    marks = struct.unpack_from('=I', info, DELIVERED_CE)[0]
    return ' '.join(['ecn' if info[5] & OPTION_ECN else 'plain',
                     'seen' if info[5] & OPTION_ECN_SEEN else 'unseen',
                     'marks' if marks else 'unmarked'])


def sum_of(data):
    return hashlib.sha256(data).hexdigest()


def serve(address, port, peer, key):
    listener = socket.create_server((address, port))
    set_key(listener, peer, key, (2, 1))
    listener.settimeout(30)
    print('listening', flush=True)
    sock, _ = listener.accept()
    sock.settimeout(30)
    data = receive(sock)
    sock.sendall(data)
    print(sum_of(data), marks_of(sock))     # most of it is acknowledged


def connect(address, port, peer, key, path):
    with open(path, 'rb') as file:
        data = file.read()
    sock = socket.socket()
    set_key(sock, peer, key, (1, 2))
    sock.settimeout(4)
    sock.connect((address, port))
    sock.settimeout(30)
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)
    got = receive(sock, len(data) // 4)
    marks = marks_of(sock)  # while there still is a connection
    keys = ao_keys(sock) if key.startswith('ao:') else ''
    print(sum_of(got + receive(sock)), marks, keys)


def main():
    role, address, port, peer, key, path = sys.argv[1:]
    if role == 'serve':
        serve(address, int(port), peer, key)
    else:
        connect(address, int(port), peer, key, path)


main()

#!/usr/bin/python3
"""What TCP_INFO says of the same traffic, whichever stack carries it.

usage: info_probe.py serve|connect ADDRESS PORT
"""
import socket
import struct
import sys
import time

FIELDS = {
    'bytes_acked': (120, 'Q'), 'bytes_received': (128, 'Q'),
    'bytes_sent': (200, 'Q'), 'bytes_retrans': (208, 'Q'),
    'notsent': (144, 'I'), 'total_retrans': (100, 'I'),
    'rwnd_limited': (176, 'Q'), 'sndbuf_limited': (184, 'Q'),
    'rehash': (236, 'I'), 'total_rto': (240, 'H'),
    'rto_recoveries': (242, 'H'), 'rto_time': (244, 'I'),
}


def tell(sock, when):
    info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1000)
    values = [f'{name} {struct.unpack_from("=" + kind, info, at)[0]}'
              for name, (at, kind) in FIELDS.items()]
    print(when, len(info), 'state', info[0], *values, flush=True)


def read(sock, count):
    while count > 0:
        count -= len(sock.recv(count))


def serve(where):
    listener = socket.create_server(where)
    print('ready', flush=True)
    while True:
        sock, _ = listener.accept()
        read(sock, 5000)
        sock.sendall(b'y' * 3000)
        while sock.recv(4096):
            pass
        sock.close()


def connect(where):
    sock = socket.create_connection(where)
    sock.sendall(b'x' * 5000)
    read(sock, 3000)
    time.sleep(0.2)
    tell(sock, 'open')
    sock.shutdown(socket.SHUT_WR)
    while sock.recv(4096):
        pass
    time.sleep(0.5)
    tell(sock, 'over')


{'serve': serve, 'connect': connect}[sys.argv[1]](
    (sys.argv[2], int(sys.argv[3])))

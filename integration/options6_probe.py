#!/usr/bin/python3
"""Extension headers on a real link: RFC 3542.

usage: options6_probe.py send PEER ROUTER FAR: datagrams and a connection
to PEER with headers, a datagram to FAR by ROUTER with a segment routing
header; options6_probe.py receive ADDRESS PORT COUNT: prints what comes with
COUNT datagrams; options6_probe.py accept ADDRESS PORT: the length of a stream
"""
import socket as S
import struct
import sys

V6 = 41
HOPOPTS, RTHDRDSTOPTS, RTHDR, DSTOPTS, DONTFRAG = 54, 55, 57, 59, 62
RECEIVED = {54: 'hop', 57: 'routing', 59: 'destination', 11: 'flow',
            52: 'hops', 67: 'class', 77: 'fragment'}
PAD = bytes([0, 0, 1, 4, 0, 0, 0, 0])
OPTION = bytes([0, 1, 0x1e, 12]) + b'extension hd'


def address(text):
    return S.inet_pton(S.AF_INET6, text)


def segments(*stops):
    """RFC 8754, 2: the last one is where it ends, the list is backwards."""
    count = len(stops)
    return bytes([0, 2 * count, 4, count - 1, count - 1, 0, 0, 0]) + \
        b''.join(address(stop) for stop in reversed(stops))


def send(peer, router, far):
    with S.socket(S.AF_INET6, S.SOCK_DGRAM) as s:
        s.setsockopt(V6, HOPOPTS, PAD)
        s.setsockopt(V6, DSTOPTS, OPTION)
        s.sendto(b'sticky', (peer, 7001))
        s.sendmsg([b'own'], [(V6, DSTOPTS, PAD),
                             (V6, 11, struct.pack('>I', 0x12345)),
                             (V6, 52, struct.pack('=i', 9)),
                             (V6, 67, struct.pack('=i', 0x20))], 0,
                  (peer, 7001))
        s.sendto(b'l' * 3000, (peer, 7001))
    with S.socket(S.AF_INET6, S.SOCK_DGRAM) as s:
        s.setsockopt(V6, RTHDR, segments(router, far))
        s.sendto(b'by segments', (far, 7001))
    with S.socket(S.AF_INET6, S.SOCK_STREAM) as s:
        s.setsockopt(V6, DSTOPTS, OPTION)
        s.connect((peer, 7002))
        s.sendall(b's' * 100000)


def receive(where, port, count):
    with S.socket(S.AF_INET6, S.SOCK_DGRAM) as s:
        for option in 11, 51, 53, 56, 58, 66, 77:
            s.setsockopt(V6, option, 1)
        s.bind((where, int(port)))
        print('ready', flush=True)
        for _ in range(int(count)):
            data, control, _, _ = s.recvmsg(4000, 4000)
            said = [f'{len(data)}:{data[:11].decode()}']
            for level, kind, value in control:
                if level == V6 and kind == 11:
                    value = value if value != bytes(4) else b''
                said.append(f'{RECEIVED[kind]} {value.hex()}')
            print(' '.join(said), flush=True)


def accept(where, port):
    with S.create_server((where, int(port)), family=S.AF_INET6) as listener:
        print('ready', flush=True)
        with listener.accept()[0] as stream:
            length = 0
            while data := stream.recv(65536):
                length += len(data)
            print(length, flush=True)


globals()[sys.argv[1]](*sys.argv[2:])

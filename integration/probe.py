#!/usr/bin/python3
"""Waits until HOST:PORT answers a SYN with SYN|ACK, without connecting.

The probe is half-open: the kernel, which has no socket for the answer, resets
it. So the server's accept() sees nothing, and 'nc -l' keeps its one client.
usage: probe.py HOST PORT [SECONDS]; HOST may be a name, of which one address
is enough
"""
import random
import select
import socket
import struct
import sys
import time

SYN, RST, ACK = 0x02, 0x04, 0x10


def checksum(data):
    if len(data) % 2:
        data += b'\0'
    total = sum(struct.unpack('!%dH' % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def family_of(host):
    return socket.AF_INET6 if ':' in host else socket.AF_INET


def packed(host):
    return socket.inet_pton(family_of(host), host)


def own_address(host):
    with socket.socket(family_of(host), socket.SOCK_DGRAM) as s:
        s.connect((host, 9))
        return s.getsockname()[0]


def syn(source, host, source_port, port, seq):
    def header(check):
        return struct.pack('!HHIIBBHHHBBH', source_port, port, seq, 0,
                           6 << 4, SYN, 64240, check, 0, 2, 4, 1460)
    pseudo = packed(source) + packed(host) + struct.pack(
        '!BBH', 0, socket.IPPROTO_TCP, 24)
    return header(checksum(pseudo + header(0)))


def answers(raw, host, port, source_port, seconds):
    """'open', 'closed' or None, if nothing came in time."""
    end = time.monotonic() + seconds
    while True:
        left = end - time.monotonic()
        if left <= 0 or not select.select([raw], [], [], left)[0]:
            return None
        tcp, peer = raw.recvfrom(65535)
        if raw.family == socket.AF_INET:    # IPv6 comes without its header
            tcp = tcp[(tcp[0] & 15) * 4:]
        from_port, to_port = struct.unpack('!HH', tcp[:4])
        if (packed(peer[0]) != packed(host) or from_port != port
                or to_port != source_port):
            continue
        if tcp[13] & RST:
            return 'closed'
        if tcp[13] & (SYN | ACK) == SYN | ACK:
            return 'open'


def probe(raw, host, port):
    """'open', or what else came of one SYN."""
    source_port = random.randrange(20000, 32000)
    try:
        raw.sendto(syn(own_address(host), host, source_port, port,
                       random.getrandbits(32)), (host, 0))
        return answers(raw, host, port, source_port, 0.2)
    except OSError as error:
        return str(error)


def main():
    host, port = sys.argv[1], int(sys.argv[2])
    end = time.monotonic() + (float(sys.argv[3]) if len(sys.argv) > 3 else 30)
    hosts = {info[4][0] for info in socket.getaddrinfo(host, port)}
    raws = {at: socket.socket(family_of(at), socket.SOCK_RAW,
                              socket.IPPROTO_TCP) for at in hosts}
    last = 'nothing'
    while time.monotonic() < end:
        for at, raw in raws.items():
            state = probe(raw, at, port)
            if state == 'open':
                return 0
            last = state or last
        time.sleep(0.02)
    print(f'probe: {host}:{port} not open, last answer: {last}',
          file=sys.stderr)
    return 1


sys.exit(main())

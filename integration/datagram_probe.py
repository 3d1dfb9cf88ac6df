#!/usr/bin/python3
"""What each datagram's own call answers: one line a step, to be compared.

usage: datagram_probe.py KERNEL_IP BROADCAST_IP
"""
import errno
import os
import socket
import struct
import sys

IP_MTU_DISCOVER, IP_PMTUDISC_WANT, IP_PMTUDISC_DO = 10, 1, 2
IP_PKTINFO = 8
UDP_SEGMENT = 103
FAR = ('192.0.2.1', 9)


def say(what, call, *arguments):
    try:
        result = call(*arguments)
        print(f'{what}: {"ok" if result is None else result}')
    except OSError as error:
        print(f'{what}: {errno.errorcode[error.errno]}')


def udp():
    return socket.socket(type=socket.SOCK_DGRAM)


def permission(broadcast):
    with udp() as s:
        where = broadcast, 9
        say('broadcast', s.sendto, b'x', where)
        say('and again', s.sendto, b'x', where)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        say('with permission', s.sendto, b'x', where)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 0)
        say('without it again', s.sendto, b'x', where)
        say('connected', s.connect, where)


def routes(kernel):
    with udp() as s:
        say('no route', s.sendto, b'x', FAR)
        say('known', s.sendto, b'x', (kernel, 9))
        say('known again', s.sendto, b'xy', (kernel, 9))
        say('another port', s.sendto, b'xyz', (kernel, 10))
        say('no route between', s.sendto, b'x', FAR)
        print('port taken:', s.getsockname()[1] != 0)
        say('no port', s.sendto, b'x', (kernel, 0))
        say('no peer', s.send, b'x')
        say('empty', s.sendto, b'', (kernel, 9))
        say('many pieces', s.sendmsg, [b'a', b'', b'bc'], [], 0, (kernel, 9))
        say('out of band', s.sendto, b'x', socket.MSG_OOB, (kernel, 9))
    with udp() as s:
        say('connect without route', s.connect, FAR)


def sources(kernel):
    with udp() as s:
        s.bind(('127.0.0.1', 0))
        say('from lo to the link', s.sendto, b'x', (kernel, 9))
    with udp() as s:
        say('known before', s.sendto, b'x', (kernel, 9))
        say('bound by sending', s.bind, ('127.0.0.1', 0))
    for source in ('127.0.0.1', '192.0.2.7', '224.0.0.1', '0.0.0.0'):
        with udp() as s:
            info = struct.pack('i4s4s', 0, socket.inet_aton(source), b'')
            say(f'pktinfo {source}', s.sendmsg, [b'x'],
                [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0,
                (kernel, 9))


def groups(kernel):
    with udp() as s:
        say('group without route', s.sendto, b'x', ('239.1.2.3', 9))
        own = socket.inet_aton('127.0.0.1')
        say('by lo', s.setsockopt, socket.IPPROTO_IP,
            socket.IP_MULTICAST_IF, own)
        say('group by lo', s.sendto, b'x', ('239.1.2.3', 9))


def lengths(kernel):
    with udp() as s:
        for length in (65507, 65508, 3000, 1473, 1472):
            say(f'{length} bytes', s.sendto, bytes(length), (kernel, 9))
        s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        for length in (3000, 1473, 1472):
            say(f'{length} unfragmented', s.sendto, bytes(length),
                (kernel, 9))
        s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT)
        say('3000 fragmented', s.sendto, bytes(3000), (kernel, 9))


def segments(kernel):
    for size, length in ((1000, 5000), (1000, 999), (100, 12800),
                         (100, 12801), (1473, 2000), (1472, 60000)):
        with udp() as s:
            s.setsockopt(socket.IPPROTO_UDP, UDP_SEGMENT, size)
            say(f'{length} in {size}', s.sendto, bytes(length), (kernel, 9))


def connected(kernel):
    with udp() as s:
        s.connect((kernel, 9))
        say('to the peer', s.send, b'x')
        say('by write', os.write, s.fileno(), b'xy')
        say('elsewhere', s.sendto, b'x', FAR)
        s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
        say('too long for the path', os.write, s.fileno(), bytes(1473))
        s.shutdown(socket.SHUT_WR)
        say('after shutdown', s.send, b'x', socket.MSG_NOSIGNAL)


def shared(kernel):
    """What another process changes is heeded."""
    with udp() as s:
        say('parent', s.sendto, b'x', (kernel, 9))
        if os.fork() == 0:
            s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO)
            os._exit(0)
        os.wait()
        say('parent, after its child', s.sendto, bytes(1473), (kernel, 9))


def headers(kernel):
    """The bytes themselves are wrong."""
    with socket.socket(type=socket.SOCK_DGRAM,
                       proto=socket.IPPROTO_ICMP) as s:
        echo = struct.pack('>BBHHH', 8, 0, 0, 0, 1)
        say('echo', s.sendto, echo, (kernel, 0))
        say('no echo', s.sendto, b'\x05' + echo[1:], (kernel, 0))
        say('short', s.sendto, echo[:4], (kernel, 0))
        say('no way', s.sendto, echo, (FAR[0], 0))
    with socket.socket(type=socket.SOCK_RAW, proto=socket.IPPROTO_RAW) as s:
        say('no header', s.sendto, b'x' * 12, (kernel, 0))
        say('too long', s.sendto, b'\x45' + bytes(1500), (kernel, 0))
        say('raw, no way', s.sendto, b'\x45' + bytes(19), (FAR[0], 0))


def main(kernel, broadcast):
    routes(kernel)
    permission(broadcast)
    sources(kernel)
    groups(kernel)
    lengths(kernel)
    segments(kernel)
    connected(kernel)
    shared(kernel)
    headers(kernel)


main(*sys.argv[1:])

#!/usr/bin/python3
"""Shows the files of /proc/net while sockets of all kinds are open.

usage: proc_net_probe.py IP INTERFACE PEER PEER6

Prints a line '##### NAME' before each file. Those that the kernel has and
nobody has told this program of are shown, too.
"""
import os
import socket
import struct
import sys

MCAST_JOIN_SOURCE = 39  # IP_ADD_SOURCE_MEMBERSHIP
# Not of a network namespace, or not a text.
WITHOUT = {'unix', 'psched', 'connector', 'pnp', 'rt_acct'}


def listening(ip):
    listener = socket.create_server((ip, 5001))
    client = socket.create_connection((ip, 5001))
    server, _ = listener.accept()
    both = socket.create_server(('::', 5002), family=socket.AF_INET6)
    return listener, client, server, both


def datagrams(ip, interface):
    ours = socket.inet_aton(ip)
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((ip, 5003))
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 socket.inet_aton('239.1.2.3') + ours)
    s.setsockopt(socket.IPPROTO_IP, MCAST_JOIN_SOURCE,
                 socket.inet_aton('239.1.2.4') + ours +
                 socket.inet_aton('10.1.1.1'))
    s6 = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s6.bind(('::', 5004))
    index = struct.pack('I', socket.if_nametoindex(interface))
    s6.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                  socket.inet_pton(socket.AF_INET6, 'ff05::123') + index)
    ping = socket.socket(socket.AF_INET, socket.SOCK_DGRAM,
                         socket.IPPROTO_ICMP)
    ping.bind((ip, 55))
    return s, s6, ping


def others():
    raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
    raw6 = socket.socket(socket.AF_INET6, socket.SOCK_RAW, 58)
    packet = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
    netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    netlink.bind((0, 0))
    return raw, raw6, packet, netlink


def hear_of_refusal(peer, family):
    """An ICMP error each, so that the counters by type have something."""
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.settimeout(10)
    s.connect((peer, 9))
    s.send(b'x')
    try:
        s.recv(1)
    except ConnectionRefusedError:
        pass


def names(directory='/proc/net', prefix=''):
    for name in sorted(os.listdir(directory)):
        path = f'{directory}/{name}'
        if name in WITHOUT:
            continue
        if os.path.isdir(path):
            yield from names(path, f'{name}/')
        else:
            yield prefix + name


def main(ip, interface, peer, peer6, *wanted):
    kept = (listening(ip), datagrams(ip, interface), others())
    hear_of_refusal(peer, socket.AF_INET)
    hear_of_refusal(peer6, socket.AF_INET6)
    for name in wanted or names():
        print('#####', name)
        try:
            with open('/proc/net/' + name, encoding='ascii') as file:
                print(file.read(), end='')
        except OSError as problem:
            print(problem.strerror)
    return kept


main(*sys.argv[1:])

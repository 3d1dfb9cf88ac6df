"""Multicast DNS (RFC 6762), as small as it can be: a responder and a query.

mdns.py serve OWN_ADDRESS NAME    answers for NAME until it is ended
mdns.py ask OWN_ADDRESS NAME      prints the address that is answered
An IPv4 address speaks to 224.0.0.251, an IPv6 address with a zone
(fd77::2%pyt0) to ff02::fb.
"""
import socket
import struct
import sys
import time

PORT = 5353
GROUP4, GROUP6 = '224.0.0.251', 'ff02::fb'
FLUSH = 0x8000


def open_socket(own):
    """(socket, where the group is)"""
    if ':' in own:
        return open_ip6(socket.if_nametoindex(own.split('%')[1]))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(('', PORT))
    address = socket.inet_aton(own)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 socket.inet_aton(GROUP4) + address)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, address)
    s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, 255)
    return s, (GROUP4, PORT)


def open_ip6(index):
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind(('::', PORT))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                 socket.inet_pton(socket.AF_INET6, GROUP6)
                 + struct.pack('@I', index))
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, index)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
    return s, (GROUP6, PORT, 0, index)


def packed(own):
    """(type of the record, the address)"""
    address = own.split('%')[0]
    if ':' in address:
        return 28, socket.inet_pton(socket.AF_INET6, address)
    return 1, socket.inet_aton(address)


def name_of(text):
    return b''.join(bytes([len(label)]) + label.encode()
                    for label in text.split('.')) + b'\0'


def serve(own, name):
    s, group = open_socket(own)
    kind, address = packed(own)
    question = name_of(name) + struct.pack('!HH', kind, 1)
    print('ready', flush=True)
    while True:
        packet, peer = s.recvfrom(9000)
        is_query = packet[2] & 0x80 == 0
        if is_query and packet[12:] == question:
            s.sendto(struct.pack('!HHHHHH', 0, 0x8400, 0, 1, 0, 0)
                     + name_of(name) + struct.pack(
                         '!HHIH', kind, 1 | FLUSH, 120, len(address))
                     + address, group)


def ask(own, name):
    s, group = open_socket(own)
    kind, _ = packed(own)
    query = struct.pack('!HHHHHH', 0, 0, 1, 0, 0, 0) + name_of(name) \
        + struct.pack('!HH', kind, 1)
    s.settimeout(0.5)
    end = time.monotonic() + 15
    while time.monotonic() < end:
        s.sendto(query, group)
        try:
            packet = s.recv(9000)
            while packet[2] & 0x80 == 0:        # our own question
                packet = s.recv(9000)
        except TimeoutError:
            continue
        rest = packet[12 + len(name_of(name)):]
        family = socket.AF_INET6 if kind == 28 else socket.AF_INET
        print(socket.inet_ntop(family, rest[10:]))
        return
    print('nobody answers')


{'serve': serve, 'ask': ask}[sys.argv[1]](*sys.argv[2:])

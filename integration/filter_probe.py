"""Source filters of groups, as programs set them.

usage: filter_probe.py listen 4|6 GROUP SOURCE
           joins for SOURCE alone, says so, and prints what comes, up to "end"
       filter_probe.py send 4|6 GROUP SOURCE INTERFACE TEXT
       filter_probe.py calls
"""
import ctypes
import socket
import struct
import sys

JOIN_SOURCE, LEAVE_SOURCE = 46, 47  # MCAST_JOIN_SOURCE_GROUP ...


def storage(family, address):
    if family == socket.AF_INET:
        raw = struct.pack('=HH4s', family, 0, socket.inet_pton(family, address))
    else:
        raw = struct.pack('=HHI16sI', family, 0, 0,
                          socket.inet_pton(family, address), 0)
    return raw.ljust(128, b'\0')


def of_version(version):
    if version == '4':
        return socket.AF_INET, socket.IPPROTO_IP
    return socket.AF_INET6, socket.IPPROTO_IPV6


def send(version, group, source, interface, text):
    family, level = of_version(version)
    index = socket.if_nametoindex(interface)
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind((source, 0))
    if version == '4':
        s.setsockopt(level, socket.IP_MULTICAST_IF, socket.inet_aton(source))
    else:
        s.setsockopt(level, socket.IPV6_MULTICAST_IF, index)
    s.sendto(text.encode(), (group, 7000))


def listen(version, group, source):
    family, level = of_version(version)
    index = socket.if_nametoindex('pyt0')
    request = struct.pack('=I4x', index) + storage(family, group) + \
        storage(family, source)
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.bind(('', 7000))
    s.setsockopt(level, JOIN_SOURCE, request)
    print('joined', flush=True)
    while True:
        text, peer = s.recvfrom(100)
        print(text.decode(), peer[0], flush=True)
        if text == b'end':
            break
    s.setsockopt(level, LEAVE_SOURCE, request)
    print('left', flush=True)


def calls():
    """The C library's own calls: set a filter, and read it again."""
    libc = ctypes.CDLL(None, use_errno=True)
    s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    index = socket.if_nametoindex('pyt0')
    group = storage(socket.AF_INET6, 'ff35::4321')[:28]
    source = storage(socket.AF_INET6, 'fd77::1')
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
                 group[8:24] + struct.pack('=I', index))
    mode, count = ctypes.c_uint32(9), ctypes.c_uint32(4)
    room = ctypes.create_string_buffer(4 * 128)
    print(libc.setsourcefilter(s.fileno(), index, group, 28, 1, 1, source),
          libc.getsourcefilter(s.fileno(), index, group, 28,
                               ctypes.byref(mode), ctypes.byref(count), room),
          mode.value, count.value, room.raw[:128] == source)
    # as many as net.ipv6.mld_max_msf allows: more than a page
    many = b''.join(storage(socket.AF_INET6, f'fd77::{n:x}')
                    for n in range(1, 65))
    count.value = 64
    room = ctypes.create_string_buffer(64 * 128)
    print(libc.setsourcefilter(s.fileno(), index, group, 28, 1, 64, many),
          libc.getsourcefilter(s.fileno(), index, group, 28,
                               ctypes.byref(mode), ctypes.byref(count), room),
          mode.value, count.value, room.raw == many)
    print(libc.setsourcefilter(s.fileno(), index, group, 28, 1, 65,
                               many + source), ctypes.get_errno())
    s = socket.socket(type=socket.SOCK_DGRAM)
    group4 = ctypes.c_uint32.from_buffer_copy(socket.inet_aton('232.1.2.3'))
    own = ctypes.c_uint32.from_buffer_copy(socket.inet_aton('10.77.0.2'))
    source4 = socket.inet_aton('10.77.0.1')
    s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                 bytes(group4) + bytes(own))
    mode.value, count.value = 9, 4
    print(libc.setipv4sourcefilter(s.fileno(), own, group4, 0, 1, source4),
          libc.getipv4sourcefilter(s.fileno(), own, group4, ctypes.byref(mode),
                                   ctypes.byref(count), room),
          mode.value, count.value, room.raw[:4] == source4)


{'listen': listen, 'send': send, 'calls': calls}[sys.argv[1]](*sys.argv[2:])

"""Every state of a UDP, ping or raw socket, and every call on it."""
import ctypes
import os
import select
import socket as S
import struct

from alike import DONTWAIT, NB, POLLRDHUP, case, must, sys, text

SIOCINQ, SIOCOUTQ = 0x541B, 0x5411
IP_RECVERR, IP_TTL, IP_PKTINFO, IP_RECVTTL, IP_RECVTOS = 11, 2, 8, 12, 13
UDP_CORK, UDP_SEGMENT, UDP_GRO = 1, 103, 104
ECHO = {4: 8, 6: 128}

# ------------------------------------------------------------------- states


def fresh(net):
    return net.udp()


def bound(net):
    fd = net.udp()
    must(net.bind(fd))
    return fd


def bound_any(net):
    fd = net.udp()
    must(net.bind(fd, 'any'))
    return fd


def connected(net):
    fd, net.peer = net.udp_pair()
    return fd


def connected_unbound(net):
    net.peer, fd = net.udp(), net.udp()
    must(net.bind(net.peer))
    must(net.connect(fd, 'lo', net.port(net.peer)))
    return fd


def reconnected(net):
    fd, other = connected(net), net.udp()
    must(net.bind(other))
    must(net.connect(fd, 'lo', net.port(other)))
    net.peer = other
    return fd


def disconnected(net):
    fd = connected(net)
    must(net.disconnect(fd))
    return fd


def disconnected_unbound(net):
    fd = connected_unbound(net)
    must(net.disconnect(fd))
    return fd


def with_data(net):
    fd = connected(net)
    for data in b'abcdef', b'', b'xyz':
        must(net.send(net.peer, data))
        net.settle(net.peer)
    assert net.wait(fd, select.POLLIN)
    return fd


def with_nothing(net):
    fd = connected(net)
    must(net.send(net.peer, b''))
    assert net.wait(fd, select.POLLIN)
    return fd


def read_shut(net):
    fd = connected(net)
    must(sys('shutdown', fd, S.SHUT_RD))
    return fd


def write_shut(net):
    fd = connected(net)
    must(sys('shutdown', fd, S.SHUT_WR))
    return fd


def refused(net):
    fd = net.udp()
    must(net.connect(fd, 'lo', net.closed_port(S.SOCK_DGRAM)))
    must(net.send(fd, b'abc'))
    assert net.wait(fd, select.POLLERR | select.POLLIN)
    return fd


def refused_queued(net):
    fd = net.udp()
    level, name = (0, IP_RECVERR) if net.v == 4 else (41, 25)
    must(net.setopt(fd, level, name))
    must(net.connect(fd, 'lo', net.closed_port(S.SOCK_DGRAM)))
    must(net.send(fd, b'abc'))
    assert net.wait(fd, select.POLLERR | select.POLLIN)
    return fd


def refused_unconnected(net):
    """Who is not connected hears nothing of it."""
    fd = net.udp()
    must(net.sendto(fd, b'abc', net.closed_port(S.SOCK_DGRAM)))
    net.getopt(fd, 1, 3)
    return fd


def ping(net):
    return net.socket(S.SOCK_DGRAM | NB, S.IPPROTO_ICMP if net.v == 4
                      else S.IPPROTO_ICMPV6)


def ping_connected(net):
    fd = ping(net)
    must(net.connect(fd))
    return fd


def raw(net):
    return net.socket(S.SOCK_RAW | NB, 200)


def raw_connected(net):
    fd = raw(net)
    must(net.connect(fd))
    return fd


def raw_bound(net):
    fd = raw(net)
    must(net.bind(fd))
    return fd


def raw_only_out(net):
    return net.socket(S.SOCK_RAW | NB, 255)


STATES = (fresh, bound, bound_any, connected, connected_unbound, reconnected,
          disconnected, disconnected_unbound, with_data, with_nothing,
          read_shut, write_shut, refused, refused_queued,
          refused_unconnected, ping, ping_connected, raw, raw_connected,
          raw_bound, raw_only_out)

# -------------------------------------------------------------------- calls


def names(net, fd):
    yield 'local', net.name(fd)
    yield 'peer', net.name(fd, 'getpeername')
    yield 'none', sys('getsockname', fd, None, None)
    yield 'peer none', sys('getpeername', fd, None, None)


def bind(net, fd):
    yield 'far', net.bind(fd, 'far')
    yield 'bind', net.bind(fd)
    yield 'again', net.bind(fd)
    yield 'local', net.name(fd)


def bind_wrong(net, fd):
    name = net.address('lo', 0)
    yield 'short', sys('bind', fd, name, 8)
    yield 'none', sys('bind', fd, None, len(name))
    yield 'family', sys('bind', fd, struct.pack('=H', 77) + name[2:],
                        len(name))
    yield 'unspec', sys('bind', fd, bytes(2) + name[2:], len(name))
    yield 'unspec any', sys('bind', fd, bytes(28), len(name))
    yield 'long', sys('bind', fd, name + bytes(40), len(name) + 40)


def connect(net, fd):
    yield 'connect', net.connect(fd, 'lo', 9)
    yield 'peer', net.name(fd, 'getpeername')
    yield 'again', net.connect(fd, 'lo', 10)
    yield 'no port', net.connect(fd, 'lo', 0)
    yield 'peer', net.name(fd, 'getpeername')
    yield 'any', net.connect(fd, 'any', 9)
    yield 'peer', net.name(fd, 'getpeername')


def connect_wrong(net, fd):
    name = net.address('lo', 9)
    yield 'short', sys('connect', fd, name, 8)
    yield 'none', sys('connect', fd, None, len(name))
    yield 'length 1', sys('connect', fd, name, 1)
    yield 'family', sys('connect', fd, struct.pack('=H', 77) + name[2:],
                        len(name))
    yield 'peer', net.name(fd, 'getpeername')


def disconnect(net, fd):
    yield 'disconnect', net.disconnect(fd)
    yield 'local', net.name(fd)
    yield 'peer', net.name(fd, 'getpeername')
    yield 'again', net.disconnect(fd)
    yield 'send', net.send(fd)


def listen(net, fd):
    yield 'listen', sys('listen', fd, 1)
    yield 'accept', net.accept(fd)
    yield 'state', net.number(fd, 1, S.SO_ACCEPTCONN)


def send(net, fd):
    yield 'send', net.send(fd, b'abc')
    net.settle(fd)
    yield 'nothing', net.send(fd, b'')
    net.settle(fd)
    yield 'write', sys('write', fd, b'ab', ctypes.c_size_t(2))


def send_flags(net, fd):
    for name, flags in (('oob', S.MSG_OOB), ('dontroute', S.MSG_DONTROUTE),
                        ('confirm', 0x800), ('errqueue', S.MSG_ERRQUEUE)):
        yield name, net.send(fd, b'a', flags)
        net.settle(fd)
    yield 'null', sys('send', fd, None, ctypes.c_size_t(4), S.MSG_NOSIGNAL)
    yield 'null 0', sys('send', fd, None, ctypes.c_size_t(0), S.MSG_NOSIGNAL)
    yield 'sendmsg null', sys('sendmsg', fd, None, 0)


def sendto(net, fd):
    if getattr(net, 'sink', None) is None:
        net.sink = net.udp()
        must(net.bind(net.sink))
    yield 'sendto', net.sendto(fd, b'abc', net.port(net.sink))
    yield 'nothing', net.sendto(fd, b'', net.port(net.sink))
    yield 'local', net.name(fd)
    yield 'peer', net.name(fd, 'getpeername')


def sendto_wrong(net, fd):
    name = net.address('lo', 9)

    def to(address, length, data=b'abc'):
        net.settle(fd)
        return sys('sendto', fd, data, ctypes.c_size_t(len(data)),
                   S.MSG_NOSIGNAL, address, length)

    yield 'no port', to(net.address('lo', 0), len(name))
    yield 'short', to(name, 8)
    yield 'none', to(None, len(name))
    yield 'none 0', to(None, 0)
    yield 'length 0', to(name, 0)
    yield 'length -1', to(name, -1)
    yield 'family', to(struct.pack('=H', 77) + name[2:], len(name))
    yield 'unspec', to(bytes(2) + name[2:], len(name))
    yield 'far', to(net.address('far', 9), len(name))
    yield 'too long', to(name, len(name), bytes(65536))


def recv(net, fd):
    yield 'recv', net.recv(fd, 4)
    yield 'second', net.recv(fd)
    yield 'third', net.recv(fd)
    yield 'fourth', net.recv(fd)


def recvfrom(net, fd):
    yield 'recvfrom', net.recvfrom(fd)
    yield 'short name', net.recvfrom(fd, 100, DONTWAIT, 2)
    yield 'no length', sys('recvfrom', fd, ctypes.create_string_buffer(9),
                           ctypes.c_size_t(9), DONTWAIT,
                           ctypes.create_string_buffer(32), None)


def recv_flags(net, fd):
    for name, flags in (('peek', S.MSG_PEEK), ('trunc', S.MSG_TRUNC),
                        ('both', S.MSG_PEEK | S.MSG_TRUNC),
                        ('all', S.MSG_WAITALL),
                        ('all peek', S.MSG_WAITALL | S.MSG_PEEK),
                        ('oob', S.MSG_OOB)):
        yield name, net.recv(fd, 2, DONTWAIT | flags)
    yield 'errqueue', net.recv(fd, 9, DONTWAIT | S.MSG_ERRQUEUE)


def recv_nothing(net, fd):
    yield 'peek 0', net.recv(fd, 0, DONTWAIT | S.MSG_PEEK)
    yield 'trunc 0', net.recv(fd, 0, DONTWAIT | S.MSG_TRUNC)
    yield 'read 0', sys('read', fd, ctypes.create_string_buffer(1),
                        ctypes.c_size_t(0))
    yield 'recv', net.recv(fd)
    yield 'null', sys('recv', fd, None, ctypes.c_size_t(4), DONTWAIT)
    yield 'recvmsg null', sys('recvmsg', fd, None, DONTWAIT)


def shutdown(net, fd):
    yield 'three', sys('shutdown', fd, 3)
    yield 'read', sys('shutdown', fd, S.SHUT_RD)
    yield 'recv', net.recv(fd)
    yield 'poll', net.polled(fd)
    must(net.setopt(fd, 1, S.SO_RCVTIMEO, struct.pack('qq', 2, 0)))
    os.set_blocking(fd, True)
    yield 'wait', sys('recv', fd, ctypes.create_string_buffer(9),
                      ctypes.c_size_t(9), 0)
    yield 'write', sys('shutdown', fd, S.SHUT_WR)
    yield 'send', net.send(fd)
    yield 'again', sys('shutdown', fd, S.SHUT_RDWR)
    yield 'poll both', net.polled(fd)
    yield 'sendto', net.sendto(fd, bytes((ECHO[net.v],)) + bytes(7), 9)


def error(net, fd):
    yield 'error', net.error(fd)
    yield 'again', net.error(fd)
    yield 'poll', net.polled(fd)


def error_then(net, fd):
    yield 'send', net.send(fd, b'x')
    net.settle(fd)
    yield 'error', net.error(fd)
    yield 'recv', net.recv(fd).split(':')[0]	# of raw: the IP header, too


def poll(net, fd):
    yield 'poll', net.polled(fd)
    yield 'in', net.poll(fd, select.POLLIN)
    yield 'out', net.poll(fd, select.POLLOUT)
    ready = select.select([fd], [fd], [fd], 0)
    yield 'select', ''.join('RWX'[i] for i in range(3) if ready[i]) or '-'


def epolls(net, fd):
    with select.epoll() as epoll:
        epoll.register(fd, select.EPOLLIN | select.EPOLLOUT | POLLRDHUP |
                       select.EPOLLET)
        yield 'edge', [event & ~0x300 for _, event in epoll.poll(0)]


def ioctls(net, fd):
    yield 'inq', net.ioctl(fd, SIOCINQ)
    yield 'outq', net.ioctl(fd, SIOCOUTQ)
    yield 'atmark', net.ioctl(fd, 0x8905)
    yield 'unknown', net.ioctl(fd, 0x89ff)


def state(net, fd):
    for name in 'TYPE', 'DOMAIN', 'PROTOCOL', 'ACCEPTCONN', 'ERROR':
        yield name, net.number(fd, 1, getattr(S, 'SO_' + name))
    yield 'tcp', net.number(fd, 6, 1)
    yield 'mtu', net.number(fd, 0, 14)


def many(net, fd):
    """recvmmsg(2): as many as there are."""
    count = 4
    buffers = [ctypes.create_string_buffer(16) for _ in range(count)]
    iovs = [ctypes.create_string_buffer(struct.pack(
        'PL', ctypes.addressof(buffer), 16)) for buffer in buffers]
    one = [struct.pack('PIxxxxPLPLi4xI4x', 0, 0, ctypes.addressof(iov), 1, 0,
                       0, 0, 0) for iov in iovs]
    table = ctypes.create_string_buffer(b''.join(one))
    size = len(one[0])
    result = sys('recvmmsg', fd, table, count, DONTWAIT, None)
    yield 'recvmmsg', result
    for i in range(max(result, 0)):
        length = struct.unpack_from('I', table.raw, i * size + size - 8)[0]
        yield f'{i}', f'{length}:{buffers[i].raw[:length]}'
    yield 'none', sys('recvmmsg', fd, table, 0, DONTWAIT, None)
    timeout = ctypes.create_string_buffer(struct.pack('qq', 0, -1))
    yield 'bad time', sys('recvmmsg', fd, table, count, DONTWAIT, timeout)
    timeout = ctypes.create_string_buffer(struct.pack('qq', 0, 1000))
    yield 'time', sys('recvmmsg', fd, table, count, DONTWAIT, timeout)


CALLS = (names, bind, bind_wrong, connect, connect_wrong, disconnect, listen,
         send, send_flags, sendto, sendto_wrong, recv, recvfrom, recv_flags,
         recv_nothing, shutdown, error, error_then, poll, epolls, ioctls,
         state, many)


def one(net, make, call):
    yield from call(net, make(net))


for make in STATES:
    for function in CALLS:
        case(f'datagram {make.__name__}: {function.__name__}', one, make,
             function)


def cork(net):
    a, b = net.udp_pair()
    yield 'on', net.setopt(a, S.IPPROTO_UDP, UDP_CORK)
    yield 'first', net.send(a, b'abc')
    yield 'empty', net.send(a, b'')
    yield 'second', net.sendto(a, b'def', 9)
    net.settle(a)
    yield 'not yet', net.recv(b)
    yield 'off', net.setopt(a, S.IPPROTO_UDP, UDP_CORK, 0)
    net.settle(a)
    yield 'one', net.recv(b)
    yield 'no more', net.recv(b)
    yield 'after', net.send(a, b'x')
    net.settle(a)
    yield 'at once', net.recv(b)
    yield 'on again', net.setopt(a, S.IPPROTO_UDP, UDP_CORK)
    yield 'off again', net.setopt(a, S.IPPROTO_UDP, UDP_CORK, 0)
    net.settle(a)
    yield 'nothing', net.recv(b)


case('cork', cork)

"""Datagrams in pieces and in numbers: corks, segments, many at once; what of
them is read; groups of sockets on one port."""
import ctypes
import os
import select
import socket as S
import struct

from alike import DONTWAIT, NB, NOSIG, case, control, must, shown, sys, text

UDP, CORK, SEGMENT, GRO = 17, 1, 103, 104
MORE, PEEK, TRUNC = S.MSG_MORE, S.MSG_PEEK, S.MSG_TRUNC
SIOCINQ = 0x541B


def came(net, fd, size=70000):
    """What waits there, by length and first bytes."""
    said = []
    net.settle(fd)
    while True:
        data = ctypes.create_string_buffer(size)
        result = sys('recv', fd, data, ctypes.c_size_t(size), DONTWAIT)
        if result < 0:
            break
        said.append(f"{result}:{shown(data.raw[:min(result, 8)])}")
    return ' '.join(said) or text(result)


# ------------------------------------------------------------------ MSG_MORE

def more(net, *steps):
    """Each step: what is sent, with which flags, and where to."""
    a, b = net.udp_pair()
    other = net.udp()
    must(net.bind(other))
    lone = net.udp()
    for data, flags, to in steps:
        if to == 'off' or to == 'on':
            result = net.setopt(a, UDP, CORK, to == 'on')
        elif to == 'connected':
            result = net.send(a, data, flags)
        elif to == 'write':
            result = sys('write', a, data, ctypes.c_size_t(len(data)))
        elif to == 'lone':
            result = net.sendto(lone, data, net.port(b), flags=flags)
        elif to == 'lone connected':
            result = net.send(lone, data, flags)
        elif to == 'close':
            result = net.close(a)
        elif to == 'shut':
            result = sys('shutdown', a, S.SHUT_WR)
        elif to == 'reconnect':
            result = net.connect(a, 'lo', net.port(other))
        elif to == 'disconnect':
            result = net.disconnect(a)
        elif to == 'error':
            result = net.error(a)
        else:
            result = net.sendto(a, data, net.port(other), flags=flags)
        yield to, result
        yield 'came', came(net, b)
        yield 'came to the other', came(net, other)
    yield 'outq', net.ioctl(a, 0x5411) if a in net.fds else 'closed'


case('more: two', more, (b'abc', MORE, 'connected'),
     (b'def', 0, 'connected'))
case('more: three', more, (b'abc', MORE, 'connected'),
     (b'def', MORE, 'connected'), (b'ghi', 0, 'connected'))
case('more: nothing first', more, (b'', MORE, 'connected'),
     (b'def', 0, 'connected'), (b'x', 0, 'connected'))
case('more: nothing last', more, (b'abc', MORE, 'connected'),
     (b'', 0, 'connected'), (b'x', 0, 'connected'))
case('more: nothing', more, (b'', MORE, 'connected'), (b'', 0, 'connected'),
     (b'', 0, 'connected'))
case('more: write', more, (b'abc', MORE, 'connected'), (b'def', 0, 'write'))
case('more: other peer', more, (b'abc', MORE, 'connected'),
     (b'def', 0, 'other'), (b'x', 0, 'connected'))
case('more: other peer first', more, (b'abc', MORE, 'other'),
     (b'def', 0, 'connected'))
case('more: lone', more, (b'abc', MORE, 'lone'), (b'def', 0, 'lone'))
case('more: lone, no name', more, (b'abc', MORE, 'lone'),
     (b'def', 0, 'lone connected'), (b'ghi', 0, 'lone connected'))
case('more: cork', more, (b'', 0, 'on'), (b'abc', MORE, 'connected'),
     (b'def', 0, 'connected'), (b'', 0, 'off'))
case('more: cork in between', more, (b'abc', MORE, 'connected'),
     (b'', 0, 'on'), (b'def', 0, 'connected'), (b'', 0, 'off'))
case('more: off sends', more, (b'abc', MORE, 'connected'), (b'', 0, 'off'),
     (b'x', 0, 'connected'))
case('more: close', more, (b'abc', MORE, 'connected'), (b'', 0, 'close'))
case('more: shut', more, (b'abc', MORE, 'connected'), (b'', 0, 'shut'),
     (b'def', 0, 'connected'))
case('more: reconnect', more, (b'abc', MORE, 'connected'),
     (b'', 0, 'reconnect'), (b'def', 0, 'connected'),
     (b'x', 0, 'connected'))
case('more: disconnect', more, (b'abc', MORE, 'connected'),
     (b'', 0, 'disconnect'), (b'def', 0, 'connected'), (b'x', 0, 'other'))
case('more: long', more, (bytes(40000), MORE, 'connected'),
     (bytes(20000), MORE, 'connected'), (bytes(10000), 0, 'connected'),
     (b'x', 0, 'connected'), (b'y', MORE, 'connected'),
     (b'z', 0, 'connected'))
case('more: just fits', more, (bytes(40000), MORE, 'connected'),
     (bytes(25507), 0, 'connected'), (b'x', 0, 'connected'))
case('more: one too long', more, (bytes(40000), MORE, 'connected'),
     (bytes(25508), 0, 'connected'), (b'x', 0, 'connected'),
     (b'', 0, 'off'), (b'y', 0, 'connected'))
case('more: one too long of 6', more, (bytes(40000), MORE, 'connected'),
     (bytes(25528), 0, 'connected'), (b'x', 0, 'connected'))
case('more: far too long', more, (b'abc', MORE, 'connected'),
     (bytes(65536), 0, 'connected'), (b'x', 0, 'connected'),
     (b'', 0, 'off'), (b'y', 0, 'connected'))
case('more: long first', more, (bytes(65536), MORE, 'connected'),
     (b'x', 0, 'connected'))


def more_segments(net):
    a, b = net.udp_pair()
    must(net.setopt(a, UDP, SEGMENT, 3))
    yield 'first', net.send(a, b'abcd', MORE)
    yield 'second', net.send(a, b'efgh')
    yield 'came', came(net, b)
    must(net.setopt(a, UDP, SEGMENT, 0))
    yield 'first', net.sendmsg(a, b'abcd', control(UDP, SEGMENT, b'\2\0'),
                               flags=MORE)
    yield 'second', net.send(a, b'efgh')
    yield 'came', came(net, b)
    yield 'first', net.send(a, b'abcd', MORE)
    yield 'second', net.sendmsg(a, b'efgh', control(UDP, SEGMENT, b'\2\0'))
    yield 'came', came(net, b)


def more_controls(net):
    """The first one's hold."""
    a, b = net.udp_pair()
    level, name, asked = (0, 2, 12) if net.v == 4 else (41, 52, 51)
    must(net.setopt(b, level, asked))
    yield 'first', net.sendmsg(a, b'abc', control(level, name, 7), flags=MORE)
    yield 'second', net.sendmsg(a, b'def', control(level, name, 9))
    net.settle(a)
    yield 'came', net.recvmsg(b, name=0)


def more_poll(net):
    a, b = net.udp_pair()
    must(net.send(a, b'abc', MORE))
    yield 'poll', net.polled(a)
    yield 'local', net.name(a)
    fresh = net.udp()
    yield 'fresh', net.sendto(fresh, b'abc', net.port(b), flags=MORE)
    yield 'local', net.name(fresh)


def more_mmsg(net):
    a, b = net.udp_pair()
    yield 'sent', send_many(net, a, [b'abc', b'def', b'ghi'], MORE)
    yield 'came', came(net, b)
    yield 'last', net.send(a, b'jkl')
    yield 'came', came(net, b)


def more_elsewhere(net, kind):
    """Raw and ping sockets have no cork."""
    if kind == 'raw':
        a, b = (net.socket(S.SOCK_RAW | NB, 200) for _ in range(2))
    else:
        a = net.socket(S.SOCK_DGRAM | NB, 1 if net.v == 4 else 58)
        b = a
    must(net.connect(a))
    data = bytes([8 if net.v == 4 else 128]) + bytes(7)
    yield 'first', net.send(a, data, MORE)
    yield 'came', came(net, b).split(':')[0]	# a number of the kernel's
    yield 'second', net.send(a, data)
    yield 'came', came(net, b).split(':')[0]


case('more segments', more_segments)
case('more controls', more_controls)
case('more poll', more_poll)
case('more sendmmsg', more_mmsg)
for kind in 'raw', 'ping':
    case(f'more {kind}', more_elsewhere, kind)

# ------------------------------------------------------------------ segments


def segments(net, size, length, by):
    a, b = net.udp_pair()
    data = bytes(range(97, 107)) * (length // 10 + 1)
    if by == 'option':
        must(net.setopt(a, UDP, SEGMENT, size))
        yield 'sent', net.send(a, data[:length])
    else:
        yield 'sent', net.sendmsg(a, data[:length], control(
            UDP, SEGMENT, struct.pack('=H', size)))
    lengths = came(net, b).split()
    yield 'came', f'{len(lengths)} {lengths[:3]} {lengths[-1]}'


def segments_whole(net, size, length, room):
    """UDP_GRO: in one piece, and where to cut."""
    a, b = net.udp_pair()
    must(net.setopt(b, UDP, GRO))
    must(net.sendmsg(a, bytes(length), control(UDP, SEGMENT,
                                               struct.pack('=H', size))))
    net.settle(a)
    net.settle(b)
    for _ in range(2):
        said = net.recvmsg(b, 60000, DONTWAIT, room, 0)
        yield 'came', said.split(':')[0], said.split()[1:]


def segments_wrong(net):
    a, _ = net.udp_pair()
    for value in b'', b'\2', b'\2\0\0', b'\2\0\0\0', b'\0\0':
        yield f'{value}', net.sendmsg(a, b'abcdef',
                                      control(UDP, SEGMENT, value))
    must(net.setopt(a, 0, 10, 2))
    for size in 1400, 1472, 1473, 65507, 65535:
        yield f'{size}', net.sendmsg(a, bytes(3000), control(
            UDP, SEGMENT, struct.pack('=H', size)))
    to = net.udp()
    must(net.connect(to, 'near', 9))
    for size in 1400, 1452, 1453, 1472, 1473, 2000:
        yield f'near {size}', net.sendmsg(to, bytes(3000), control(
            UDP, SEGMENT, struct.pack('=H', size)))
        net.error(to)


for by in 'option', 'control':
    for size, length in ((3, 10), (5, 10), (10, 10), (11, 10), (1, 1),
                         (1, 64), (1, 65), (1, 128), (1, 129), (1400, 60000),
                         (1000, 65507), (0, 10), (4, 0)):
        case(f'segments {by} {size} of {length}', segments, size, length, by)
case('segments wrong', segments_wrong)
for size, length in (3, 10), (5, 5), (5, 10), (1400, 40000):
    case(f'segments whole {size} of {length}', lambda net, *how: (
        ('came', f'{a} {b}') for _, a, b in segments_whole(net, *how)),
        size, length, 100)

# ---------------------------------------------------------------------- many


def headers(net, parts):
    """A table of struct mmsghdr."""
    table = b''.join(part.raw + bytes(8) for part in parts)
    kept = ctypes.create_string_buffer(table, len(table) or 1)
    kept.parts = parts
    return kept


def lengths_of(table, count):
    return [struct.unpack_from('I', table.raw, at * 64 + 56)[0]
            for at in range(count)]


def send_many(net, fd, datas, flags=0, names=None):
    table = headers(net, [net.message(data, name) for data, name in
                          zip(datas, names or [b''] * len(datas))])
    result = sys('sendmmsg', fd, table, len(datas), flags | NOSIG)
    return text(result) if result < 0 else \
        f'{result} {lengths_of(table, result)}'


def many_sent(net):
    a, b = net.udp_pair()
    yield 'none', send_many(net, a, [])
    yield 'three', send_many(net, a, [b'a', b'', b'cde'])
    yield 'came', came(net, b)
    yield 'second too long', send_many(net, a, [b'a', bytes(70000), b'c'])
    yield 'came', came(net, b)
    yield 'first too long', send_many(net, a, [bytes(70000), b'b'])
    yield 'came', came(net, b)
    yield 'null', sys('sendmmsg', a, None, 2, NOSIG)
    lone, good = net.udp(), net.address('lo', net.port(b))
    yield 'wrong name', send_many(net, lone, [b'a', b'b', b'c'], 0,
                                  [good, good[:5], good])
    yield 'port 0', send_many(net, lone, [b'a', b'b', b'c'], 0,
                              [good, net.address('lo', 0), good])
    yield 'no name', send_many(net, lone, [b'a', b'b'], 0, [good, b''])
    must(sys('fcntl', a, 4, os.O_RDWR))
    yield 'many', send_many(net, a, [b'x'] * 1100).split()[0]
    must(sys('fcntl', a, 4, os.O_RDWR | os.O_NONBLOCK))
    net.settle(a)
    net.close(b)
    must(net.send(a, b'x'))
    net.settle(a)
    yield 'refused', send_many(net, a, [b'a', b'b', b'c'])
    net.settle(a)
    net.error(a)
    must(sys('shutdown', a, S.SHUT_WR))
    yield 'shut', send_many(net, a, [b'a', b'b'])


def receive_many(net, fd, count, flags, timeout=None, size=16):
    table = headers(net, [net.message(bytes(size), bytes(28), bytes(64))
                          for _ in range(count)])
    result = sys('recvmmsg', fd, table, count, flags, timeout)
    if result < 0:
        return text(result)
    said = []
    for at in range(result):
        part = table.parts[at]
        part.raw = table.raw[at * 64:at * 64 + 56]
        said.append(net.message_text(part, lengths_of(table, count)[at]))
    return f'{result} {said}'


def many_received(net):
    a, b = net.udp_pair()
    for data in b'one', b'', b'three', bytes(30):
        must(net.send(a, data))
        net.settle(a)
    assert net.wait(b, select.POLLIN)
    yield 'peek', receive_many(net, b, 3, DONTWAIT | PEEK)
    yield 'two', receive_many(net, b, 2, DONTWAIT)
    yield 'rest', receive_many(net, b, 5, DONTWAIT)
    yield 'none', receive_many(net, b, 5, DONTWAIT)
    must(net.send(a, b'abc'))
    assert net.wait(b, select.POLLIN)
    must(sys('fcntl', b, 4, os.O_RDWR))
    yield 'for one', receive_many(net, b, 5, 0x10000)
    must(net.send(a, b'abc'))
    must(net.send(a, b'def'))
    timeout = ctypes.create_string_buffer(struct.pack('qq', 60, 0))
    yield 'in time', receive_many(net, b, 2, 0, timeout)
    must(net.send(a, b'late'))
    timeout = ctypes.create_string_buffer(bytes(16))
    yield 'too late', receive_many(net, b, 2, 0, timeout)
    must(net.setopt(b, 1, 20, struct.pack('qq', 0, 10000)))
    must(net.send(a, b'ghi'))
    yield 'SO_RCVTIMEO', receive_many(net, b, 2, 0)
    yield 'again', receive_many(net, b, 2, 0)


def many_then_error(net):
    """An error behind what came is told by the next call."""
    a, b = net.udp_pair()
    must(net.send(a, b'abc'))
    net.settle(a)
    assert net.wait(b, select.POLLIN)
    net.close(a)
    yield 'send', net.send(b, b'x')
    net.settle(b)
    yield 'received', receive_many(net, b, 3, DONTWAIT)
    yield 'then', receive_many(net, b, 3, DONTWAIT)
    yield 'then', receive_many(net, b, 3, DONTWAIT)
    yield 'error', net.error(b)


def many_of_tcp(net):
    a, b = net.pair()
    yield 'sent', send_many(net, a, [b'abc', b'def'])
    assert net.wait(b, select.POLLIN)
    yield 'came', receive_many(net, b, 2, DONTWAIT, None, 6)
    must(sys('shutdown', a, S.SHUT_WR))
    assert net.wait(b, 0x2000)
    yield 'end', receive_many(net, b, 3, DONTWAIT)


case('many sent', many_sent)
case('many received', many_received)
case('many, then an error', many_then_error)
case('many of tcp', many_of_tcp)

# ------------------------------------------------------------- what is read


def read_with(net, flags, sizes):
    a, b = net.udp_pair()
    for data in b'abcdef', b'', b'ghi':
        must(net.send(a, data))
        net.settle(a)
    assert net.wait(b, select.POLLIN)
    for size in sizes:
        yield f'{size}', net.recv(b, size, DONTWAIT | flags)
    yield 'inq', net.ioctl(b, SIOCINQ)


for flags in (0, PEEK, TRUNC, PEEK | TRUNC, S.MSG_WAITALL, S.MSG_OOB,
              S.MSG_WAITALL | PEEK, S.MSG_OOB | PEEK, S.MSG_CTRUNC,
              S.MSG_EOR, 0x40000000, S.MSG_ERRQUEUE | PEEK, 0x2000000):
    case(f'read with {int(flags):x}', read_with, flags, (2, 100, 0, 3, 3))


def peek_off(net, kind, first):
    """SO_PEEK_OFF: each peek goes on where the last one ended."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    yield 'set', net.setopt(b, 1, 42, first)
    for data in b'abcdef', b'ghi':
        must(net.send(a, data))
        net.settle(a)
    assert net.wait(b, select.POLLIN)
    for size in 2, 2, 3, 3:
        yield f'peek {size}', net.recv(b, size, DONTWAIT | PEEK)
        yield 'off', net.number(b, 1, 42)
    yield 'trunc', net.recv(b, 1, DONTWAIT | PEEK | TRUNC)
    for size in 1, 2:
        yield f'recv {size}', net.recv(b, size)
        yield 'off', net.number(b, 1, 42)
    yield 'peek', net.recv(b, 5, DONTWAIT | PEEK)
    yield 'set', net.setopt(b, 1, 42, 1)
    yield 'peek', net.recv(b, 5, DONTWAIT | PEEK)
    yield 'recv', net.recv(b, 9)
    yield 'peek', net.recv(b, 5, DONTWAIT | PEEK)
    yield 'off', net.setopt(b, 1, 42, -1)
    yield 'peek', net.recv(b, 5, DONTWAIT | PEEK)


for kind in 'udp', 'tcp':
    for first in 0, 2, 6, 20, -1:
        case(f'peek off {kind} {first}', peek_off, kind, first)


# -------------------------------------------------------------------- groups

def group_member(net, kind, port=0, flag=1):
    fd = net.tcp() if kind == 'tcp' else net.udp()
    must(net.setopt(fd, 1, S.SO_REUSEPORT, flag))
    result = net.bind(fd, 'lo', port)
    if result == 0 and kind == 'tcp':
        result = sys('listen', fd, 64)
    return fd, result


def group_bind(net, kind):
    """Who may join."""
    a, result = group_member(net, kind)
    yield 'first', result
    port = net.port(a)
    yield 'second', group_member(net, kind, port)[1]
    yield 'without', group_member(net, kind, port, 0)[1]
    fd = net.tcp() if kind == 'tcp' else net.udp()
    must(net.setopt(fd, 1, S.SO_REUSEADDR))
    yield 'reuseaddr', net.bind(fd, 'lo', port)
    must(net.setopt(a, 1, S.SO_REUSEPORT, 0))
    yield 'first has left', group_member(net, kind, port)[1]
    os.seteuid(65534)
    try:
        yield 'other user', group_member(net, kind, port)[1]
    finally:
        os.seteuid(0)


def group_udp(net):
    """Each datagram goes to one of them, a flow's to the same one."""
    members = [group_member(net, 'udp')[0]]
    port = net.port(members[0])
    members += [group_member(net, 'udp', port)[0] for _ in range(2)]

    def count(senders):
        for sender in senders:
            for data in b'a', b'b':
                must(net.sendto(sender, data, port))
        net.settle(senders[-1])
        seen, whole = [], True
        for fd in members:
            flows = {}
            while True:
                said = net.recvfrom(fd)
                if said[1:2] != ':':
                    break
                flows.setdefault(said.split('from')[1], []).append(said[2])
            whole = whole and all(data == ['a', 'b']
                                  for data in flows.values())
            seen.append(len(flows))
        return sum(seen), min(seen) > 0, whole

    senders = [net.udp() for _ in range(60)]
    yield 'three', count(senders)
    net.close(members.pop(0))
    yield 'two', count(senders)
    net.close(members.pop(1))
    yield 'one', count(senders)
    members.append(group_member(net, 'udp', port)[0])
    yield 'two again', count(senders)
    must(net.connect(members[1], 'lo', net.port(senders[0])))
    yield 'a connected one', net.sendto(senders[0], b'x', port)
    net.settle(senders[0])
    yield 'comes there', net.recv(members[1])


def group_tcp(net):
    members = [group_member(net, 'tcp')[0]]
    port = net.port(members[0])
    members += [group_member(net, 'tcp', port)[0] for _ in range(2)]
    for _ in range(40):
        must(net.connect(net.tcp(0), 'lo', port))
    counts = [0, 0, 0]
    while sum(counts) < 40:
        ready = select.select(members, [], [], 3)[0]
        assert ready, f'{counts} were accepted'
        for fd in ready:
            must(net.accept(fd))
            counts[members.index(fd)] += 1
    yield 'each', min(counts) > 0
    net.close(members.pop(0))
    for _ in range(4):
        yield 'connects', net.connect(net.tcp(0), 'lo', port)
    while members:
        net.close(members.pop())
    yield 'none', net.connect(net.tcp(0), 'lo', port)


for kind in 'udp', 'tcp':
    case(f'group bind {kind}', group_bind, kind)
case('group udp', group_udp)
case('group tcp', group_tcp)

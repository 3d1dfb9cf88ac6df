"""Waits, limits and orders: SO_RCVTIMEO and its like in every call, marks,
lingering, moving bytes between descriptors, poll(2) after sequences."""
import ctypes
import fcntl
import os
import re
import select
import socket as S
import struct
import time

from alike import (DONTWAIT, NOSIG, POLLRDHUP, case, control, must, sys,
                   text)

SOL, RCVTIMEO, SNDTIMEO, RCVLOWAT, LINGER = 1, 20, 21, 18, 13
SIOCINQ, SIOCOUTQ, SIOCATMARK = 0x541B, 0x5411, 0x8905
PEEK, OOB, WAITALL, TRUNC = S.MSG_PEEK, S.MSG_OOB, S.MSG_WAITALL, S.MSG_TRUNC
SHORT = struct.pack('qq', 0, 20000)
SHORT_S = 0.01	# Linux rounds to its ticks


def blocks(fd):
    must(sys('fcntl', fd, fcntl.F_SETFL, os.O_RDWR))
    return fd


def waited(call, waits=('EAGAIN', 'EINPROGRESS')):
    """Its result, and whether it should have waited longer for that."""
    start = time.monotonic()
    result = text(call())
    took = time.monotonic() - start
    return result + ' too soon' * (result in waits and took < SHORT_S)


# ---------------------------------------------------------------- SO_RCVTIMEO

def data(size=10):
    return ctypes.create_string_buffer(size)


def iov(net, size=10):
    return ctypes.create_string_buffer(struct.pack(
        'PL', ctypes.addressof(net.__dict__.setdefault('buffer', data(4096))),
        size))


def one_of_many(net, call, fd, flags):
    message = net.message(bytes(10))
    table = ctypes.create_string_buffer(message.raw + bytes(8), 64)
    return sys(call, fd, table, 1, flags, None)


RECEIVES = {
    'recv': lambda net, fd: sys('recv', fd, data(), ctypes.c_size_t(10), 0),
    'recv peek': lambda net, fd: sys('recv', fd, data(), ctypes.c_size_t(10),
                                     PEEK),
    'recv all': lambda net, fd: sys('recv', fd, data(), ctypes.c_size_t(10),
                                    WAITALL),
    'recv all peek': lambda net, fd: sys('recv', fd, data(),
                                         ctypes.c_size_t(10), WAITALL | PEEK),
    'recvfrom': lambda net, fd: net.recvfrom(fd, flags=0),
    'recvmsg': lambda net, fd: net.recvmsg(fd, flags=0),
    'recvmmsg': lambda net, fd: one_of_many(net, 'recvmmsg', fd, 0),
    'read': lambda net, fd: sys('read', fd, data(), ctypes.c_size_t(10)),
    'readv': lambda net, fd: sys('readv', fd, iov(net), 1),
}


def receive_timeout(net, kind, call, before):
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    blocks(b)
    must(net.setopt(b, SOL, RCVTIMEO, SHORT))
    if before:
        must(net.send(a, before))
        net.settle(a)
        assert net.wait(b, select.POLLIN)
    waits = ('EAGAIN', '3') if 'all' in call and kind == 'tcp' else ('EAGAIN',)
    yield 'first', waited(lambda: RECEIVES[call](net, b), waits)
    if before:
        yield 'second', waited(lambda: RECEIVES[call](net, b))


def receive_state(net, state):
    """Where there is nothing to wait for."""
    fd = net.udp(0) if 'udp' in state else net.tcp(0)
    must(net.setopt(fd, SOL, RCVTIMEO, SHORT))
    if state == 'listening':
        must(sys('listen', fd, 1))
    yield 'recv', waited(lambda: sys('recv', fd, data(), ctypes.c_size_t(9),
                                     0))
    yield 'accept', waited(lambda: sys('accept', fd, None, None))
    yield 'accept4', waited(lambda: sys('accept4', fd, None, None, 0))
    yield 'errqueue', sys('recv', fd, data(), ctypes.c_size_t(9),
                          S.MSG_ERRQUEUE)
    yield 'oob', sys('recv', fd, data(), ctypes.c_size_t(9), OOB)


for call in RECEIVES:
    for kind in 'udp', 'tcp':
        case(f'timeout {kind} {call}', receive_timeout, kind, call, b'')
for call in 'recv', 'recv all', 'read', 'recvmmsg':
    for kind in 'udp', 'tcp':
        case(f'timeout {kind} {call} behind data', receive_timeout, kind,
             call, b'abc')
for state in 'fresh', 'udp', 'listening':
    case(f'timeout {state}', receive_state, state)


def full(net):
    """A connection that takes nothing more."""
    a, _ = net.pair()
    must(net.setopt(a, SOL, S.SO_SNDBUF, 10000))
    size, quiet = 100000, 0
    while quiet < 10:	# the stack may not get the processor soon
        result = net.send(a, bytes(size))
        quiet = quiet + 1 if result < 0 and size == 1 else 0
        if result < 0 and size > 1:
            size //= 10
        elif quiet:
            net.settle(a)
            if net.poll(a, select.POLLOUT, 10) & select.POLLOUT:
                size = 10000	# some has gone on: not byte by byte
                quiet = 0
    return a


SENDS = {
    'send': lambda net, fd: sys('send', fd, bytes(9), ctypes.c_size_t(9),
                                NOSIG),
    'sendmsg': lambda net, fd: net.sendmsg(fd, bytes(9)),
    'sendmmsg': lambda net, fd: one_of_many(net, 'sendmmsg', fd, NOSIG),
    'write': lambda net, fd: sys('write', fd, bytes(9), ctypes.c_size_t(9)),
    'writev': lambda net, fd: sys('writev', fd, iov(net), 1),
}


def send_timeout(net):
    fd = blocks(full(net))
    must(net.setopt(fd, SOL, SNDTIMEO, SHORT))
    for name, call in SENDS.items():
        said = ''
        while not said.startswith('E'):	# what still fitted
            said = waited(lambda: call(net, fd))
        yield name, said


def connect_timeout(net):
    fd = net.tcp(0)
    must(net.setopt(fd, SOL, SNDTIMEO, SHORT))
    yield 'connect', waited(lambda: net.connect(fd, 'mute', 9))
    yield 'again', net.connect(fd, 'mute', 9)
    yield 'poll', net.polled(fd)


case('timeout send', send_timeout)
case('timeout connect', connect_timeout)


# ------------------------------------------------------- flags of one recv(2)

def stream_flags(net, flags, sizes):
    a, b = net.pair()
    must(net.send(a, b'abcdef'))
    net.settle(a)
    assert net.wait(b, select.POLLIN)
    for size in sizes:
        yield f'{size}', net.recv(b, size, DONTWAIT | flags)
    yield 'inq', net.ioctl(b, SIOCINQ)
    must(sys('shutdown', a, S.SHUT_WR))
    assert net.wait(b, POLLRDHUP)
    yield 'last', net.recv(b, 9, DONTWAIT | flags)
    yield 'end', net.recv(b, 9, DONTWAIT)


for flags in (0, PEEK, TRUNC, PEEK | TRUNC, WAITALL, WAITALL | PEEK,
              WAITALL | TRUNC, OOB, OOB | PEEK, S.MSG_ERRQUEUE,
              S.MSG_ERRQUEUE | PEEK, S.MSG_CTRUNC, 0x40000000, 0x2000000):
    case(f'stream flags {int(flags):x}', stream_flags, flags, (2, 3, 0, 9))


def stream_message(net):
    """Names and flags of recvmsg(2) on a stream."""
    a, b = net.pair()
    must(net.send(a, b'abcdef'))
    net.settle(a)
    assert net.wait(b, select.POLLIN)
    yield 'first', net.recvmsg(b, 2)
    yield 'trunc', net.recvmsg(b, 2, DONTWAIT | TRUNC)
    yield 'rest', net.recvmsg(b, 9, DONTWAIT | PEEK, 0, 4)
    yield 'from', net.recvfrom(b, 9)


case('stream message', stream_message)


def urgent(net, inline, peeks):
    a, b = net.pair()
    must(net.setopt(b, SOL, S.SO_OOBINLINE, inline))
    must(net.send(a, b'abc'))
    must(net.send(a, b'X', OOB))
    assert net.wait(b, select.POLLPRI)
    must(net.send(a, b'def'))
    net.settle(a)
    while net.ioctl(a, SIOCOUTQ) != '0':
        net.poll(a, select.POLLERR, 1)
    net.settle(b)
    yield 'at mark', net.ioctl(b, SIOCATMARK)
    if peeks:
        yield 'peek', net.recv(b, 1, DONTWAIT | OOB | PEEK)
        yield 'peek', net.recv(b, 9, DONTWAIT | PEEK)
    else:
        yield 'oob', net.recvmsg(b, 4, DONTWAIT | OOB, name=0)
        yield 'again', net.recv(b, 1, DONTWAIT | OOB)
    yield 'recv', net.recv(b, 2)
    yield 'recv', net.recv(b, 9)
    yield 'at mark', net.ioctl(b, SIOCATMARK)
    yield 'recv', net.recv(b, 9)
    yield 'at mark', net.ioctl(b, SIOCATMARK)
    yield 'oob', net.recv(b, 1, DONTWAIT | OOB)
    yield 'recv', net.recv(b, 9)


for inline in 0, 1:
    for peeks in False, True:
        case(f'urgent {inline} {peeks}', urgent, inline, peeks)


def low_water(net, kind):
    """SO_RCVLOWAT: what poll(2) says and what wakes recv(2)."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    yield 'set', net.setopt(b, SOL, RCVLOWAT, 5)
    must(net.send(a, b'abc'))
    net.settle(a)
    while net.ioctl(b, SIOCINQ) != '3':
        net.poll(b, select.POLLERR, 1)
    yield 'poll 3', net.polled(b)
    yield 'peek', net.recv(b, 9, DONTWAIT | PEEK)
    must(net.send(a, b'def'))
    net.settle(a)
    if kind == 'tcp':
        while net.ioctl(b, SIOCINQ) != '6':
            net.poll(b, select.POLLERR, 1)
    yield 'poll 6', net.polled(b)
    yield 'recv', net.recv(b, 4)
    yield 'poll 2', net.polled(b)
    must(net.setopt(b, SOL, RCVTIMEO, SHORT))
    blocks(b)
    yield 'blocks', waited(lambda: net.recv(b, 9, 0))
    yield 'empty', waited(lambda: net.recv(b, 9, 0))
    if kind == 'tcp':
        must(sys('shutdown', a, S.SHUT_WR))
        assert net.wait(b, POLLRDHUP)
        yield 'ended', net.polled(b)


for kind in 'udp', 'tcp':
    case(f'low water {kind}', low_water, kind)


def waits_for(net, fd, count):
    while net.ioctl(fd, SIOCINQ) != str(count):
        net.poll(fd, select.POLLERR, 1)


def readable(net, fd):
    """What each of them says without waiting."""
    with select.epoll() as epoll:
        epoll.register(fd, select.EPOLLIN | select.EPOLLET)
        said = len(epoll.poll(0))
    return f'{net.poll(fd, select.POLLIN)} ' \
        f'{len(select.select([fd], [], [], 0)[0])} {said}'


def low_water_read(net, call, mode):
    """Three bytes below a mark of five, which this call takes or not."""
    a, b = net.pair()
    if mode != 'nonblocking':
        blocks(b)
        must(net.setopt(b, SOL, RCVTIMEO, SHORT))
    must(net.setopt(b, SOL, RCVLOWAT, 5))
    must(net.send(a, b'abc'))
    waits_for(net, b, 3)
    yield 'ready', readable(net, b)
    if mode == 'ended':
        must(sys('shutdown', a, S.SHUT_WR))
        assert net.wait(b, POLLRDHUP)
        yield 'ready', readable(net, b)
    yield 'first', RECEIVES[call](net, b)
    yield 'second', RECEIVES[call](net, b)


for call in 'recv', 'recv peek', 'recv all', 'recvmsg', 'recvmmsg', 'read', \
        'readv':
    for mode in 'nonblocking', 'blocking', 'ended':
        case(f'low water {call} {mode}', low_water_read, call, mode)


def low_water_short(net):
    """Who reads less than the mark waits for that much."""
    a, b = net.pair()
    blocks(b)
    must(net.setopt(b, SOL, RCVLOWAT, 5))
    must(net.setopt(b, SOL, RCVTIMEO, SHORT))
    must(net.send(a, b'abc'))
    waits_for(net, b, 3)
    yield 'four', waited(lambda: net.recv(b, 4, 0))
    must(net.send(a, b'defg'))
    waits_for(net, b, 4)
    yield 'two', net.recv(b, 2, 0)
    yield 'two', net.recv(b, 2, 0)


def low_water_later(net):
    """It is set and unset while bytes wait, and handed on by a listener."""
    a, b = net.pair()
    must(net.send(a, b'abc'))
    waits_for(net, b, 3)
    yield 'before', readable(net, b)
    yield 'recv', net.recv(b)
    must(net.setopt(b, SOL, RCVLOWAT, 5))
    must(net.send(a, b'def'))
    waits_for(net, b, 3)
    yield 'after', readable(net, b)
    with select.epoll() as epoll:
        epoll.register(b, select.EPOLLIN | select.EPOLLET)
        yield 'edge', len(epoll.poll(0))
        must(net.setopt(b, SOL, RCVLOWAT, 2))
        yield 'lower', len(epoll.poll(1))
    yield 'then', readable(net, b)
    listener = net.listener()
    must(net.setopt(listener, SOL, RCVLOWAT, 5))
    client = net.tcp(0)
    must(net.connect(client, 'lo', net.port(listener)))
    assert net.wait(listener, select.POLLIN)
    server = must(net.accept(listener))
    yield 'inherits', net.number(server, SOL, RCVLOWAT)
    must(net.send(client, b'abc'))
    waits_for(net, server, 3)
    yield 'accepted', readable(net, server)
    must(net.send(client, b'def'))
    assert net.wait(server, select.POLLIN)
    yield 'recv', net.recv(server)


def low_water_large(net):
    """More than there is room for counts as what there is room for."""
    a, b = net.pair()
    must(net.setopt(b, SOL, S.SO_RCVBUF, 20000))
    yield 'set', net.setopt(b, SOL, RCVLOWAT, 1000000)
    yield 'get', net.number(b, SOL, RCVLOWAT)
    must(net.setopt(b, SOL, S.SO_RCVBUF, 3000))
    must(net.setopt(a, SOL, S.SO_SNDBUF, 100000))
    for _ in range(5):
        net.send(a, bytes(10000))
    yield 'ready', net.wait(b, select.POLLIN)


case('low water short', low_water_short)
case('low water later', low_water_later)
case('low water large', low_water_large)


# -------------------------------------------------------------- after the end

def ending(net, *steps):
    """What both sides poll and read after each step."""
    a, b = net.pair()
    net.setopt(a, 6, 1)

    gone = set()

    def until(fd, events):
        """A moment later: by then it is there, if it ever is."""
        if fd in net.fds and not net.poll(fd, events) & events:
            net.poll(fd, events, 100)

    for step in steps:
        fd, what = (a if step[0] == 'a' else b), step[2:]
        other = b if fd == a else a
        if what == 'send':
            result = net.send(fd, b'abc')
        elif what == 'recv':
            result = net.recv(fd)
        elif what == 'error':
            result = net.error(fd)
        elif what == 'reset':
            must(net.setopt(fd, SOL, LINGER, struct.pack('ii', 1, 0)))
            result = net.close(fd)
        elif what == 'close':
            result = net.close(fd)
        elif what == 'disconnect':
            result = net.disconnect(fd)
        else:
            result = sys('shutdown', fd, 'RD WR RDWR'.split().index(what))
        yield step, result
        if result != 0 and what != 'send':
            pass
        elif what in ('reset', 'disconnect'):
            until(other, select.POLLHUP)
        elif what in ('WR', 'RDWR', 'close'):
            until(other, POLLRDHUP)
        elif what == 'send' and other in gone:
            until(fd, select.POLLHUP)
        elif what == 'send' and result == 3:
            until(other, select.POLLIN)
        if what in ('RDWR', 'close', 'reset', 'disconnect'):
            gone.add(fd)
        yield 'polls', ' and '.join(net.polled(fd) for fd in (a, b)
                                    if fd in net.fds)


ENDS = '''
a WR, b WR, a recv, b recv, a RD
a RD, b send, a recv, b WR, a WR
a RD, a WR, b recv, b WR
a RDWR, b send, b error, b send
a RDWR, b RDWR
a WR, b send, a recv, b close, a recv, a send
a WR, b RD, b send, a recv
b send, a close, b recv, b error, b send
a send, b close, a recv, a error, a send, a recv
a send, b recv, b close, a recv, a send, a recv, a error, a send
a reset, b error, b recv, b send, b error
a reset, b recv, b recv, b send
a reset, b send, b recv, b error
a reset, b WR, b error
a reset, b RD, b RDWR, b recv
a send, a reset, b recv, b error, b recv
a send, a reset, b error, b recv
a WR, a reset, b recv, b error, b send
b WR, a reset, b recv, b error, b send
a WR, b WR, a close, b recv, b error, b send
b WR, a recv, a close, b send, b error
a disconnect, b error, b recv
b disconnect, a recv, a error
'''.strip().split('\n')
for line in ENDS:
    case(f'ending: {line}', ending, *line.split(', '))


def edges(net, *steps):
    """What epoll(7) says edge-triggered after each step."""
    a, b = net.pair()
    wanted = select.EPOLLIN | select.EPOLLOUT | POLLRDHUP | select.EPOLLPRI
    names = ('IN', 'OUT', 'PRI', 'ERR', 'HUP')
    waiting = 0
    with select.epoll() as epoll:
        epoll.register(b, wanted | select.EPOLLET)
        for step in steps:
            if step == 'send':
                must(net.send(a, b'abc'))
                waiting += 3
                while net.ioctl(b, SIOCINQ) != str(waiting):
                    net.poll(b, select.POLLERR, 1)
            elif step.startswith('recv'):
                waiting = max(waiting - 1, 0) if step == 'recv 1' else 0
                net.recv(b, 1 if step == 'recv 1' else 100)
            elif step == 'again':
                epoll.modify(b, wanted | select.EPOLLET)
            elif step == 'once':
                epoll.modify(b, wanted | select.EPOLLONESHOT)
            elif step == 'shut':
                must(sys('shutdown', a, S.SHUT_WR))
                # Both ways shut: it hangs up, too, perhaps a moment later;
                # the end of the stack's own end is one more edge, some time.
                assert net.wait(b, select.POLLHUP if 'own shut' in steps
                                else POLLRDHUP)
            elif step == 'own shut':
                must(sys('shutdown', b, S.SHUT_WR))
            elif step == 'urgent':
                must(net.send(a, b'X', OOB))
                assert net.wait(b, select.POLLPRI)
            seen = sum(events for _, events in epoll.poll(0))
            yield step, ' '.join(
                [name for name in names
                 if seen & getattr(select, 'EPOLL' + name)] +
                ['RDHUP'] * bool(seen & POLLRDHUP))


for line in ('look, send, send, recv 1, send, recv, send',
             'look, send, again, again, recv, again',
             'once, send, once, recv, once, shut, once',
             'look, send, shut, recv, recv, again',
             'look, own shut, send, recv, shut',
             'look, send, urgent, recv, shut'):
    case(f'edges: {line}', edges, *line.split(', '))


# -------------------------------------------------------- between descriptors

def file_of(net, content):
    fd = net.keep(must(sys('memfd_create', b'alike', 0)))
    os.write(fd, content)
    os.lseek(fd, 0, 0)
    return fd


def pipe(net, flags=os.O_NONBLOCK):
    ends = os.pipe2(flags)
    net.fds += ends
    return ends


def splice(source, sink, size=100, flags=2):
    return sys('splice', source, None, sink, None, ctypes.c_size_t(size),
               flags)


def moved_out(net, kind, how):
    """To a socket."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    if how == 'sendfile':
        source = file_of(net, b'abcdefghij')
        yield 'moved', sys('sendfile', a, source, None, ctypes.c_size_t(6))
        yield 'rest', sys('sendfile', a, source, None, ctypes.c_size_t(100))
        yield 'end', sys('sendfile', a, source, None, ctypes.c_size_t(100))
    else:
        source, sink = pipe(net)
        if how == 'vmsplice':
            keep = ctypes.create_string_buffer(b'abcdefghij')
            pieces = ctypes.create_string_buffer(struct.pack(
                'PL', ctypes.addressof(keep), 10))
            yield 'filled', sys('vmsplice', sink, pieces, ctypes.c_size_t(1),
                                0)
        else:
            os.write(sink, b'abcdefghij')
        yield 'moved', splice(source, a)
        yield 'empty', splice(source, a)
    came, some = '', 'more'
    while some and sum(int(part.split(':')[0]) for part in
                       came.split()) < 10:
        some = net.wait(b, select.POLLIN)
        came += net.recv(b) + ' '
    yield 'came', came if kind == 'udp' else re.sub(' ?[0-9]+:', '', came)


def moved_in(net, kind):
    """From a socket."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    source, sink = pipe(net)
    yield 'nothing', splice(b, sink)
    must(net.send(a, b'abcdefghij'))
    net.settle(a)
    assert net.wait(b, select.POLLIN)
    yield 'moved', splice(b, sink, 4)
    yield 'rest', splice(b, sink)
    yield 'read', os.read(source, 100) if net.poll(
        source, select.POLLIN) else 'nothing'
    must(sys('shutdown', a, S.SHUT_WR))
    if kind == 'tcp':
        assert net.wait(b, POLLRDHUP)
        yield 'end', splice(b, sink)
    yield 'from a socket', sys('sendfile', a, b, None, ctypes.c_size_t(9))


for kind in 'udp', 'tcp':
    for how in 'sendfile', 'splice', 'vmsplice':
        case(f'moved out {kind} {how}', moved_out, kind, how)
    case(f'moved in {kind}', moved_in, kind)


def moved_wrong(net):
    fresh, listening = net.tcp(), net.listener()
    source, sink = pipe(net)
    os.write(sink, b'abc')
    for name, fd in ('fresh', fresh), ('listening', listening), \
            ('udp', net.udp()):
        yield f'splice to {name}', splice(source, fd)
        yield f'splice from {name}', splice(fd, sink)
        yield f'sendfile to {name}', sys('sendfile', fd, file_of(net, b'abc'),
                                         None, ctypes.c_size_t(3))


case('moved wrong', moved_wrong)


def moved_late(net, how, end):
    """After the connection's end: the error once, then what follows it."""
    a, b = net.pair()
    if end == 'reset':
        must(net.setopt(b, SOL, LINGER, struct.pack('ii', 1, 0)))
        net.close(b)
        assert net.wait(a, select.POLLHUP)
    elif end == 'closed':
        net.close(b)
        assert net.wait(a, POLLRDHUP)
    else:
        must(sys('shutdown', a, S.SHUT_WR))
    source, sink = pipe(net)
    os.write(sink, b'abcdef')
    disk = file_of(net, b'abcdefghij')
    for _ in range(3):
        yield how, {'sendfile': lambda: sys('sendfile', a, disk, None,
                                            ctypes.c_size_t(2)),
                    'splice to': lambda: splice(source, a, 2),
                    'splice from': lambda: splice(a, sink, 2)}[how]()
        if end == 'closed':
            net.wait(a, select.POLLHUP)
    yield 'error', net.error(a)


for how in 'sendfile', 'splice to', 'splice from':
    for end in 'reset', 'closed', 'shut':
        if (how, end) != ('splice from', 'closed'):	# for ever
            case(f'moved late {how} {end}', moved_late, how, end)


# --------------------------------------------------------------- SO_ZEROCOPY

def zero_copy(net, kind):
    """The bytes arrive, and the error queue tells that they are free."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    yield 'without', net.send(a, b'abc', 0x4000000)
    result = net.setopt(a, SOL, 60)
    yield 'set', result
    yield 'get', net.number(a, SOL, 60)
    for _ in range(2):
        yield 'sent', net.send(a, bytes(5000), 0x4000000)
    net.settle(a)
    wanted, got = 10003, 0
    while got < wanted and net.wait(b, select.POLLIN):
        got += int(net.recv(b, 20000).split(':')[0])
    yield 'came', got
    if result == 0:
        net.wait(a, select.POLLERR)
    yield 'told', net.recvmsg(a, 100, DONTWAIT | S.MSG_ERRQUEUE)
    yield 'again', net.recvmsg(a, 100, DONTWAIT | S.MSG_ERRQUEUE)
    yield 'poll', bool(net.poll(a) & select.POLLERR)
    yield 'error', net.number(a, SOL, S.SO_ERROR)
    yield 'empty', net.send(a, b'', 0x4000000)
    yield 'one more', net.send(a, b'x', 0x4000000)
    if result == 0:
        yield 'wakes', net.wait(a, select.POLLERR)
    yield 'told', net.recvmsg(a, 100, DONTWAIT | S.MSG_ERRQUEUE, 20)


def zero_copy_epoll(net, kind, how):
    """EPOLLERR when the bytes are free, until it was read."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    must(net.setopt(a, SOL, 60))
    with select.epoll() as epoll:
        epoll.register(a, select.EPOLLIN | select.EPOLLOUT | how)
        yield 'before', [event & ~0x300 for _, event in epoll.poll(0)]
        for _ in range(2):
            must(net.send(a, bytes(5000), 0x4000000))
            seen, tries = 0, 0
            while not seen & select.EPOLLERR and tries < 300:
                seen = sum(event for _, event in epoll.poll(0.01))
                tries += 1
            yield 'sent', seen & select.EPOLLERR
            net.wait(b, select.POLLIN)
            while net.recvmsg(a, 100, DONTWAIT | S.MSG_ERRQUEUE) != 'EAGAIN':
                pass
            yield 'read', sum(event for _, event in
                              epoll.poll(0)) & select.EPOLLERR


def sent_at(net, kind):
    """SCM_TXTIME is for who has set SO_TXTIME."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    time = control(SOL, 61, struct.pack('=Q', 0))
    yield 'without', net.sendmsg(a, b'x', time)
    for value in (1, 4), (5, 0), (11, 3), (1, 0):
        yield f'set {value}', net.setopt(a, SOL, 61, struct.pack('=iI', *value))
        yield 'get', net.getopt(a, SOL, 61, 8)
    yield 'with', net.sendmsg(a, b'y', time)
    yield 'short', net.sendmsg(a, b'z', control(SOL, 61, b'abcd'))
    net.settle(a)
    yield 'comes', net.wait(b, select.POLLIN)
    yield 'came', net.recv(b)


for kind in 'udp', 'tcp':
    case(f'zero copy {kind}', zero_copy, kind)
    for how in 0, select.EPOLLET:
        case(f'zero copy epoll {kind} {how:x}', zero_copy_epoll, kind, how)
    case(f'sent at {kind}', sent_at, kind)


# -------------------------------------------------------------------- devices

def tied(net, option, to):
    """SO_BINDTODEVICE: out by it alone, in by it alone."""
    a, b = net.udp(), net.udp()
    must(net.bind(b, 'any'))
    value = {'lo': b'lo\0', 'none': b'\0'}[to] if option == 25 else \
        {'lo': 1, 'none': 0}[to]
    yield 'set', net.setopt(a, SOL, option, value)
    for host in 'lo', 'own', 'near', 'far':
        yield host, net.sendto(a, b'x', net.port(b), host)
        net.settle(a)
        yield 'came', net.recv(b)
    yield 'set', net.setopt(b, SOL, option, value)
    for host in 'lo', 'own':
        yield host, net.sendto(a, b'x', net.port(b), host)
        net.settle(a)
        yield 'came', net.recv(b)
    for host in 'lo', 'near':
        fd = net.udp()
        must(net.setopt(fd, SOL, option, value))
        yield f'connect {host}', net.connect(fd, host, 9)
        fd = net.tcp()
        must(net.setopt(fd, SOL, option, value))
        result = net.connect(fd, host, net.closed_port())
        yield f'stream {host}', 'tries' if text(result) in (
            'EINPROGRESS', 'ECONNREFUSED') else result
    fd = net.listener()
    yield 'listener', net.setopt(fd, SOL, option, value)
    yield 'connects', net.connect(net.tcp(0), 'lo', net.port(fd))
    two = net.udp()
    must(net.setopt(two, SOL, option, value))
    yield 'same port', net.bind(two, 'any', net.port(b))


for option in 25, 62:
    for to in 'lo', 'none':
        case(f'tied {option} {to}', tied, option, to)


# -------------------------------------------------------------------- numbers

def memory(net, kind):
    """SO_MEMINFO: limits as set, and what waits is counted."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    must(net.setopt(b, SOL, S.SO_RCVBUF, 50000))
    must(net.setopt(b, SOL, S.SO_SNDBUF, 40000))

    def get():
        return struct.unpack('9I', net.getopt(b, SOL, 55, 36))

    yield 'empty', get()[0], get()[1:2] + get()[3:4]
    must(net.send(a, bytes(1000)))
    net.settle(a)
    assert net.wait(b, select.POLLIN)
    yield 'waits', get()[0] >= 1000, get()[1:2]
    for size in 0, 1, 4, 7, 40:
        value = net.getopt(b, SOL, 55, size)
        yield f'{size}', value if isinstance(value, int) else len(value), ()


def numbers(net, kind):
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    must(net.send(a, b'x'))
    assert net.wait(b, select.POLLIN)
    cpu = int(net.number(b, SOL, 49))
    yield 'cpu', 0 <= cpu < os.cpu_count()
    yield 'napi', net.number(b, SOL, 56) == '0'


for kind in 'udp', 'tcp':
    case(f'memory {kind}', lambda net, kind: (
        (label, f'{one} {two}') for label, one, two in memory(net, kind)),
        kind)
    case(f'numbers {kind}', numbers, kind)


def lingering(net, on, seconds, state):
    """How long close(2) waits, and what the other side sees."""
    a, b = net.pair()
    blocks(a)
    must(net.setopt(a, SOL, LINGER, struct.pack('ii', on, seconds)))
    if state == 'sent':
        must(net.send(a, b'abc'))
    if state == 'shut':
        must(sys('shutdown', a, S.SHUT_WR))
    if state == 'copied':
        copy = net.keep(sys('dup', a))
        yield 'close', net.close(a)
        yield 'poll', net.polled(b)
        yield 'last', net.close(copy)
    else:
        yield 'close', net.close(a)
    assert net.wait(b, POLLRDHUP)
    yield 'recv', net.recv(b)
    yield 'again', net.recv(b)
    yield 'error', net.error(b)


for on, seconds in (0, 0), (1, 0), (1, 2):
    for state in 'idle', 'sent', 'shut', 'copied':
        if (on, seconds, state) == (1, 0, 'shut'):
            continue	# here, too, a FIN may have gone before, or not
        case(f'lingering {on} {seconds} {state}', lingering, on, seconds,
             state)

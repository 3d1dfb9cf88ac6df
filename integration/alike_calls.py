"""Calls around sockets: signals and waits, masks, numbers and copies of
descriptors, epoll(7)'s modes, SIGIO, flags of accept4(2), io_uring."""
import ctypes
import fcntl
import os
import resource
import select
import signal
import socket as S
import struct
import threading
import time

from alike import (DONTWAIT, NB, NOSIG, POLLRDHUP, WAIT_MS, case, must,
                   poll_text, shown, sys, text)
from alike_stream import (LINGER, OOB, PEEK, RCVTIMEO, SIOCATMARK, SIOCINQ,
                          SIOCOUTQ, SNDTIMEO, SOL, WAITALL, blocks, data,
                          file_of, full, pipe, splice, waits_for)

LONG = struct.pack('qq', 5, 0)
FUTEX = '202' if os.uname().machine == 'x86_64' else '98'


# --------------------------------------------------------- signals while asleep

def sleeps(thread):
    """In a call, and not for Python's lock."""
    with open(f'/proc/self/task/{thread}/syscall', encoding='ascii') as now:
        return now.read().split()[0] not in ('running', FUTEX)


class Signals:
    """SIGUSR1 again and again, until the call that it is for is over. What is
    to come after five of them must not come before the call has met one."""

    def __init__(self, restarts, then=None):
        self.over = threading.Event()
        self.restarts, self.then = restarts, then

    def __enter__(self):
        self.before = signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.siginterrupt(signal.SIGUSR1, not self.restarts)
        to, thread = threading.get_ident(), threading.get_native_id()

        def send():
            sent = 0
            while not self.over.wait(0.01):
                if self.then and not sleeps(thread):
                    continue
                signal.pthread_kill(to, signal.SIGUSR1)
                sent += 1
                if sent == 5 and self.then:
                    self.then()

        self.thread = threading.Thread(target=send)
        self.thread.start()

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()
        signal.signal(signal.SIGUSR1, self.before)


def interrupted(net, kind, call, before, restarts, bounded):
    """What arrives later ends those that go on."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    blocks(b)
    if bounded:
        must(net.setopt(b, SOL, RCVTIMEO, LONG))
    if before:
        must(net.send(a, before))
        net.settle(a)
        assert net.wait(b, select.POLLIN)

    def later():
        must(net.send(a, b'later12345'))

    with Signals(restarts, later):
        yield 'first', INTERRUPTED[call](net, b)


INTERRUPTED = {
    'recv': lambda net, fd: net.recv(fd, 10, 0),
    'recv all': lambda net, fd: net.recv(fd, 10, WAITALL),
    'recv all peek': lambda net, fd: net.recv(fd, 10, WAITALL | PEEK),
    'recvmsg': lambda net, fd: net.recvmsg(fd, 10, 0),
    'read': lambda net, fd: sys('read', fd, data(), ctypes.c_size_t(10)),
    'poll': lambda net, fd: net.poll(fd, select.POLLIN, WAIT_MS),
}

for kind in 'udp', 'tcp':
    for call in INTERRUPTED:
        for before in (b'', b'abc'):
            if before and 'all' not in call or 'all peek' in call and \
                    kind == 'tcp' and not before:
                continue
            for restarts in False, True:
                if call == 'poll' and restarts:
                    continue	# it never goes on
                for bounded in False, True:
                    case(f'interrupted {kind} {call} {before} {restarts} '
                         f'{bounded}', interrupted, kind, call, before,
                         restarts, bounded)


def interrupted_other(net, what):
    """accept(2), connect(2) and send(2)."""
    if what == 'accept':
        fd = net.listener(flags=0)
        call = lambda: sys('accept4', fd, None, None, 0)	# noqa: E731
    elif what == 'connect':
        fd = net.tcp(0)
        call = lambda: net.connect(fd, 'mute', 9)	# noqa: E731
    else:
        fd = blocks(full(net))
        call = lambda: sys('send', fd, bytes(1 << 22),	# noqa: E731
                           ctypes.c_size_t(1 << 22), NOSIG)
    with Signals(False):
        result = call()
        while what == 'send' and result > 0:	# what still fitted
            result = call()
        yield 'first', result
    if what == 'connect':
        yield 'again', net.connect(fd, 'mute', 9)


for what in 'accept', 'connect', 'send':
    case(f'interrupted {what}', interrupted_other, what)


# ---------------------------------------------------------------------- masks

def masked(net, call):
    """A signal that waits is let in for the time of the call alone."""
    a, b = net.pair()
    seen = []
    before = signal.signal(signal.SIGUSR1, lambda *_: seen.append('seen'))
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
    none = bytes(128)
    fds = ctypes.create_string_buffer(struct.pack('=ihh', b, 1, 0), 8)
    sets = ctypes.create_string_buffer(128)
    sets[b // 8] = 1 << b % 8
    timeout = struct.pack('qq', 3, 0)
    event = ctypes.create_string_buffer(12)
    with select.epoll() as epoll:
        epoll.register(b, select.EPOLLIN)
        calls = {
            'ppoll': lambda: sys('ppoll', fds, 1, timeout, none),
            'pselect': lambda: sys('pselect', b + 1, sets, None, None,
                                   timeout, none),
            'epoll_pwait': lambda: sys('epoll_pwait', epoll.fileno(), event, 1,
                                       3000, none),
        }
        yield 'waits', calls[call]()
        yield 'signals', len(seen)
        must(net.send(a, b'x'))
        assert net.wait(b, select.POLLIN)
        sets[b // 8] = 1 << b % 8
        yield 'ready', calls[call]()
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
    signal.signal(signal.SIGUSR1, before)


for call in 'ppoll', 'pselect', 'epoll_pwait':
    case(f'masked {call}', masked, call)


# ------------------------------------------------- numbers, copies, select(2)

def high_number(net, kind):
    """select(2) with a set that is larger than FD_SETSIZE; poll(2)."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    high = 1500
    must(sys('dup2', b, high))
    net.keep(high)
    net.close(b)
    sets = [ctypes.create_string_buffer(256) for _ in range(3)]
    now = struct.pack('qq', 0, 0)

    def look():
        for one in sets:
            one.raw = bytes(256)
            one[high // 8] = 1 << high % 8
        result = sys('select', high + 1, *sets, ctypes.create_string_buffer(
            now))
        return result, [one.raw[high // 8] >> high % 8 for one in sets]

    yield 'empty', f'{look()}'
    must(net.send(a, b'abc'))
    assert net.wait(high, select.POLLIN)
    yield 'data', f'{look()}'
    yield 'recv', net.recvfrom(high)
    yield 'send', net.send(high, b'x')
    yield 'name', net.name(high)
    yield 'close', net.close(high)
    yield 'after', net.recv(high)


for kind in 'udp', 'tcp':
    case(f'high number {kind}', high_number, kind)


def epoll_text(events, names):
    return ' '.join(f'{names.get(fd, fd)}:{poll_text(seen & 0xffff)}'
                    for fd, seen in sorted(events)) or '-'


def epoll_copies(net, kind):
    """epoll(7) watches the socket behind a number for as long as any is open."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    with select.epoll() as epoll:
        epoll.register(b, select.EPOLLIN)
        copy = net.keep(must(sys('dup', b)))
        epoll.register(copy, select.EPOLLIN | select.EPOLLET)
        names = {b: 'first', copy: 'copy'}
        must(net.send(a, b'abc'))
        assert net.wait(b, select.POLLIN)
        yield 'both', epoll_text(epoll.poll(0), names)
        yield 'again', epoll_text(epoll.poll(0), names)
        net.close(b)
        yield 'closed', epoll_text(epoll.poll(0), names)
        try:
            epoll.unregister(b)
            yield 'gone', 'unregistered'
        except OSError as problem:
            yield 'gone', -problem.errno
        yield 'recv', net.recv(copy)
        yield 'empty', epoll_text(epoll.poll(0), names)
        again = net.keep(must(sys('fcntl', copy, fcntl.F_DUPFD_CLOEXEC, 0)))
        yield 'same', again == b
        net.close(again)
        net.close(copy)
        yield 'none', epoll_text(epoll.poll(0), names)


def epoll_by_number(net):
    """As by their names, with an error that only the socket knows."""
    control, wait = (21, 22) if os.uname().machine == 'aarch64' else (233, 281)
    a, b = net.pair()
    event = ctypes.create_string_buffer(struct.pack('=IQ', 1 | 1 << 31, 77))
    instance = net.keep(must(sys('epoll_create1', 0)))
    yield 'add', sys('syscall', ctypes.c_long(control), instance, 1, b, event)
    must(net.setopt(a, SOL, LINGER, struct.pack('ii', 1, 0)))
    net.close(a)
    assert net.wait(b, select.POLLHUP)
    none = ctypes.c_long(0)
    yield 'wait', sys('syscall', ctypes.c_long(wait), instance, event, 1, 0,
                      none, ctypes.c_long(8))
    events, what = struct.unpack('=IQ', event.raw[:12])
    yield 'seen', poll_text(events), what


def epoll_exclusive(net):
    """Each that asks alone is told while a connection waits."""
    listener = net.listener()
    exclusive = 1 << 28
    with select.epoll() as one, select.epoll() as two:
        for epoll in one, two:
            epoll.register(listener, select.EPOLLIN | exclusive)
        try:
            one.modify(listener, select.EPOLLIN | exclusive)
            yield 'modify', 0
        except OSError as problem:
            yield 'modify', -problem.errno
        yield 'none', len(one.poll(0)) + len(two.poll(0))
        must(net.connect(net.tcp(0), 'lo', net.port(listener)))
        assert net.wait(listener, select.POLLIN)
        yield 'one', len(one.poll(0)) + len(two.poll(0)) > 0
        must(net.accept(listener))
        yield 'taken', len(one.poll(0)) + len(two.poll(0))
        edge = net.listener()
        one.register(edge, select.EPOLLIN | exclusive | select.EPOLLET)
        for _ in range(2):
            must(net.connect(net.tcp(0), 'lo', net.port(edge)))
            assert net.wait(edge, select.POLLIN)
            yield 'edge', len(one.poll(1))
            yield 'no edge', len(one.poll(0))


def epoll_connecting(net, to):
    """Edges from before connect(2) to its end."""
    fd = net.tcp()
    listener = net.listener()
    wanted = select.EPOLLIN | select.EPOLLOUT | POLLRDHUP | select.EPOLLET
    with select.epoll() as epoll:
        epoll.register(fd, wanted)
        yield 'fresh', epoll_text(epoll.poll(0), {fd: 'it'})
        port = net.port(listener) if to == 'open' else net.closed_port()
        yield 'connect', net.connect(fd, 'lo', port)
        assert net.wait(fd, select.POLLOUT)
        yield 'told', 'OUT' in epoll_text(epoll.poll(0), {fd: 'it'})
        yield 'again', epoll_text(epoll.poll(0), {fd: 'it'})
        yield 'error', net.error(fd)


def epoll_room(net):
    """An edge of EPOLLOUT when there is room again."""
    fd = full(net)
    peer = net.fds[-1]
    with select.epoll() as epoll:
        epoll.register(fd, select.EPOLLOUT | select.EPOLLET)
        yield 'full', epoll_text(epoll.poll(0), {fd: 'it'})
        peer = [one for one in net.fds if one != fd][0]
        while net.wait(peer, select.POLLIN) and not epoll.poll(0):
            while not net.recv(peer, 100000).startswith('E'):
                pass
        yield 'room', net.poll(fd, select.POLLOUT) & select.POLLOUT


for kind in 'udp', 'tcp':
    case(f'epoll copies {kind}', epoll_copies, kind)
case('epoll by number', lambda net: labelled(epoll_by_number(net)))
case('epoll exclusive', epoll_exclusive)
for to in 'open', 'closed':
    case(f'epoll connecting {to}', epoll_connecting, to)
case('epoll room', epoll_room)


# ---------------------------------------------------------------------- SIGIO

def asynchronous(net, kind, how):
    """FIOASYNC or O_ASYNC with an owner: SIGIO, SIGURG, F_SETSIG's own."""
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    wanted = [signal.SIGIO, signal.SIGURG, signal.SIGUSR2]
    signal.pthread_sigmask(signal.SIG_BLOCK, wanted)

    def came():
        seen = signal.sigtimedwait(wanted, 1)
        while seen and signal.sigtimedwait(wanted, 0):
            pass	# there may be more than one for the same thing
        return signal.Signals(seen.si_signo).name if seen else 'none'

    yield 'owner', sys('fcntl', b, fcntl.F_SETOWN, os.getpid())
    yield 'get', sys('fcntl', b, fcntl.F_GETOWN) == os.getpid()
    if how == 'FIOASYNC':
        yield 'on', sys('ioctl', b, ctypes.c_ulong(0x5452),
                        ctypes.byref(ctypes.c_int(1)))
        yield 'flags', bool(fcntl.fcntl(b, fcntl.F_GETFL) & os.O_ASYNC)
    elif how == 'SIGURG':
        pass
    else:
        if how == 'F_SETSIG':
            yield 'signal', sys('fcntl', b, 10, signal.SIGUSR2)
        yield 'on', sys('fcntl', b, fcntl.F_SETFL,
                        os.O_RDWR | os.O_NONBLOCK | os.O_ASYNC)
    while signal.sigtimedwait(wanted, 0):
        pass	# that it could be written to
    must(net.send(a, b'X', OOB if how == 'SIGURG' else 0))
    yield 'came', came()
    yield 'recv', net.recv(b, 9, DONTWAIT | (OOB if how == 'SIGURG' else 0))
    if kind == 'tcp' and how != 'SIGURG':
        net.close(a)
        yield 'ended', came()
        yield 'recv', net.recv(b)
    if how == 'FIOASYNC':
        yield 'off', sys('ioctl', b, ctypes.c_ulong(0x5452),
                         ctypes.byref(ctypes.c_int(0)))
        yield 'flags', bool(fcntl.fcntl(b, fcntl.F_GETFL) & os.O_ASYNC)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, wanted)


for kind, how in (('tcp', 'FIOASYNC'), ('tcp', 'O_ASYNC'),
                  ('tcp', 'F_SETSIG'), ('tcp', 'SIGURG'),
                  ('udp', 'FIOASYNC'), ('udp', 'F_SETSIG')):
    case(f'asynchronous {kind} {how}', asynchronous, kind, how)


def asynchronous_listener(net):
    fd = net.listener()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGIO])
    must(sys('fcntl', fd, fcntl.F_SETOWN, os.getpid()))
    must(sys('fcntl', fd, fcntl.F_SETFL,
             os.O_RDWR | os.O_NONBLOCK | os.O_ASYNC))
    must(net.connect(net.tcp(0), 'lo', net.port(fd)))
    yield 'came', bool(signal.sigtimedwait([signal.SIGIO], 3))
    assert net.wait(fd, select.POLLIN)
    server = must(net.accept(fd))
    yield 'inherits', bool(fcntl.fcntl(server, fcntl.F_GETFL) & os.O_ASYNC)
    while signal.sigtimedwait([signal.SIGIO], 0):
        pass
    signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGIO])


case('asynchronous listener', asynchronous_listener)


# ------------------------------------------------------------------ accept4(2)

def accepted_flags(net, flags, listening):
    """What the new descriptor has of them, whatever the listener has."""
    listener = net.listener(flags=listening)
    must(net.connect(net.tcp(0), 'lo', net.port(listener)))
    assert net.wait(listener, select.POLLIN)
    result = net.accept(listener, flags)
    yield 'accept', result if result < 0 else 'one'
    if result < 0:
        return
    yield 'status', fcntl.fcntl(result, fcntl.F_GETFL) & ~0o100000
    yield 'flags', fcntl.fcntl(result, fcntl.F_GETFD)
    yield 'recv', net.recv(result, flags=DONTWAIT)


for flags in 0, NB, S.SOCK_CLOEXEC, NB | S.SOCK_CLOEXEC, 1, 0x40, 1 << 30:
    for listening in 0, NB, S.SOCK_CLOEXEC:
        case(f'accept4 {int(flags):x} {int(listening):x}', accepted_flags,
             flags, listening)


# --------------------------------------------------- no number, or one, is left

def limited(net, what, left):
    """So many numbers are free; what already waits does not change that."""
    shown(b'')	# opens files, the first time
    listener = net.listener(flags=0)
    client = net.tcp()
    if 'waiting' in what:
        net.connect(client, 'lo', net.port(listener))
        assert net.wait(listener, select.POLLIN)
    free = [os.dup(client) for _ in range(left + 1)]
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (free[-1], before[1]))
    for fd in free:
        os.close(fd)
    try:
        if 'accept' in what:
            yield 'result', net.accept(listener, 0) > 0 if left else \
                net.accept(listener, 0)
        else:
            kind = {'stream': S.SOCK_STREAM, 'dgram': S.SOCK_DGRAM,
                    'close-on-exec': S.SOCK_DGRAM | S.SOCK_CLOEXEC,
                    'nonblocking': S.SOCK_DGRAM | NB}[what]
            fd = net.keep(sys('socket', net.family, kind, 0))
            yield 'result', fd if fd < 0 else 'one'
            if fd >= 0:
                yield 'flags', fcntl.fcntl(fd, fcntl.F_GETFD)
                yield 'status', fcntl.fcntl(fd, fcntl.F_GETFL) & ~0o100000
                yield 'bind', net.bind(fd)
                yield 'sent', net.sendto(fd, b'abc', net.port(fd))
                yield 'wait', net.wait(fd, select.POLLIN)
                yield 'came', net.recvfrom(fd)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


for left in 0, 1:
    for what in 'accept', 'accept waiting', 'stream', 'dgram', \
            'close-on-exec', 'nonblocking':
        if (what, left) != ('accept', 1):	# it would wait
            case(f'limited {what} {left}', limited, what, left)


def left_by(net, how):
    """A listener whose process ends: nobody is connected any more."""
    said = []
    for _ in range(10):
        reader, writer = os.pipe()
        child = os.fork()
        if not child:
            fd = net.listener()
            os.write(writer, struct.pack('H', net.port(fd)))
            if how == 'exit':
                os._exit(0)
            signal.pause()
        port = struct.unpack('H', os.read(reader, 2))[0]
        if how == 'kill':
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reader)
        os.close(writer)
        fd = net.tcp(0)
        said.append(text(net.connect(fd, 'lo', port)))
        net.close(fd)
    yield 'connect', ' '.join(said)


for how in 'exit', 'kill':
    case(f'left by {how}', left_by, how)


# ------------------------------------------------------------- close and linger

def lingering_full(net, blocking):
    """close(2) waits for bytes that nobody takes, O_NONBLOCK or not."""
    fd, peer = net.pair()
    must(net.setopt(peer, SOL, S.SO_RCVBUF, 3000))
    while net.poll(fd, select.POLLOUT, 50):
        net.send(fd, bytes(100000))
    if blocking:
        blocks(fd)
    must(net.setopt(fd, SOL, LINGER, struct.pack('ii', 1, 1)))
    start = time.monotonic()
    yield 'close', net.close(fd)
    yield 'waited', time.monotonic() - start > 0.9


for blocking in False, True:
    case(f'lingering full {blocking}', lingering_full, blocking)


# --------------------------------------------- preadv2(2), pwritev2(2), RWF_...

def with_flags(net, kind, flags):
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    blocks(b)
    must(net.setopt(b, SOL, RCVTIMEO, LONG))
    room = data(20)
    pieces = ctypes.create_string_buffer(struct.pack(
        'PLPL', ctypes.addressof(room), 5, ctypes.addressof(room) + 5, 15))
    here = ctypes.c_long(-1)

    def read():
        room.raw = bytes(20)
        result = sys('preadv2', b, pieces, 2, here, flags)
        return text(result) if result < 0 else f'{result} {room.raw[:result]}'

    if flags & 8:	# RWF_NOWAIT: nothing is there
        yield 'none', read()
    yield 'write', sys('pwritev2', a, pieces, 1, here, flags)
    net.settle(a)
    if net.poll(b, select.POLLIN, 100):
        yield 'read', read()
    yield 'place', sys('preadv2', b, pieces, 2, ctypes.c_long(0), flags)
    if kind == 'tcp':
        must(net.setopt(a, SOL, LINGER, struct.pack('ii', 1, 0)))
        net.close(a)
        assert net.wait(b, select.POLLHUP)
        yield 'reset', read()
        yield 'then', read()
        yield 'write', sys('pwritev2', b, pieces, 1, here, flags)


for kind in 'udp', 'tcp':
    for flags in 0, 1, 2, 4, 8, 16, 32, 64, 1 << 20:
        case(f'preadv2 {kind} {flags}', with_flags, kind, flags)


# ------------------------------------------------ copies between files and such

def copied_wrong(net, kind):
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    source, sink = pipe(net)
    disk = file_of(net, b'abcdef')
    os.write(sink, b'abc')
    size = ctypes.c_size_t(3)
    yield 'copy to', sys('copy_file_range', disk, None, a, None, size, 0)
    yield 'copy from', sys('copy_file_range', b, None, disk, None, size, 0)
    yield 'tee to', sys('tee', source, a, size, 0)
    yield 'tee from', sys('tee', b, sink, size, 2)
    keep = ctypes.create_string_buffer(b'abc')
    pieces = struct.pack('PL', ctypes.addressof(keep), 3)
    yield 'vmsplice', sys('vmsplice', a, pieces, ctypes.c_size_t(1), 0)
    offset = ctypes.c_long(0)
    yield 'offset out', sys('splice', source, None, a, ctypes.byref(offset),
                            size, 2)
    yield 'offset in', sys('splice', b, ctypes.byref(offset), sink, None,
                           size, 2)
    yield 'no pipe', splice(disk, a)
    yield 'both', splice(source, sink)
    yield 'nothing', splice(source, a, 0)
    yield 'flags', splice(source, a, 3, 1 << 10)
    for name in 'fsync', 'fdatasync':
        yield name, sys(name, a)
    yield 'lseek', sys('lseek', a, ctypes.c_long(0), 1)
    yield 'pread', sys('pread', b, data(), size, ctypes.c_long(0))
    yield 'pwrite', sys('pwrite', a, data(), size, ctypes.c_long(0))


for kind in 'udp', 'tcp':
    case(f'copied wrong {kind}', copied_wrong, kind)


# ------------------------------------------------------------------ io_uring(7)

class Ring:
    """One request at a time: io_uring_setup(2), io_uring_enter(2); past who
    interposes syscall(2), as by a program's own instructions."""
    SETUP, ENTER = 425, 426
    syscall = ctypes.CDLL('libc.so.6', use_errno=True).syscall

    def __init__(self):
        import mmap
        params = ctypes.create_string_buffer(120)
        self.fd = must(self.syscall(ctypes.c_long(self.SETUP), 4, params))
        self.sq, self.cq = (struct.unpack_from('10I', params, at)
                            for at in (40, 80))
        sq_entries, cq_entries = struct.unpack_from('II', params)
        self.rings = mmap.mmap(self.fd, max(
            self.sq[6] + 4 * sq_entries, self.cq[5] + 16 * cq_entries))
        self.entries = mmap.mmap(self.fd, 64 * sq_entries, offset=0x10000000)

    def number(self, at):
        return struct.unpack_from('I', self.rings, at)[0]

    def ask(self, op, fd, address=0, length=0, offset=0, flags=0):
        """The result of one request, which is waited for."""
        tail = self.number(self.sq[1])
        index = tail & self.number(self.sq[2])
        self.entries[64 * index:64 * index + 64] = struct.pack(
            '=BBHiQQII', op, 0, 0, fd, offset, address, length, flags) + \
            bytes(32)
        struct.pack_into('I', self.rings, self.sq[6] + 4 * index, index)
        struct.pack_into('I', self.rings, self.sq[1], tail + 1)
        must(self.syscall(ctypes.c_long(self.ENTER), self.fd, 1, 1, 1, None,
                          ctypes.c_long(0)))
        head = self.number(self.cq[0])
        index = head & self.number(self.cq[2])
        result = struct.unpack_from(
            '=Qi', self.rings, self.cq[5] + 16 * index)[1]
        struct.pack_into('I', self.rings, self.cq[0], head + 1)
        return result

    def close(self):
        self.rings.close()
        self.entries.close()
        os.close(self.fd)


ACCEPT, CONNECT, SEND, RECV, SENDMSG, RECVMSG, POLL, READ, WRITE, CLOSE, \
    SHUTDOWN, SOCKET = 13, 16, 26, 27, 9, 10, 6, 22, 23, 19, 34, 45


def uring_stream(net):
    a, b = net.pair()
    ring = Ring()
    room = data(100)
    at = ctypes.addressof(room)
    room.raw = b'abcdef' + bytes(94)
    yield 'send', ring.ask(SEND, a, at, 6)
    yield 'poll', ring.ask(POLL, b, flags=1) & 1
    yield 'recv', ring.ask(RECV, b, at, 3), room.raw[:3]
    yield 'read', ring.ask(READ, b, at, 9, 0xffffffffffffffff), room.raw[:3]
    yield 'write', ring.ask(WRITE, b, at, 2, 0xffffffffffffffff)
    assert net.wait(a, select.POLLIN)
    yield 'came', net.recv(a)
    yield 'nothing', ring.ask(RECV, a, at, 9, 0, DONTWAIT)
    yield 'shutdown', ring.ask(SHUTDOWN, a, 0, S.SHUT_WR)
    yield 'end', ring.ask(RECV, b, at, 9)
    ring.close()


def uring_message(net, kind):
    a, b = net.udp_pair() if kind == 'udp' else net.pair()
    ring = Ring()
    out, into = net.message(b'abcdef'), net.message(bytes(20), bytes(28))
    yield 'send', ring.ask(SENDMSG, a, ctypes.addressof(out), 1)
    assert net.wait(b, select.POLLIN)
    result = ring.ask(RECVMSG, b, ctypes.addressof(into), 1)
    yield 'recv', net.message_text(into, result)
    ring.close()


def uring_accept(net):
    listener = net.listener(flags=0)
    ring = Ring()
    client = net.tcp(0)
    must(net.connect(client, 'lo', net.port(listener)))
    server = net.keep(ring.ask(ACCEPT, listener))
    yield 'accept', server if server < 0 else 'one'
    yield 'name', net.name(server)
    yield 'peer', net.name(server, 'getpeername')
    yield 'type', net.number(server, SOL, S.SO_DOMAIN)
    must(net.send(client, b'abc'))
    assert net.wait(server, select.POLLIN)
    yield 'came', net.recv(server)
    yield 'close', ring.ask(CLOSE, client)
    net.fds.remove(client)
    assert net.wait(server, POLLRDHUP)
    yield 'end', net.recv(server)
    ring.close()


def uring_connect(net):
    listener, fd = net.listener(), net.tcp(0)
    ring = Ring()
    name = ctypes.create_string_buffer(net.address(
        'lo', net.port(listener)))
    yield 'connect', ring.ask(CONNECT, fd, ctypes.addressof(name), 0,
                              16 if net.v == 4 else 28)
    yield 'accept', net.wait(listener, select.POLLIN)
    ring.close()


def uring_setup(net):
    params = ctypes.create_string_buffer(120)
    result = sys('syscall', ctypes.c_long(Ring.SETUP), 4, params)
    yield 'syscall', result if result < 0 else net.keep(result) and 'one'


def labelled(pieces):
    for label, *values in pieces:
        yield label, ' '.join(map(text, values))


case('io_uring setup', lambda net: labelled(uring_setup(net)))
case('io_uring stream', lambda net: labelled(uring_stream(net)))
for kind in 'udp', 'tcp':
    case(f'io_uring message {kind}', uring_message, kind)
case('io_uring accept', uring_accept)
case('io_uring connect', uring_connect)

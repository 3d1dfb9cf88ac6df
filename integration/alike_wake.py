"""Calls that are asleep while another thread shuts their socket down."""
import ctypes
import select
import socket as S
import struct
import threading

from alike import NOSIG, POLLRDHUP, case, must, poll_text, sys

TCP_INFO, SYN_SENT = 11, 2
BOUND = struct.pack('qq', 5, 0)	# nobody waits for longer


def receiving(fd):
    room = ctypes.create_string_buffer(9)
    return sys('recv', fd, room, ctypes.c_size_t(9), 0)


def polling(fd):
    watch = select.poll()
    watch.register(fd, select.POLLIN | POLLRDHUP)
    ready = watch.poll(5000)
    return poll_text(ready[0][1]) if ready else 'nothing'


def accepting(fd):
    return sys('accept4', fd, None, None, 0)


def is_connecting(fd):
    room, length = ctypes.create_string_buffer(8), ctypes.c_int(8)
    must(sys('getsockopt', fd, S.IPPROTO_TCP, TCP_INFO, room,
             ctypes.byref(length)))
    return room[0] == bytes((SYN_SENT,))


def woken(net, make, call, how):
    """Whether it sleeps already does not matter but for connect(2)."""
    fd = make(net)
    must(net.setopt(fd, S.SOL_SOCKET, S.SO_RCVTIMEO, BOUND))
    results = []
    if call is None:
        def call(fd):
            return net.connect(fd, 'mute', 9)
        connects = True
    else:
        connects = False
    thread = threading.Thread(target=lambda: results.append(call(fd)))
    thread.start()
    while connects and not is_connecting(fd):
        pass
    yield 'shutdown', sys('shutdown', fd, how)
    thread.join()
    yield 'woken', results[0]
    yield 'send', sys('send', fd, b'x', ctypes.c_size_t(1), NOSIG)


def bound_udp(net):
    fd = net.udp(0)
    must(net.bind(fd))
    return fd


def connected_udp(net):
    fd = bound_udp(net)
    must(net.connect(fd, 'lo', 9))
    return fd


def stream(net):
    return net.pair(0)[0]


def listener(net):
    return net.listener(flags=0)


def fresh(net):
    return net.tcp(0)


for make in bound_udp, connected_udp, stream:
    for call in receiving, polling:
        for how in 'RD', 'RDWR':
            case(f'woken {make.__name__} {call.__name__} {how}', woken, make,
                 call, getattr(S, 'SHUT_' + how))
for how in 'RD', 'RDWR':
    case(f'woken accept {how}', woken, listener, accepting,
         getattr(S, 'SHUT_' + how))
for how in 'RD', 'WR', 'RDWR':
    case(f'woken connect {how}', woken, fresh, None,
         getattr(S, 'SHUT_' + how))


# -------------------------------------------------------------------- aio(7)

READ, WRITE, NOP, SIGEV_NONE = 0, 1, 2, 1


class Request:
    """A struct aiocb."""

    def __init__(self, fd, op, data):
        self.room = ctypes.create_string_buffer(data, len(data))
        self.block = ctypes.create_string_buffer(struct.pack(
            'iiixxxxPLPii', fd, op, 0, ctypes.addressof(self.room), len(data),
            0, 0, SIGEV_NONE), 168)

    def ask(self):
        return sys('aio_write' if self.block[4] == b'\1' else 'aio_read',
                   self.block)

    def result(self):
        one = (ctypes.c_void_p * 1)(ctypes.addressof(self.block))
        must(sys('aio_suspend', one, 1, None))
        error = sys('aio_error', self.block)
        count = sys('aio_return', self.block)
        return f'{error} {count}:{self.room.raw[:max(count, 0)].decode()}'


def aio_stream(net):
    a, b = net.pair()
    late = Request(b, READ, bytes(9))	# asleep, until the bytes come
    must(sys('fcntl', b, 4, 0))
    yield 'read', late.ask()
    wrote = Request(a, WRITE, b'abcdef')
    yield 'write', wrote.ask()
    yield 'wrote', wrote.result()
    yield 'came', late.result()
    must(net.send(b, b'xyz'))
    assert net.wait(a, select.POLLIN)
    both = [Request(a, READ, bytes(9)), Request(a, WRITE, b'ghi'),
            Request(a, NOP, b'')]
    table = (ctypes.c_void_p * 3)(*(ctypes.addressof(one.block)
                                    for one in both))
    yield 'list', sys('lio_listio', 0, table, 3, None)
    yield 'read 2', both[0].result()
    yield 'wrote 2', both[1].result()
    assert net.wait(b, select.POLLIN)
    yield 'came 2', net.recv(b)


def aio_reset(net):
    """What the peer's close has thrown away does not look like an end."""
    a, b = net.pair(0)
    must(net.send(b, b'xyz'))
    first = Request(b, READ, bytes(9))
    must(first.ask())
    assert net.wait(a, select.POLLIN)
    must(net.send(b, b'x'))
    must(net.setopt(a, S.SOL_SOCKET, S.SO_LINGER, struct.pack('ii', 1, 0)))
    net.close(a)
    yield 'read', first.result()
    last = Request(b, READ, bytes(9))
    must(last.ask())
    yield 'end', last.result()


def aio_datagram(net):
    a, b = net.udp_pair()
    must(net.send(a, b'abcdef'))
    assert net.wait(b, select.POLLIN)
    yield 'read', Request(b, READ, bytes(9)).ask()


case('aio stream', aio_stream)
case('aio reset', aio_reset)
case('aio datagram', aio_datagram)

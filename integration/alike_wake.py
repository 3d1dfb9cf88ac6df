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

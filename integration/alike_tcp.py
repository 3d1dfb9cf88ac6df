"""Every state of a TCP socket, and every call on it."""
import ctypes
import fcntl
import os
import select
import socket as S
import struct
import termios

from alike import DONTWAIT, NB, POLLRDHUP, case, must, sys, text

SIOCATMARK = 0x8905
SIOCINQ, SIOCOUTQ = 0x541B, 0x5411
TCP_INFO = 11

# ------------------------------------------------------------------- states


def fresh(net):
    return net.tcp()


def bound(net):
    fd = net.tcp()
    must(net.bind(fd))
    return fd


def bound_any(net):
    fd = net.tcp()
    must(net.bind(fd, 'any'))
    return fd


def listening(net):
    return net.listener()


def with_connection(net):
    fd = net.listener()
    must(net.connect(net.tcp(0), 'lo', net.port(fd)))
    assert net.wait(fd, select.POLLIN)
    return fd


def connecting(net):
    """Nobody answers."""
    fd = net.tcp()
    net.connect(fd, 'dead', 9)
    return fd


def connected_untold(net):
    """Of its success no connect() has told."""
    listener = net.listener()
    fd = net.tcp()
    assert text(net.connect(fd, 'lo', net.port(listener))) == 'EINPROGRESS'
    assert net.wait(fd, select.POLLOUT)
    return fd


def refused(net):
    fd = net.tcp(0)
    net.connect(fd, 'lo', net.closed_port())
    must(sys('fcntl', fd, fcntl.F_SETFL, os.O_RDWR | os.O_NONBLOCK))
    return fd


def refused_later(net):
    """By a neighbour: the answer takes a moment."""
    fd = net.tcp()
    net.connect(fd, 'near', 9)
    net.wait(fd, select.POLLHUP)
    return fd


def refused_told(net):
    fd = refused_later(net)
    net.error(fd)
    return fd


def established(net):
    fd, net.peer = net.pair()
    return fd


def accepted(net):
    net.peer, fd = net.pair()
    return fd


def with_data(net):
    fd = established(net)
    must(net.send(net.peer, b'abcdef'))
    assert net.wait(fd, select.POLLIN)
    return fd


def peer_shut(net):
    fd = established(net)
    must(sys('shutdown', net.peer, S.SHUT_WR))
    assert net.wait(fd, POLLRDHUP)
    return fd


def peer_shut_with_data(net):
    fd = established(net)
    must(net.send(net.peer, b'abcdef'))
    must(sys('shutdown', net.peer, S.SHUT_WR))
    assert net.wait(fd, POLLRDHUP)
    return fd


def own_shut(net):
    fd = established(net)
    must(sys('shutdown', fd, S.SHUT_WR))
    assert net.wait(net.peer, POLLRDHUP)
    return fd


def own_read_shut(net):
    fd = established(net)
    must(sys('shutdown', fd, S.SHUT_RD))
    return fd


def both_shut(net):
    fd = own_shut(net)
    must(sys('shutdown', net.peer, S.SHUT_WR))
    assert net.wait(fd, select.POLLHUP)
    return fd


def peer_closed(net):
    fd = established(net)
    net.close(net.peer)
    assert net.wait(fd, POLLRDHUP)
    return fd


def reset(net):
    fd = established(net)
    must(net.setopt(net.peer, S.SOL_SOCKET, S.SO_LINGER,
                    struct.pack('ii', 1, 0)))
    net.close(net.peer)
    assert net.wait(fd, select.POLLHUP)
    return fd


def reset_told(net):
    fd = reset(net)
    net.error(fd)
    return fd


def reset_with_data(net):
    fd = with_data(net)
    must(net.setopt(net.peer, S.SOL_SOCKET, S.SO_LINGER,
                    struct.pack('ii', 1, 0)))
    net.close(net.peer)
    assert net.wait(fd, select.POLLHUP)
    return fd


def disconnected(net):
    fd = established(net)
    must(net.disconnect(fd))
    return fd


def unlistened(net):
    fd = listening(net)
    must(sys('shutdown', fd, S.SHUT_RD))
    return fd


def listen_refused(net):
    """Two may be bound to one port, but one of them may listen."""
    fd = net.tcp()
    other = net.tcp()
    for one in fd, other:
        must(net.setopt(one, S.SOL_SOCKET, S.SO_REUSEADDR, 1))
    must(net.bind(other, 'lo'))
    must(net.bind(fd, 'lo', net.port(other)))
    must(sys('listen', other, 1))
    assert text(sys('listen', fd, 1)) == 'EADDRINUSE'
    return fd


STATES = (fresh, bound, bound_any, listening, with_connection, connecting,
          connected_untold, refused, refused_later, refused_told, established, accepted,
          with_data, peer_shut,
          peer_shut_with_data, own_shut, own_read_shut, both_shut,
          peer_closed, reset, reset_told, reset_with_data, disconnected,
          unlistened, listen_refused)

# -------------------------------------------------------------------- calls


def connect_end(net, fd, result):
    """What poll() says once an attempt in the background is over."""
    if text(result) != 'EINPROGRESS':
        return 'none'
    net.wait(fd, select.POLLOUT)
    return net.polled(fd)


def connect_closed(net, fd):
    """Once more, to a port where nobody listens."""
    port = net.closed_port()
    result = net.connect(fd, 'lo', port)
    yield 'connect', result
    yield 'end', connect_end(net, fd, result)
    yield 'next', net.connect(fd, 'lo', port)
    yield 'error', net.error(fd)


def connect_open(net, fd):
    listener = net.listener()
    result = net.connect(fd, 'lo', net.port(listener))
    yield 'connect', result
    yield 'end', connect_end(net, fd, result)
    yield 'next', net.connect(fd, 'lo', net.port(listener))
    yield 'third', net.connect(fd, 'lo', net.port(listener))
    yield 'peer', net.name(fd, 'getpeername')


def disconnect(net, fd):
    yield 'connect', net.disconnect(fd)
    yield 'error', net.error(fd)
    yield 'local', net.name(fd)
    yield 'peer', net.name(fd, 'getpeername')
    yield 'poll', net.polled(fd)


def wrong_connect(net, fd):
    name = net.address('lo', 9)
    yield 'short', sys('connect', fd, name, 8)
    yield 'none', sys('connect', fd, None, 16)
    yield 'length 1', sys('connect', fd, name, 1)
    yield 'family', sys('connect', fd, struct.pack('=H', 77) + name[2:],
                        len(name))


def bind(net, fd):
    yield 'bind', net.bind(fd)
    yield 'again', net.bind(fd)
    yield 'far', net.bind(fd, 'far')


def listen(net, fd):
    yield 'listen', sys('listen', fd, 3)
    yield 'again', sys('listen', fd, -1)
    yield 'accepts', net.number(fd, S.SOL_SOCKET, S.SO_ACCEPTCONN)
    yield 'state', tcp_state(net, fd)
    yield 'poll', net.polled(fd)


def accept(net, fd):
    result = net.accept(fd)
    yield 'accept', min(result, 0)
    yield 'bad flags', sys('accept4', fd, None, None, 1)
    yield 'again', min(net.accept(fd), 0)


def names(net, fd):
    yield 'local', net.name(fd)
    yield 'peer', net.name(fd, 'getpeername')
    yield 'short', net.name(fd, 'getsockname', 2)
    yield 'peer short', net.name(fd, 'getpeername', 2)
    yield 'none', sys('getsockname', fd, None, None)
    yield 'peer none', sys('getpeername', fd, None, None)
    length = ctypes.c_int(-1)
    yield 'negative', sys('getsockname', fd, ctypes.create_string_buffer(32),
                          ctypes.byref(length))


def tcp_state(net, fd):
    value = net.getopt(fd, S.IPPROTO_TCP, TCP_INFO, 104)
    if not isinstance(value, bytes):
        return text(value)
    return 'FIN-WAIT' if value[0] in (4, 5) else str(value[0])


def state(net, fd):
    yield 'info', tcp_state(net, fd)
    for name in 'TYPE', 'DOMAIN', 'PROTOCOL', 'ACCEPTCONN':
        yield name, net.number(fd, S.SOL_SOCKET, getattr(S, 'SO_' + name))


def await_reset(net, fd):
    """What is sent to a socket that was closed is answered by one."""
    if getattr(net, 'peer', -1) not in net.fds + [-1]:
        net.wait(fd, select.POLLHUP)


def send(net, fd):
    yield 'send', net.send(fd, b'abc')
    await_reset(net, fd)
    yield 'again', net.send(fd, b'abc')
    yield 'error', net.error(fd)


def send_nothing(net, fd):
    yield 'send', net.send(fd, b'')
    yield 'write', sys('write', fd, b'', ctypes.c_size_t(0))


def sendto(net, fd):
    yield 'sendto', net.sendto(fd, b'abc', 9)
    await_reset(net, fd)
    yield 'oob', net.send(fd, b'a', S.MSG_OOB)


def send_wrong(net, fd):
    yield 'null', sys('send', fd, None, ctypes.c_size_t(4), S.MSG_NOSIGNAL)
    yield 'sendmsg null', sys('sendmsg', fd, None, S.MSG_NOSIGNAL)
    yield 'errqueue', net.send(fd, b'a', S.MSG_ERRQUEUE)


def recv(net, fd):
    yield 'recv', net.recv(fd, 4)
    yield 'again', net.recv(fd)
    yield 'third', net.recv(fd)
    yield 'error', net.error(fd)


def recv_peek(net, fd):
    yield 'peek', net.recv(fd, 4, DONTWAIT | S.MSG_PEEK)
    yield 'again', net.recv(fd, 100, DONTWAIT | S.MSG_PEEK)
    yield 'recv', net.recv(fd, 3)


def recv_nothing(net, fd):
    yield 'recv', net.recv(fd, 0)
    yield 'read', sys('read', fd, ctypes.create_string_buffer(1),
                      ctypes.c_size_t(0))


def recv_trunc(net, fd):
    yield 'recv', sys('recv', fd, None, ctypes.c_size_t(4),
                      DONTWAIT | S.MSG_TRUNC)
    yield 'rest', net.recv(fd)


def recv_all(net, fd):
    yield 'waitall', net.recv(fd, 100, DONTWAIT | S.MSG_WAITALL)


def recvfrom(net, fd):
    yield 'recvfrom', net.recvfrom(fd)


def recv_oob(net, fd):
    yield 'oob', net.recv(fd, 1, S.MSG_OOB | DONTWAIT)
    yield 'errqueue', net.recv(fd, 1, S.MSG_ERRQUEUE | DONTWAIT)


def recv_wrong(net, fd):
    yield 'null', sys('recv', fd, None, ctypes.c_size_t(4), DONTWAIT)
    yield 'recvmsg null', sys('recvmsg', fd, None, DONTWAIT)


def shutdown_read(net, fd):
    yield 'shutdown', sys('shutdown', fd, S.SHUT_RD)
    yield 'again', sys('shutdown', fd, S.SHUT_RD)
    net.wait(fd, select.POLLIN)     # the stack ends a connect(2) in progress
    yield 'recv', net.recv(fd)
    yield 'send', net.send(fd)


def shutdown_write(net, fd):
    ends = net.poll(fd) & POLLRDHUP	# a moment later it is closed
    yield 'shutdown', sys('shutdown', fd, S.SHUT_WR)
    yield 'send', net.send(fd)
    if not ends:
        yield 'again', sys('shutdown', fd, S.SHUT_WR)


def shutdown_both(net, fd):
    yield 'shutdown', sys('shutdown', fd, S.SHUT_RDWR)
    yield 'send', net.send(fd)
    yield 'recv', net.recv(fd)


def shutdown_wrong(net, fd):
    yield 'three', sys('shutdown', fd, 3)
    yield 'negative', sys('shutdown', fd, -1)


def error(net, fd):
    yield 'error', net.error(fd)
    yield 'again', net.error(fd)
    yield 'poll', net.polled(fd)


def ioctls(net, fd):
    yield 'inq', net.ioctl(fd, SIOCINQ)
    outq = net.ioctl(fd, SIOCOUTQ)	# a FIN may still count
    yield 'outq', 'some' if outq.isdigit() else outq
    yield 'atmark', net.ioctl(fd, SIOCATMARK)
    yield 'unknown', net.ioctl(fd, 0x89ff)
    yield 'terminal', net.ioctl(fd, termios.TCGETS)


def poll(net, fd):
    yield 'poll', net.polled(fd)
    yield 'in alone', net.poll(fd, select.POLLIN)
    yield 'out alone', net.poll(fd, select.POLLOUT)
    yield 'nothing', net.poll(fd, 0)


def selects(net, fd):
    ready = select.select([fd], [fd], [fd], 0)
    yield 'select', ''.join('RWX'[i] for i in range(3) if ready[i]) or '-'


def epolls(net, fd):
    with select.epoll() as epoll:
        epoll.register(fd, select.EPOLLIN | select.EPOLLOUT | POLLRDHUP |
                       select.EPOLLPRI)
        yield 'level', [event & ~0x300 for _, event in epoll.poll(0)]
        epoll.modify(fd, select.EPOLLIN | select.EPOLLOUT | POLLRDHUP |
                     select.EPOLLET)
        yield 'edge', [event & ~0x300 for _, event in epoll.poll(0)]
        yield 'no edge', len(epoll.poll(0))


def options(net, fd):
    yield 'set', net.setopt(fd, S.SOL_SOCKET, S.SO_KEEPALIVE)
    yield 'get', net.number(fd, S.SOL_SOCKET, S.SO_KEEPALIVE)
    yield 'nodelay', net.setopt(fd, S.IPPROTO_TCP, S.TCP_NODELAY)
    yield 'get nodelay', net.number(fd, S.IPPROTO_TCP, S.TCP_NODELAY)
    yield 'unknown', net.setopt(fd, S.IPPROTO_TCP, 200)
    yield 'get unknown', net.number(fd, S.IPPROTO_TCP, 200)
    yield 'timeout', net.setopt(fd, S.SOL_SOCKET, S.SO_RCVTIMEO,
                                struct.pack('qq', 1, 500000))
    yield 'get timeout', net.getopt(fd, S.SOL_SOCKET, S.SO_RCVTIMEO, 16)


def files(net, fd):
    flags = fcntl.fcntl(fd, fcntl.F_GETFL)
    yield 'flags', oct(flags & (os.O_NONBLOCK | os.O_ACCMODE))
    yield 'seek', sys('lseek', fd, ctypes.c_long(0), 0)
    yield 'pread', sys('pread', fd, ctypes.create_string_buffer(1),
                       ctypes.c_size_t(1), ctypes.c_long(0))
    yield 'fsync', sys('fsync', fd)
    yield 'ftruncate', sys('ftruncate', fd, ctypes.c_long(0))
    yield 'stat', os.fstat(fd).st_mode >> 12
    yield 'isatty', sys('isatty', fd)


CALLS = (connect_closed, connect_open, disconnect, wrong_connect,
         bind, listen, accept, names, state, send,
         send_nothing, sendto, send_wrong, recv, recv_peek, recv_nothing,
         recv_trunc, recv_all, recvfrom, recv_oob, recv_wrong, shutdown_read,
         shutdown_write, shutdown_both, shutdown_wrong, error, ioctls, poll,
         selects, epolls, options, files)


def one(net, make, call):
    yield from call(net, make(net))


# A moment later nothing is left of the connection: what they see depends.
TOO_SOON = bind, listen, options
for make in STATES:
    for function in CALLS:
        if make == both_shut and function in TOO_SOON:
            continue
        case(f'tcp {make.__name__}: {function.__name__}', one, make, function)

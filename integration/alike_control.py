"""Control messages: what recvmsg(2) tells, what sendmsg(2) is told."""
import ctypes
import select
import socket as S
import struct

from alike import DONTWAIT, NB, case, control, must, sys

ERRQUEUE = DONTWAIT | S.MSG_ERRQUEUE
IP, IPV6, UDP = 0, 41, 17
PKTINFO, RECVTTL, RECVTOS, RECVERR, ORIGDST = 8, 12, 13, 11, 20
# level, option of the family's own
OF = {4: dict(pktinfo=(IP, PKTINFO), ttl=(IP, RECVTTL), tos=(IP, RECVTOS),
              err=(IP, RECVERR), orig=(IP, ORIGDST), discover=(IP, 10)),
      6: dict(pktinfo=(IPV6, 49), ttl=(IPV6, 51), tos=(IPV6, 66),
              err=(IPV6, 25), orig=(IPV6, 74), discover=(IPV6, 23))}
SENT = {4: dict(ttl=(IP, 2), tos=(IP, 1)), 6: dict(ttl=(IPV6, 52),
                                                   tos=(IPV6, 67))}


def ask(net, fd, *names):
    for name in names:
        must(net.setopt(fd, *OF[net.v][name]))


def receiver(net, *names, host='any'):
    fd = net.udp()
    must(net.bind(fd, host))
    ask(net, fd, *names)
    return fd


# ------------------------------------------------------------------ received

def told(net, names):
    fd, sender = receiver(net, *names), net.udp()
    for data, host in ((b'abc', 'lo'), (b'', 'own')):
        yield 'sent', net.sendto(sender, data, net.port(fd), host)
        assert net.wait(fd, select.POLLIN)
        yield 'peeked', net.recvmsg(fd, 9, DONTWAIT | S.MSG_PEEK)
        yield 'told', net.recvmsg(fd, 9)
    for name in names:
        must(net.setopt(fd, *OF[net.v][name], 0))
    net.sendto(sender, b'x', net.port(fd))
    assert net.wait(fd, select.POLLIN)
    yield 'not any more', net.recvmsg(fd)


def told_late(net):
    """What was queued before it was asked for."""
    fd, sender = receiver(net), net.udp()
    must(net.sendto(sender, b'abc', net.port(fd)))
    assert net.wait(fd, select.POLLIN)
    ask(net, fd, 'pktinfo', 'ttl', 'tos')
    must(net.setopt(fd, 1, 35))
    yield 'told', net.recvmsg(fd)


def told_short(net):
    """Room for less than all."""
    fd, sender = receiver(net, 'pktinfo', 'ttl'), net.udp()
    for room in 0, 8, 15, 16, 20, 24, 28, 32, 36, 40, 48, 52, 56, 60, 64:
        must(net.sendto(sender, b'abc', net.port(fd)))
        assert net.wait(fd, select.POLLIN)
        yield f'room {room}', net.recvmsg(fd, 9, DONTWAIT, room)
    must(net.sendto(sender, b'abc', net.port(fd)))
    assert net.wait(fd, select.POLLIN)
    yield 'both cut', net.recvmsg(fd, 2, DONTWAIT, 8, 4)


def told_other(net):
    """An IPv4 socket that was asked for IPv6's, and the other way round."""
    fd, sender = net.udp(), net.udp()
    must(net.bind(fd, 'any'))
    for level, name in (IP, PKTINFO), (IP, RECVTTL), (IP, RECVTOS), \
            (IPV6, 49), (IPV6, 51), (IPV6, 66):
        yield 'set', net.setopt(fd, level, name)
    must(net.sendto(sender, b'abc', net.port(fd)))
    assert net.wait(fd, select.POLLIN)
    yield 'told', net.recvmsg(fd)


def mapped(net):
    """IPv4 over an IPv6 socket."""
    if net.v == 4:
        return
    fd, sender = net.udp(), net.udp()
    must(net.bind(fd, 'any'))
    for level, name in (IP, PKTINFO), (IP, RECVTTL), (IP, RECVTOS), \
            (IPV6, 49), (IPV6, 51), (IPV6, 66), (IPV6, 74), (IP, ORIGDST):
        must(net.setopt(fd, level, name))
    must(net.sendto(sender, b'abc', net.port(fd), '::ffff:127.0.0.1'))
    assert net.wait(fd, select.POLLIN)
    yield 'told', net.recvmsg(fd)
    for what in (IP, 2), (IPV6, 52), (IP, 1), (IPV6, 67):
        yield 'sent', net.sendmsg(sender, b'a', control(*what, 7),
                                  net.port(fd), '::ffff:127.0.0.1')
        net.settle(sender)
        yield 'told', net.recvmsg(fd)


for names in ((), ('pktinfo',), ('ttl',), ('tos',), ('orig',),
              ('pktinfo', 'ttl', 'tos', 'orig')):
    case('told ' + ' '.join(names), told, names)
case('told late', told_late)
case('told short', told_short)
case('told other', told_other)
case('told mapped', mapped)


# ---------------------------------------------------------------- timestamps

def stamped(net, kind, *options):
    """SO_TIMESTAMP and its like; the time is one of today's."""
    if kind == 'udp':
        sender, fd = net.udp_pair()
    else:
        sender, fd = net.pair()
    for name, value in options:
        yield f'set {name}', net.setopt(fd, 1, name, value)
    for _ in range(30):	# Linux takes a moment to begin with it
        must(net.send(sender, b'abc'))
        assert net.wait(fd, select.POLLIN)
        peeked = net.recvmsg(fd, 2, DONTWAIT | S.MSG_PEEK, name=0)
        said = net.recvmsg(fd, 9, name=0)
        if 'now' in said:
            break
    yield 'peek', peeked
    yield 'recv', said
    yield 'get', [net.number(fd, 1, name)
                  for name in (29, 35, 37, 63, 64, 65)]


RX, SOFTWARE, RX_HARD, RAW_HARD = 1 << 3, 1 << 4, 1 << 2, 1 << 6
for kind in 'udp', 'tcp':
    for options in (((29, 1),), ((35, 1),), ((29, 1), (35, 1)),
                    ((35, 1), (29, 1)), ((35, 1), (29, 0)),
                    ((37, RX | SOFTWARE),), ((37, RX),),
                    ((37, RX_HARD | RAW_HARD),),
                    ((29, 1), (37, RX | SOFTWARE)),
                    ((35, 1), (37, RX | SOFTWARE)),
                    ((37, RX | SOFTWARE), (37, 0)), ((63, 1),), ((64, 1),),
                    ((65, RX | SOFTWARE),), ((64, 1), (29, 1)),
                    ((29, 1), (65, RX | SOFTWARE)), ((63, 1), (37, 0)),
                    ((63, 1), (29, 0))):
        case(f'stamped {kind} {options}', stamped, kind, *options)


def stamped_ioctl(net, request):
    sender, fd = net.udp_pair()

    def get():
        data = ctypes.create_string_buffer(16)
        result = sys('ioctl', fd, ctypes.c_ulong(request), data)
        seconds, fraction = struct.unpack('qq', data.raw)
        return result if result < 0 else (seconds > 1 << 30, fraction >= 0)

    yield 'none', get()
    must(net.send(sender, b'abc'))
    assert net.wait(fd, select.POLLIN)
    yield 'recv', net.recvmsg(fd, name=0)
    yield 'after', get()
    must(net.send(sender, b'abc'))
    net.settle(sender)
    yield 'recv', net.recvmsg(fd, name=0)
    yield 'then', get()


for request in 0x8906, 0x8907:
    case(f'stamped ioctl {request:x}', stamped_ioctl, request)


# ---------------------------------------------------------------------- sent

def with_numbers(net, what):
    """TTL and TOS of one message: values and lengths."""
    fd, sender = receiver(net, 'ttl', 'tos'), net.udp()
    level, name = SENT[net.v][what]
    for value in 1, 7, 64, 255, 256, 0, -1, -2, 0x1f, 0xff:
        yield f'{value}', net.sendmsg(sender, b'a', control(
            level, name, value), net.port(fd))
        net.settle(sender)
        yield 'told', net.recvmsg(fd, name=0)
    for value in b'', b'\7', b'\7\0', b'\7\0\0\0\0', b'\7\0\0\0\0\0\0\0':
        yield f'length {len(value)}', net.sendmsg(sender, b'a', control(
            level, name, value), net.port(fd))
        net.settle(sender)
        yield 'told', net.recvmsg(fd, name=0)
    yield 'twice', net.sendmsg(sender, b'a', control(level, name, 5) +
                               control(level, name, 6), net.port(fd))
    net.settle(sender)
    yield 'told', net.recvmsg(fd, name=0)


def with_options(net):
    """The socket's own, and one message's instead."""
    fd, sender = receiver(net, 'ttl', 'tos'), net.udp()
    (ttl_level, ttl), (tos_level, tos) = (SENT[net.v][what]
                                          for what in ('ttl', 'tos'))
    if net.v == 6:
        ttl = 16
    must(net.setopt(sender, ttl_level, ttl, 33))
    must(net.setopt(sender, tos_level, tos, 0x10))
    for data in b'', control(*SENT[net.v]['ttl'], 9), \
            control(*SENT[net.v]['tos'], 0x20):
        must(net.sendmsg(sender, b'a', data, net.port(fd)))
        net.settle(sender)
        yield 'told', net.recvmsg(fd, name=0)


def pktinfo(net, host, ifindex, size=None):
    host = net.address(host)
    data = struct.pack('=i', ifindex) + host[4:8] + bytes(4) \
        if net.v == 4 else host[8:24] + struct.pack('=i', ifindex)
    return control(IP if net.v == 4 else IPV6, PKTINFO if net.v == 4 else 50,
                   data[:size])


SOURCES = {4: ('any', 'lo', '127.0.0.9', 'own', 'near', 'far', 'group',
               '255.255.255.255', '10.77.0.255'),
           6: ('any', 'lo', 'own', 'near', 'far', 'group',
               '::ffff:127.0.0.1')}


def from_source(net, to, state):
    fd, sender = receiver(net), net.udp()
    port = net.port(fd)
    if state == 'bound':
        must(net.bind(sender))
    if state == 'connected':
        must(net.connect(sender, to, port))
        port = None
    for host in SOURCES[net.v]:
        yield f'from {host}', net.sendmsg(sender, b'a', pktinfo(net, host, 0),
                                          port, to)
        net.settle(sender)
        yield 'told', net.recvmsg(fd)
    yield 'local', net.name(sender)


def from_link(net, to):
    fd, sender = receiver(net), net.udp()
    for ifindex in 0, 1, 2, 77, -1:
        yield f'link {ifindex}', net.sendmsg(sender, b'a', pktinfo(
            net, 'any', ifindex), net.port(fd), to)
        net.settle(sender)
        yield 'told', net.recvmsg(fd)
    for ifindex in 1, 2:
        yield f'link {ifindex}, source', net.sendmsg(
            sender, b'a', pktinfo(net, to, ifindex), net.port(fd), to)
        net.settle(sender)
        yield 'told', net.recvmsg(fd)


def with_wrong(net, kind):
    """What sendmsg(2) says of control messages that are none of its own."""
    if kind == 'tcp':
        fd, _ = net.pair()
    else:
        fd, _ = net.udp_pair()
    good = control(*SENT[net.v]['ttl'], 9)
    yield 'short info', net.sendmsg(fd, b'a', pktinfo(net, 'any', 0, 8))
    for level, name in ((1, 1), (1, 2), (1, 29), (1, 36), (1, 61), (1, 200),
                        (0, 3), (0, 7), (0, 11), (0, 200), (41, 1), (41, 2),
                        (41, 11), (41, 200), (17, 1), (17, 200), (6, 1),
                        (6, 200), (132, 1), (255, 1), (1000, 1)):
        yield f'{level} {name}', net.sendmsg(fd, b'a', control(level, name,
                                                               1))
        net.error(fd)
    yield 'length 0', net.sendmsg(fd, b'a', bytes(8) + good[8:])
    yield 'length 15', net.sendmsg(fd, b'a', b'\x0f' + bytes(7) + good[8:])
    yield 'too long', net.sendmsg(fd, b'a', b'\x40' + bytes(7) + good[8:])
    yield 'tail', net.sendmsg(fd, b'a', good + bytes(4))
    yield 'tail 16', net.sendmsg(fd, b'a', good + bytes(16))
    yield 'a header less', net.sendmsg(fd, b'a', good[:12])
    yield 'much', net.sendmsg(fd, b'a', control(200, 200, bytes(30000)))


case('with ttl', with_numbers, 'ttl')
case('with tos', with_numbers, 'tos')
case('with options', with_options)
for to in 'lo', 'own':
    for state in 'fresh', 'bound', 'connected':
        case(f'from source {to} {state}', from_source, to, state)
    case(f'from link {to}', from_link, to)
for kind in 'udp', 'tcp':
    case(f'with wrong {kind}', with_wrong, kind)


# --------------------------------------------------------------- error queue

def failing(net, to='lo', *names):
    fd = net.udp()
    ask(net, fd, 'err', *names)
    if to == 'lo':
        port = net.closed_port(S.SOCK_DGRAM)
    else:
        port = 9
    return fd, port


def queued(net, to, connected, names):
    fd, port = failing(net, to, *names)
    if connected:
        must(net.connect(fd, to, port))
    yield 'sent', net.sendto(fd, b'abcdef', port, to)
    assert net.wait(fd, select.POLLERR | select.POLLIN)
    yield 'first', net.recvmsg(fd, 100, ERRQUEUE)
    yield 'second', net.recvmsg(fd, 100, ERRQUEUE)
    yield 'error', net.error(fd)
    yield 'recv', net.recv(fd)
    yield 'poll', net.polled(fd)


def queue_cut(net, size, room, name, flags):
    fd, port = failing(net)
    must(net.sendto(fd, b'abcdef', port))
    assert net.wait(fd, select.POLLERR | select.POLLIN)
    yield 'first', net.recvmsg(fd, size, ERRQUEUE | flags, room, name)
    yield 'second', net.recvmsg(fd, size, ERRQUEUE | flags, room, name)


def queue_several(net, connected):
    """Each call in between gets the error of the one before."""
    fd, port = failing(net)
    if connected:
        must(net.connect(fd, 'lo', port))
    for data in b'one', b'two', b'', b'four':
        yield 'sent', net.sendto(fd, data, port)
        net.settle(fd)
        yield 'error', net.error(fd)
    for number in range(5):
        yield f'{number}', net.recvmsg(fd, 100, ERRQUEUE)
        yield 'poll', net.polled(fd)
        yield 'error', net.error(fd)


def queue_untold(net):
    """Nobody asks for the error: the next call has it, the queue stays."""
    for call in 'send', 'recv', 'error', 'queue':
        fd, port = failing(net)
        must(net.connect(fd, 'lo', port))
        for data in b'one', b'two':
            yield 'sent', net.send(fd, data)
            net.settle(fd)
        if call == 'send':
            yield 'send', net.send(fd, b'x')
        if call == 'recv':
            yield 'recv', net.recvmsg(fd)
        if call == 'error':
            yield 'error', net.error(fd)
        for number in range(3):
            yield f'{number}', net.recvmsg(fd, 100, ERRQUEUE)
        yield 'then', net.error(fd)


def queue_off(net):
    """Switched off: it is emptied."""
    fd, port = failing(net)
    must(net.sendto(fd, b'abcdef', port))
    assert net.wait(fd, select.POLLERR | select.POLLIN)
    yield 'off', net.setopt(fd, *OF[net.v]['err'], 0)
    yield 'first', net.recvmsg(fd, 100, ERRQUEUE)
    yield 'error', net.error(fd)
    yield 'poll', net.polled(fd)


def queue_behind_data(net):
    """Data waits, and an error: recv(2) says the error first."""
    fd, port = failing(net)
    must(net.bind(fd))
    must(net.sendto(net.udp(), b'data', net.port(fd)))
    assert net.wait(fd, select.POLLIN)
    must(net.sendto(fd, b'abc', port))
    net.settle(fd)
    yield 'poll', net.polled(fd)
    yield 'recv', net.recvmsg(fd)
    yield 'recv', net.recvmsg(fd)
    yield 'queue', net.recvmsg(fd, 100, ERRQUEUE)
    yield 'poll', net.polled(fd)


def queue_of_own(net, kind):
    """Too long for the link: said by the stack itself."""
    fd = net.udp() if kind == 'udp' else net.socket(S.SOCK_RAW | NB, 200)
    ask(net, fd, 'err')
    must(net.setopt(fd, *OF[net.v]['discover'], 2))
    yield 'sent', net.sendto(fd, bytes(3000), 9 if kind == 'udp' else 0,
                             'near')
    yield 'error', net.error(fd)
    yield 'queue', net.recvmsg(fd, 10, ERRQUEUE)
    yield 'queue', net.recvmsg(fd, 10, ERRQUEUE)


def queue_of_raw(net):
    """Nobody takes that protocol."""
    fd = net.socket(S.SOCK_RAW | NB, 200)
    ask(net, fd, 'err')
    must(net.connect(fd, 'near'))
    yield 'sent', net.send(fd, b'abcdefgh')
    assert net.wait(fd, select.POLLERR | select.POLLIN)
    said = net.recvmsg(fd, 100, ERRQUEUE)
    yield 'queue', said.split('from')[-1]	# its bytes have the IP header
    yield 'error', net.error(fd)


for to in 'lo', 'near':
    for connected in False, True:
        for names in (), ('pktinfo', 'ttl', 'tos', 'orig'):
            case(f'queue {to} {connected} {" ".join(names)}', queued, to,
                 connected, names)
for cut in ((3, 512, 28, 0), (3, 512, 28, S.MSG_TRUNC), (0, 512, 28, 0),
            (100, 0, 28, 0), (100, 30, 28, 0), (100, 48, 28, 0),
            (100, 512, 0, 0), (100, 512, 4, 0),
            (100, 512, 28, S.MSG_PEEK), (3, 40, 4, S.MSG_PEEK)):
    case(f'queue cut {cut}', queue_cut, *cut)
case('queue several', queue_several, False)
case('queue several connected', queue_several, True)
case('queue untold', queue_untold)
case('queue off', queue_off)
case('queue behind data', queue_behind_data)
for kind in 'udp', 'raw':
    case(f'queue of own {kind}', queue_of_own, kind)
case('queue of raw', queue_of_raw)


# --------------------------------------------------------- foreign addresses

FOREIGN = {'freebind': {4: (IP, 15), 6: (IPV6, 78)},
           'transparent': {4: (IP, 19), 6: (IPV6, 75)}}


def foreign(net, option, kind):
    """Bound to an address that is nobody's here."""
    fd = net.tcp() if kind == 'tcp' else net.udp()
    yield 'before', net.bind(fd, 'far')
    if option:
        yield 'set', net.setopt(fd, *FOREIGN[option][net.v])
    yield 'bind', net.bind(fd, 'far')
    yield 'local', net.name(fd)
    if kind == 'tcp':
        yield 'listen', sys('listen', fd, 1)
        fd = net.tcp()
        if option:
            must(net.setopt(fd, *FOREIGN[option][net.v]))
        yield 'bind', net.bind(fd, 'far')
        yield 'connect', net.connect(fd, 'near', 9)
        return
    for host in 'lo', 'own', 'near':
        yield host, net.sendto(fd, b'abc', 9, host)
    yield 'connect', net.connect(fd, 'near', 9)
    yield 'local', net.name(fd)


for option in '', 'freebind', 'transparent':
    for kind in 'udp', 'tcp':
        case(f'foreign {option} {kind}', foreign, option, kind)

"""Extension headers and control messages of IPv6: RFC 3542, 2292."""
import ctypes
import socket as S
import struct

from alike import NB, case, must, sys, text

V6, UDP = 41, 17
NAMES = {2: 'OLD_PKTINFO', 3: 'OLD_HOPOPTS', 4: 'OLD_DSTOPTS',
         5: 'OLD_RTHDR', 8: 'OLD_HOPLIMIT', 11: 'FLOWINFO', 50: 'PKTINFO',
         52: 'HOPLIMIT', 54: 'HOPOPTS', 55: 'RTHDRDSTOPTS', 57: 'RTHDR',
         59: 'DSTOPTS', 61: 'PATHMTU', 62: 'DONTFRAG', 67: 'TCLASS',
         74: 'ORIGDSTADDR', 77: 'RECVFRAGSIZE'}
NUMBER = {name: number for number, name in NAMES.items()}
PAD = bytes([0, 0, 1, 4]) + bytes(4)
OPTION = bytes([0, 1, 0x1e, 12]) + bytes(12)
OWN = S.inet_pton(S.AF_INET6, '::1')
SEGMENTS = bytes([0, 2, 4, 0, 0, 0, 0, 0]) + OWN
STICKY = ('HOPOPTS', 'RTHDRDSTOPTS', 'RTHDR', 'DSTOPTS')
RECEIVE = dict(PKTINFO=49, HOPLIMIT=51, HOPOPTS=53, RTHDR=56, DSTOPTS=58,
               TCLASS=66, FLOWINFO=11, ORIGDST=74, FRAGSIZE=77, PATHMTU=60)
OLD = dict(OLD_PKTINFO=2, OLD_HOPOPTS=3, OLD_DSTOPTS=4, OLD_RTHDR=5,
           OLD_HOPLIMIT=8)


def kind_of(net, kind):
    if kind == 'tcp':
        return net.tcp()
    if kind == 'udp':
        return net.udp()
    return net.socket(S.SOCK_RAW | NB, 200)


class Message(ctypes.Structure):
    _fields_ = [('name', ctypes.c_char_p), ('name_len', ctypes.c_uint),
                ('iov', ctypes.c_void_p), ('iov_len', ctypes.c_size_t),
                ('control', ctypes.c_void_p),
                ('control_len', ctypes.c_size_t), ('flags', ctypes.c_int)]


class Piece(ctypes.Structure):
    _fields_ = [('base', ctypes.c_void_p), ('len', ctypes.c_size_t)]


def control(*messages):
    """Of (name, value), or (name, value, length that it says)."""
    data = b''
    for name, value, *said in messages:
        length = 16 + (said[0] if said else len(value))
        data += struct.pack('=QII'.replace('II', 'ii'), length, V6,
                            NUMBER.get(name, name)) + value
        data += bytes(-len(data) % 8)
    return data


def send(net, fd, port, messages, data=b'x', host='lo', flow_info=0):
    name = bytearray(net.address(host, port))
    name[4:8] = struct.pack('>I', flow_info)
    bytes_ = control(*messages)
    room = ctypes.create_string_buffer(bytes_, len(bytes_) + 1)
    payload = ctypes.create_string_buffer(data, len(data) + 1)
    piece = Piece(ctypes.addressof(payload), len(data))
    message = Message(bytes(name), 28, ctypes.addressof(piece), 1,
                      ctypes.addressof(room), len(bytes_), 0)
    return sys('sendmsg', fd, ctypes.byref(message), S.MSG_NOSIGNAL)


def value_text(net, name, value):
    if name == 'PATHMTU':
        return f'{net.address_text(value[:28], 28)} ' \
            f'{struct.unpack("=I", value[28:32])[0]}'
    if name == 'ORIGDSTADDR':
        return net.address_text(value, len(value))
    return value.hex()


def receive(net, fd, room=512, waits=True):
    """The payload, and the control messages that came with it."""
    if waits:
        net.wait(fd, 1)
    else:
        net.settle(fd)
    data = ctypes.create_string_buffer(70000)
    space = ctypes.create_string_buffer(room)
    name = ctypes.create_string_buffer(64)
    piece = Piece(ctypes.addressof(data), 70000)
    message = Message(None, 28, ctypes.addressof(piece), 1,
                      ctypes.addressof(space), room, 0)
    message.name = ctypes.cast(name, ctypes.c_char_p)
    result = sys('recvmsg', fd, ctypes.byref(message), S.MSG_DONTWAIT)
    if result < 0:
        return text(result)
    said = [f'{result}:{data.raw[:min(result, 8)].hex()}',
            f'flags {message.flags:x}']
    at, length = 0, message.control_len
    while at + 16 <= length:
        size, level, kind = struct.unpack('=Qii', space.raw[at:at + 16])
        what = NAMES.get(kind, kind) if level == V6 else f'{level}.{kind}'
        said.append(f'{what} '
                    f'{value_text(net, what, space.raw[at + 16:at + size])}')
        at += (size + 7) & ~7
    return ' '.join(said)


def only6(function):
    def body(net, *arguments):
        if net.v == 6:
            yield from function(net, *arguments)
    return body


# ---------------------------------------------------------- sticky options

@only6
def sticky(net, kind):
    fd = kind_of(net, kind)
    for name in STICKY:
        number = NUMBER[name]
        yield 'none', text(net.getopt(fd, V6, number, 64))
        for value in (PAD, OPTION, SEGMENTS, PAD[:7], PAD + bytes(8),
                      bytes([0, 1]) + bytes(6), b'\0', bytes(2048),
                      bytes([0, 254]) + bytes(2038), bytes([0, 2, 0, 1]) +
                      bytes(20), bytes([0, 2, 4, 1, 0]) + bytes(19),
                      SEGMENTS + bytes(8), bytes([0, 3]) + SEGMENTS[2:] +
                      bytes([5, 6]) + bytes(6),
                      bytes([0, 3]) + SEGMENTS[2:] + bytes([5, 7]) + bytes(6)):
            yield f'{name} {value[:9].hex()}.{len(value)}', \
                net.setopt(fd, V6, number, value)
        net.setopt(fd, V6, number, OPTION)
        for room in 64, 16, 15, 1, 0, -1:
            yield f'get {room}', text(net.getopt(fd, V6, number, room))
        yield 'null', sys('setsockopt', fd, V6, number, None, 8)
        yield 'away', sys('setsockopt', fd, V6, number, None, 0)
        yield 'get', text(net.getopt(fd, V6, number, 64))


@only6
def packet_info(net):
    fd = net.udp()
    for index, length in (0, 20), (1, 20), (77, 20), (1, 19), (1, 24), (0, 0):
        value = (bytes(16) + struct.pack('=I', index) + bytes(8))[:length]
        yield f'set {index} {length}', net.setopt(fd, V6, 50, value)
    must(net.setopt(fd, 1, 62, 1))	# SO_BINDTOIFINDEX: lo
    for index in 0, 1, 2:
        yield f'bound {index}', net.setopt(fd, V6, 50, bytes(16) +
                                           struct.pack('=I', index))


# -------------------------------------------------------- control messages

@only6
def wrong(net, kind):
    """What sendmsg(2) says of single control messages."""
    fd, to = kind_of(net, kind), kind_of(net, kind)
    must(net.bind(to))
    port = net.port(to) if kind == 'udp' else 0
    for name in STICKY + ('OLD_HOPOPTS', 'OLD_DSTOPTS'):
        if name == 'RTHDR':	# by the kernel's configuration: mobility
            continue
        for value, *said in ((PAD,), (OPTION,), (PAD, 1), (PAD, 2), (PAD, 7),
                             (OPTION, 8), (PAD, 9)):
            yield f'{name} {len(value)} {said}', \
                send(net, fd, port, [(name, value, *said)])
        yield f'{name} twice', send(net, fd, port, [(name, PAD)] * 2)
    for name, low, high in (('HOPLIMIT', -1, 255), ('TCLASS', -1, 255),
                            ('DONTFRAG', 0, 1), ('OLD_HOPLIMIT', -1, 255)):
        for number in low - 1, low, 0, high, high + 1:
            yield f'{name} {number}', \
                send(net, fd, port, [(name, struct.pack('=i', number))])
        for length in 1, 3, 8:
            yield f'{name} length {length}', \
                send(net, fd, port, [(name, bytes(length))])
    for name in 'PKTINFO', 'OLD_PKTINFO':
        for source, index in (('::', 0), ('::1', 0), ('::1', 1), ('fd77::2', 0),
                              ('2001:db8::9', 0), ('::', 77), ('ff02::1', 0)):
            value = S.inet_pton(S.AF_INET6, source) + struct.pack('=I', index)
            yield f'{name} {source} {index}', \
                send(net, fd, port, [(name, value)])
        yield f'{name} short', send(net, fd, port, [(name, bytes(19))])
    yield 'flow', send(net, fd, port, [('FLOWINFO', bytes([0, 1, 2, 3]))])
    yield 'short flow', send(net, fd, port, [('FLOWINFO', bytes(3))])
    for name in 'PATHMTU', 'ORIGDSTADDR', 'RECVFRAGSIZE', 9, 10, 63, 1:
        yield f'{name}', send(net, fd, port, [(name, bytes(4))])
    yield 'type 0', send(net, fd, port, [
        ('RTHDR', bytes([0, 2, 0, 1]) + bytes(20))])
    yield 'short', send(net, fd, port, [('HOPLIMIT', bytes(4), -1)])


@only6
def given(net, kind, receive_by):
    """What comes with a packet, once it was asked for, and its order."""
    fd, to = kind_of(net, kind), kind_of(net, kind)
    must(net.bind(to))
    port = net.port(to) if kind == 'udp' else 0
    messages = [('HOPOPTS', PAD), ('DSTOPTS', OPTION),
                ('TCLASS', struct.pack('=i', 0x20)),
                ('FLOWINFO', bytes([0, 1, 2, 3])),
                ('HOPLIMIT', struct.pack('=i', 33))]
    for name, number in receive_by.items():
        must(net.setopt(to, V6, number, 1))
        yield 'send', send(net, fd, port, messages)
        yield name, receive(net, to)
    yield 'plain', send(net, fd, port, [])
    net.setopt(to, V6, 11, 0)	# a label of the sender's choice
    yield 'none', receive(net, to)
    for room in 0, 15, 16, 20, 40, 100:
        yield 'send', send(net, fd, port, messages)
        yield f'room {room}', receive(net, to, room)
    for number in receive_by.values():
        must(net.setopt(to, V6, number, 0))
    yield 'send', send(net, fd, port, messages)
    yield 'all off', receive(net, to)


@only6
def stuck(net, kind):
    """Sticky headers go with each packet, but for one with its own."""
    fd, to = kind_of(net, kind), kind_of(net, kind)
    must(net.bind(to))
    port = net.port(to) if kind == 'udp' else 0
    for number in 53, 56, 58:
        must(net.setopt(to, V6, number, 1))
    must(net.setopt(fd, V6, NUMBER['HOPOPTS'], PAD))
    must(net.setopt(fd, V6, NUMBER['DSTOPTS'], OPTION))
    must(net.setopt(fd, V6, NUMBER['RTHDRDSTOPTS'], PAD))
    for messages in [], [('DSTOPTS', PAD)], [('HOPLIMIT', bytes([9, 0, 0, 0]))]:
        yield 'send', send(net, fd, port, messages)
        yield 'sticky', receive(net, to)
    yield 'queued', send(net, fd, port, [])
    net.wait(to, 1)
    if kind == 'udp':
        yield 'inq', net.ioctl(to, 0x541B)
    yield 'peek', net.recv(to, 100, S.MSG_DONTWAIT | S.MSG_PEEK)
    yield 'cut', net.recv(to, 0)


@only6
def long(net):
    """MTU and fragments, of a packet on a link and one to ourselves."""
    fd, to = net.udp(), net.udp()
    must(net.bind(to, 'any'))
    must(net.setopt(to, V6, 77, 1))
    must(net.setopt(fd, V6, 60, 1))
    must(net.setopt(fd, V6, 62, 1))
    yield 'no mtu', text(net.getopt(fd, V6, 61, 32))
    # Linux counts options of a message twice: not near the limit
    for size, messages in ((1452, []), (1453, []), (1420, [('DSTOPTS', OPTION)]),
                           (1453, [('DONTFRAG', bytes(4))]), (1500, [])):
        yield f'{size}', send(net, fd, 9, messages, bytes(size), 'near')
        yield 'told', receive(net, fd, waits=False)
    yield 'too long', send(net, fd, 9, [('DSTOPTS', OPTION)], bytes(1437),
                           'near')
    must(net.connect(fd, 'near', 9))
    value = net.getopt(fd, V6, 61, 32)
    yield 'mtu', text(value) if isinstance(value, int) else value[28:].hex()
    yield 'short', text(net.getopt(fd, V6, 61, 31))


@only6
def lonely(net):
    """No sum over IPv6: to whom it may come."""
    fd, to = net.udp(), net.udp()
    must(net.bind(to))
    for sends, takes in (0, 0), (1, 0), (1, 1), (0, 1):
        must(net.setopt(fd, UDP, 101, sends))
        must(net.setopt(to, UDP, 102, takes))
        yield 'send', net.sendto(fd, b'z', net.port(to))


for kind in 'tcp', 'udp', 'raw':
    case(f'ip6 sticky {kind}', sticky, kind)
for kind in 'udp', 'raw':
    case(f'ip6 control {kind}', wrong, kind)
    case(f'ip6 given {kind}', given, kind, RECEIVE)
    case(f'ip6 given 2292 {kind}', given, kind, OLD)
    case(f'ip6 stuck {kind}', stuck, kind)
def anycast(net):
    """Those of the link may be had by several; the others are refused."""
    if net.v == 4:
        return
    fd = net.udp()

    def change(option, host, ifindex=2):
        return net.setopt(fd, 41, option, net.address(host)[8:24] +
                          struct.pack('=i', ifindex))
    for host, ifindex in (('fd77::77', 2), ('fd77::77', 2), ('fd77::78', 0),
                          ('own', 2), ('group', 2), ('far', 2),
                          ('fd77::79', 77), ('lo', 2)):
        yield f'join {host} {ifindex}', change(27, host, ifindex)
    for host, ifindex in (('fd77::77', 2), ('fd77::77', 0), ('fd77::77', 2),
                          ('fd77::78', 1), ('fd77::78', 2), ('own', 2)):
        yield f'leave {host} {ifindex}', change(28, host, ifindex)
    yield 'short', net.setopt(fd, 41, 27, bytes(16))


def listed(address):
    """Its users in /proc/net/anycast6, if the link is right."""
    with open('/proc/net/anycast6', encoding='ascii') as lines:
        found = [line.split() for line in lines]
    return ' '.join(line[3] for line in found if line[2] == address and
                    int(line[0]) == S.if_nametoindex(line[1])) or 'none'


def used_anycast(net, kind):
    """By datagrams; TCP, whose next segment another may get, does not."""
    if net.v == 4:
        return
    shared, digits = 'fd77::77', 'fd77' + '0' * 26 + '77'
    request = net.address(shared)[8:24] + struct.pack('=i', 0)
    holder, receiver = getattr(net, kind)(), net.udp()
    must(net.bind(receiver, 'any'))
    must(net.setopt(receiver, 41, 49))	# IPV6_RECVPKTINFO
    yield 'join', net.setopt(holder, 41, 27, request)
    yield 'listed', listed(digits)
    sender = net.udp()
    yield 'send', net.sendto(sender, b'abc', net.port(receiver), shared)
    net.settle(sender)
    yield 'recv', net.recvmsg(receiver)
    yield 'connect', net.connect(sender, shared, net.port(receiver))
    yield 'name', net.name(sender)
    yield 'bind', net.bind(net.udp(), shared)
    yield 'bind', net.bind(net.tcp(), shared)
    listener, client = net.listener('any'), net.tcp()
    yield 'connect', net.connect(client, shared, net.port(listener))
    yield 'name', net.name(client)
    net.settle(client)
    yield 'poll', net.polled(client)
    yield 'close', net.close(holder)
    yield 'listed', listed(digits)


case('ip6 anycast', anycast)
for kind in 'udp', 'tcp', 'listener':
    case(f'ip6 anycast used {kind}', used_anycast, kind)
case('ip6 packet info', packet_info)
case('ip6 long', long)
case('ip6 no sum', lonely)

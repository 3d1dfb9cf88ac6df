"""Raw sockets: headers that the program writes itself, filters, what comes."""
import ctypes
import select
import socket as S
import struct

from alike import DONTWAIT, NB, case, must, shown, sys, text

IP, RAW, HDRINCL, ICMP_FILTER = 0, 255, 3, 1
PROTOCOL = 201


def header(net, payload=b'payload!', **field):
    """An IPv4 header as a program would write it."""
    get = field.get
    source = S.inet_aton(net_host(net, get('source', 'lo')))
    target = S.inet_aton(net_host(net, get('target', 'lo')))
    options = get('options', b'')
    return struct.pack('>BBHHHBBH', get('version', 4) << 4 | get(
        'words', 5 + len(options) // 4), get('tos', 0), get(
            'length', 20 + len(options) + len(payload)),
        get('number', 77), get('fragment', 0), get('ttl', 9),
        get('protocol', PROTOCOL), get('sum', 0)) + source + target + \
        options + payload


def net_host(net, host):
    return {'none': '0.0.0.0', 'lo': '127.0.0.1', 'own': '10.77.0.2',
            'far': '192.0.2.1', 'near': '10.77.0.1'}.get(host, host)


def header_text(data):
    """What arrived, field by field, with the sum checked."""
    if len(data) < 20:
        return f'{len(data)} bytes'
    words = struct.unpack('>10H', data[:20])
    total = sum(words)
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    first, tos, length, number, fragment, ttl, protocol, _ = struct.unpack(
        '>BBHHHBBH', data[:12])
    return f'{first:x} tos {tos} length {length} number ' \
        f'{number if number in (0, 77) else "given"} fragment ' \
        f'{fragment:x} ttl {ttl} protocol {protocol} ' \
        f'sum {"right" if total == 0xffff else "wrong"} ' \
        f'{S.inet_ntoa(data[12:16])} {S.inet_ntoa(data[16:20])} ' \
        f'{shown(data[(first & 15) * 4:])}'


def pair(net):
    """Who writes headers, and who sees what came of them."""
    a = net.socket(S.SOCK_RAW | NB, PROTOCOL)
    b = net.socket(S.SOCK_RAW | NB, PROTOCOL)
    must(net.setopt(a, IP, HDRINCL))
    return a, b


def seen(net, fd):
    data = bytearray(200)
    buffer = (ctypes.c_char * 200).from_buffer(data)
    result = sys('recv', fd, buffer, ctypes.c_size_t(200), DONTWAIT)
    return text(result) if result < 0 else header_text(bytes(data[:result]))


def written(net, to='lo', **field):
    if net.v == 6:
        return
    a, b = pair(net)
    yield 'sent', net.sendto(a, header(net, **field), 0, to)
    net.settle(a)
    yield 'came', seen(net, b)


for name, field in {
        'plain': {}, 'no number': dict(number=0),
        'no number, DF': dict(number=0, fragment=0x4000),
        'no source': dict(source='none'), 'sum': dict(sum=0x1234),
        'length 0': dict(length=0), 'length wrong': dict(length=1000),
        'tos': dict(tos=0x10), 'ttl 0': dict(ttl=0),
        'ttl 1': dict(ttl=1), 'other target': dict(target='own'),
        'other source': dict(source='far'),
        'protocol': dict(protocol=202), 'version 6': dict(version=6),
        'version 0': dict(version=0), 'short words': dict(words=4),
        'long words': dict(words=15), 'options': dict(options=b'\1\1\1\1'),
        'nothing behind': dict(payload=b''),
        'a fragment': dict(fragment=0x2000)}.items():
    case(f'header {name}', lambda net, field: written(net, **field), field)


def written_wrong(net):
    if net.v == 6:
        return
    a, b = pair(net)
    for size in 0, 1, 19, 20:
        yield f'{size}', net.sendto(a, header(net)[:size], 0)
        net.settle(a)
        yield 'came', seen(net, b)
    yield 'near too long', net.sendto(a, header(net, bytes(1500)), 0, 'near')
    yield 'near', net.sendto(a, header(net, bytes(1480), target='near'), 0,
                             'near')
    yield 'no name', net.send(a, header(net))
    must(net.connect(a))
    yield 'connected', net.send(a, header(net))
    net.settle(a)
    yield 'came', seen(net, b)
    yield 'off', net.setopt(a, IP, HDRINCL, 0)
    yield 'payload', net.send(a, b'x')
    net.settle(a)
    yield 'came', seen(net, b).split(' number')[0]
    only = net.socket(S.SOCK_RAW | NB, 255)
    yield 'of 255', net.number(only, IP, HDRINCL)
    yield 'sent', net.sendto(only, header(net), 0)
    net.settle(only)
    yield 'came', seen(net, b)
    yield 'received', net.recv(only)


case('header wrong', written_wrong)


def echo(net, number, body=b'abcd'):
    kind = 8 if net.v == 4 else 128
    data = struct.pack('>BBHHH', kind, 0, 0, number, 1) + body
    if net.v == 6:
        return data
    total = sum(struct.unpack(f'>{len(data) // 2}H', data))
    total = (total & 0xffff) + (total >> 16)
    return data[:2] + struct.pack('>H', ~total & 0xffff) + data[4:]


def is_echo(net, fd):
    """Whether the next message is one; or of a neighbour's discovery, say."""
    data = ctypes.create_string_buffer(200)
    must(sys('recv', fd, data, ctypes.c_size_t(200), DONTWAIT))
    return data.raw[20] in (0, 8) if net.v == 4 else data.raw[0] in (128, 129)


def filtered(net, mask):
    """ICMP_FILTER: which of a request and its reply come."""
    fd = net.socket(S.SOCK_RAW | NB, 1 if net.v == 4 else 58)
    if net.v == 4:
        yield 'set', net.setopt(fd, RAW, ICMP_FILTER, struct.pack('I', mask))
    else:
        kinds = [bit + 120 for bit in range(9) if mask >> bit & 1]
        value = bytearray(32)
        for kind in kinds:
            value[kind // 8 + 0] |= 0
            word = struct.unpack_from('I', value, kind // 32 * 4)[0]
            struct.pack_into('I', value, kind // 32 * 4,
                             word | 1 << kind % 32)
        yield 'set', net.setopt(fd, 58, 1, bytes(value))
    yield 'sent', net.sendto(fd, echo(net, 0x4242), 0)
    net.settle(fd)
    came = 0
    while net.wait(fd, select.POLLIN) if mask == 0 and came < 2 else \
            net.poll(fd, select.POLLIN):
        came += is_echo(net, fd)
    yield 'came', came


for mask in 0, 1, 1 << 8, 1 | 1 << 8, 0xffffffff:
    case(f'filtered {mask:x}', filtered, mask)


def connected(net):
    """A raw socket hears of its peer, and of its own address, alone."""
    fd, sender = (net.socket(S.SOCK_RAW | NB, PROTOCOL) for _ in range(2))
    for name, what in (('any', None), ('bound', 'bind'),
                       ('connected', 'connect'), ('elsewhere', 'near')):
        if what == 'bind':
            yield 'bind', net.bind(fd, 'lo')
        elif what == 'connect':
            yield 'connect', net.connect(fd, 'lo')
        elif what:
            yield 'connect', net.connect(fd, what)
        for host in 'lo', 'own':
            yield f'{name} {host}', net.sendto(sender, b'abc', 0, host)
            net.settle(sender)
            yield 'came', net.recvfrom(fd, 100).split(' from ')[-1]


case('raw connected', connected)


def raw_flags(net):
    fd, sender = (net.socket(S.SOCK_RAW | NB, PROTOCOL) for _ in range(2))
    must(net.connect(sender))
    for flags in 0, S.MSG_PEEK, S.MSG_TRUNC, S.MSG_PEEK | S.MSG_TRUNC, \
            S.MSG_OOB, S.MSG_WAITALL:
        yield 'sent', net.send(sender, b'abcdef')
        net.settle(sender)
        yield f'{int(flags):x}', net.recv(fd, 3, DONTWAIT | flags)[:2]
        yield 'inq', net.ioctl(fd, 0x541B)
    yield 'oob', net.send(sender, b'abc', S.MSG_OOB)
    yield 'nothing', net.send(sender, b'')


case('raw flags', raw_flags)

"""IPv4's options: what a socket takes, what a packet has, what is told."""
import re
import struct

from alike import case, control, must, text

IP, OPTIONS, RECVOPTS, RETOPTS = 0, 4, 6, 7
LO = '7f000001'
ROUTE = '070b04' + '00' * 8 + '00'
# options, in hex
GOOD = {
    'nothing': '01010101',
    'one byte': '01',
    'after the end': '00ffffff',
    'end in front': '0044',
    'route': ROUTE,
    'route, dirty': '070b04' + 'ee' * 8 + '01',
    'route, begun': '070f08' + '0a4d0003' + '00' * 8 + '00',
    'route, full': '0707080a4d000300',
    'route, empty': '07030400',
    'route, not padded': '070704' + '00' * 4,
    'time': '44080500' + '00' * 4,
    'times': '440c0500' + '00' * 8,
    'time, full': '44080900' + 'aa' * 4,
    'time, last overflow': '440809e0' + 'aa' * 4,
    'time, address': '440c0501' + '00' * 8,
    'time, dirty address': '440c0501' + 'ee' * 8,
    'time, ours': '440c0503' + LO + '00' * 4,
    'time, unknown flags': '44080502' + '00' * 4,
    'alert': '94040000',
    'alert, value': '94040001',
    'alert, long': '9408000000000000',
    'unknown': '1e040102',
    'unknown, copied': '9e040102',
    'security': '820b' + '00' * 9 + '01',
    'all': ROUTE[:-2] + '01' + '440c0500' + '00' * 8 + '94040000',
    'longest': '072704' + '00' * 36 + '00',
}
WRONG = {
    'route, no length': '07',
    'route, short': '07020000',
    'route, length': '0700',
    'route, longer than all': '070804000000',
    'route, pointer': '0707030000000000',
    'route, cut entry': '0706040000000000',
    'route, between': '070b06' + '00' * 9,
    'route, twice': '0703040703040000',
    'time, short': '44030500',
    'time, pointer': '44080400' + '00' * 4,
    'time, cut entry': '44070500' + '00' * 4,
    'time, overflow': '440809f0' + 'aa' * 4,
    'time, address, cut': '44080501' + '00' * 4,
    'time, twice': '4404050044040500',
    'alert, short': '94030000',
    'label': '8606000000010000',
    'loose, empty': '83030400',
    'loose, pointer': '830b08' + LO + LO + '00',
    'loose, cut': '830804' + LO + '00',
    'two ways': '830704' + LO + '890704' + LO + '0000',
    'longer': '01' * 41,
    'much longer': '01' * 44,
}
WAYS = {
    'loose': '830704' + LO + '00',
    'loose, two': '830b04' + LO + '0a4d0002' + '00',
    'strict': '890704' + LO + '00',
    'strict, far': '890704' + '0a090909' + '00',
}


def without_times(told):
    """The times differ, and who counts them."""
    def mask(match):
        words = re.findall('.{8}', match[2])
        return match[1] + ''.join(
            word if word in (LO, '00000000', 'eeeeeeee', 'aaaaaaaa') else
            '<  at  >' for word in words)
    return re.sub('(44..0[5-9d][0-9a-f][0-9a-f])((?:[0-9a-f]{8})+)', mask,
                  told)


def asking(net):
    fd = net.udp()
    must(net.bind(fd, 'any'))
    must(net.setopt(fd, IP, RECVOPTS))
    must(net.setopt(fd, IP, RETOPTS))
    return fd


def sticky(net, options):
    """On the socket, to one that wants to hear of them."""
    if net.v == 6:
        return
    fd, sender = asking(net), net.udp()
    yield 'set', net.setopt(sender, IP, OPTIONS, bytes.fromhex(options))
    value = net.getopt(sender, IP, OPTIONS, 60)
    yield 'get', value.hex()
    yield 'get 4', net.getopt(sender, IP, OPTIONS, 4).hex()
    yield 'send', net.sendto(sender, b'abc', net.port(fd))
    net.settle(sender)
    yield 'told', without_times(net.recvmsg(fd))
    yield 'clear', net.setopt(sender, IP, OPTIONS, b'')
    yield 'get', net.getopt(sender, IP, OPTIONS, 60).hex()
    yield 'send', net.sendto(sender, b'abc', net.port(fd))
    net.settle(sender)
    yield 'told', net.recvmsg(fd)


def of_message(net, options):
    """Of one message alone."""
    if net.v == 6:
        return
    fd, sender = asking(net), net.udp()
    yield 'send', net.sendmsg(sender, b'abc', control(
        IP, RETOPTS, bytes.fromhex(options)), net.port(fd))
    net.settle(sender)
    yield 'told', without_times(net.recvmsg(fd))
    yield 'get', net.getopt(sender, IP, OPTIONS, 60).hex()


def of_stream(net, options):
    if net.v == 6:
        return
    listener, client = net.listener(), net.tcp(0)
    yield 'set', net.setopt(client, IP, OPTIONS, bytes.fromhex(options))
    yield 'connect', net.connect(client, 'lo', net.port(listener))
    net.wait(listener, 1)
    server = must(net.accept(listener))
    yield 'server has', without_times(
        net.getopt(server, IP, OPTIONS, 60).hex())
    yield 'send', net.send(client, b'abc')
    net.wait(server, 1)
    yield 'recv', net.recv(server)
    yield 'set again', net.setopt(client, IP, OPTIONS, b'')
    yield 'send', net.send(client, b'd' * 5000)
    net.wait(server, 1)
    yield 'recv', net.recv(server, 3)
    yield 'answer', net.send(server, b'e' * 5000)
    net.wait(client, 1)
    yield 'recv', net.recv(client, 3)
    yield 'server has', without_times(
        net.getopt(server, IP, OPTIONS, 60).hex())
    yield 'its own', net.setopt(server, IP, OPTIONS,
                                bytes.fromhex(GOOD['alert']))
    yield 'server has', net.getopt(server, IP, OPTIONS, 60).hex()


def other(net, kind):
    """Pings and raw packets with a route."""
    if net.v == 6:
        return
    fd = net.socket(kind | 0o4000, 1)
    yield 'set', net.setopt(fd, IP, OPTIONS, bytes.fromhex(ROUTE))
    must(net.setopt(fd, IP, RECVOPTS))
    echo = struct.pack('>BBHHH', 8, 0, 0xf7fe if kind == 3 else 0, 0, 1)
    yield 'send', net.sendto(fd, echo, 0)
    net.settle(fd)
    yield 'told', re.sub('.*(?=\\[)', '', net.recvmsg(fd, 0))


def too_much(net):
    """They are part of what a packet can hold."""
    if net.v == 6:
        return
    fd, sender = asking(net), net.udp()
    must(net.setopt(sender, IP, OPTIONS, bytes.fromhex(ROUTE)))
    for length in 65507 - 12, 65507 - 11, 65507:
        yield f'{length}', net.sendto(sender, bytes(length), net.port(fd))
    yield 'group', text(net.setopt(sender, IP, OPTIONS, bytes(40)))


for name, value in {**GOOD, **WRONG}.items():
    case(f'options {name}: sticky', sticky, value)
    case(f'options {name}: message', of_message, value)
for name, value in WAYS.items():
    case(f'way {name}: sticky', sticky, value)
    case(f'way {name}: message', of_message, value)
for name in GOOD:
    if name == 'time, last overflow':
        continue	# it overflows on the way back: there is none
    case(f'options {name}: stream', of_stream, GOOD[name])
case('options: ping', other, 2)
case('options: raw', other, 3)
case('options: too much', too_much)

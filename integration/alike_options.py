"""Every socket option on every kind of socket: defaults, values, lengths."""
import ctypes
import errno
import select
import socket as S
import struct

from alike import DONTWAIT, NB, case, must, sys, text
from alike_raw import echo

KINDS = {
    'tcp': (S.SOCK_STREAM, 0),
    'udp': (S.SOCK_DGRAM, 0),
    'ping': (S.SOCK_DGRAM, 'icmp'),
    'raw': (S.SOCK_RAW, 'icmp'),
    'raw 200': (S.SOCK_RAW, 200),
    'raw 255': (S.SOCK_RAW, 255),
}
SOL_RAW = 255
LEVELS = {'SOL': S.SOL_SOCKET, 'IP': 0, 'UDP': 17, 'TCP': 6, 'IPV6': 41,
          'RAW': SOL_RAW}
# name, number; those of socket(7), ip(7), udp(7), raw(7), tcp(7)
OPTIONS = {
    'SOL': dict(DEBUG=1, REUSEADDR=2, TYPE=3, ERROR=4, DONTROUTE=5,
                BROADCAST=6, SNDBUF=7, RCVBUF=8, KEEPALIVE=9, OOBINLINE=10,
                NO_CHECK=11, PRIORITY=12, LINGER=13, BSDCOMPAT=14,
                REUSEPORT=15, PASSCRED=16, PEERCRED=17, RCVLOWAT=18,
                SNDLOWAT=19, RCVTIMEO=20, SNDTIMEO=21, BINDTODEVICE=25,
                ATTACH_FILTER=26, DETACH_FILTER=27, PEERNAME=28,
                TIMESTAMP=29, ACCEPTCONN=30, PEERSEC=31, SNDBUFFORCE=32,
                RCVBUFFORCE=33, PASSSEC=34, TIMESTAMPNS=35, MARK=36,
                TIMESTAMPING=37, PROTOCOL=38, DOMAIN=39, RXQ_OVFL=40,
                WIFI_STATUS=41, PEEK_OFF=42, NOFCS=43, LOCK_FILTER=44,
                SELECT_ERR_QUEUE=45, BUSY_POLL=46, MAX_PACING_RATE=47,
                BPF_EXTENSIONS=48, ATTACH_BPF=50,
                ATTACH_REUSEPORT_CBPF=51, ATTACH_REUSEPORT_EBPF=52,
                CNX_ADVICE=53, MEMINFO=55, INCOMING_NAPI_ID=56, COOKIE=57,
                PEERGROUPS=59, ZEROCOPY=60, TXTIME=61, BINDTOIFINDEX=62,
                TIMESTAMP_NEW=63, TIMESTAMPNS_NEW=64, TIMESTAMPING_NEW=65,
                RCVTIMEO_NEW=66, SNDTIMEO_NEW=67, DETACH_REUSEPORT_BPF=68,
                PREFER_BUSY_POLL=69, BUSY_POLL_BUDGET=70, NETNS_COOKIE=71,
                BUF_LOCK=72, RESERVE_MEM=73, TXREHASH=74, RCVMARK=75,
                PASSPIDFD=76, PEERPIDFD=77, UNKNOWN=200),
    'IP': dict(TOS=1, TTL=2, HDRINCL=3, OPTIONS=4, ROUTER_ALERT=5,
               RECVOPTS=6, RETOPTS=7, PKTINFO=8, PKTOPTIONS=9,
               MTU_DISCOVER=10, RECVERR=11, RECVTTL=12, RECVTOS=13, MTU=14,
               FREEBIND=15, PASSSEC=18, TRANSPARENT=19, ORIGDSTADDR=20,
               MINTTL=21, NODEFRAG=22, CHECKSUM=23, BIND_ADDRESS_NO_PORT=24,
               RECVFRAGSIZE=25, RECVERR_RFC4884=26, UNICAST_IF=50,
               LOCAL_PORT_RANGE=51, PROTOCOL=52, UNKNOWN=199),
    'UDP': dict(CORK=1, ENCAP=100, NO_CHECK6_TX=101, NO_CHECK6_RX=102,
                SEGMENT=103, GRO=104, UNKNOWN=200),
    'TCP': dict(NODELAY=1, MAXSEG=2, CORK=3, KEEPIDLE=4, KEEPINTVL=5,
                KEEPCNT=6, SYNCNT=7, LINGER2=8, DEFER_ACCEPT=9,
                WINDOW_CLAMP=10, QUICKACK=12, THIN_LINEAR_TIMEOUTS=16,
                THIN_DUPACK=17,
                USER_TIMEOUT=18, FASTOPEN=23,
                NOTSENT_LOWAT=25, SAVE_SYN=27, FASTOPEN_CONNECT=30,
                FASTOPEN_NO_COOKIE=34, INQ=36, TX_DELAY=37,
                IS_MPTCP=43, RTO_MAX_MS=44, RTO_MIN_US=45, UNKNOWN=200),
    'RAW': dict(ICMP_FILTER=1, UNKNOWN=2),
    # ipv6(7), RFC 3542 and, from 2 to 6, RFC 2292
    'IPV6': dict(ADDRFORM=1, OLD_PKTINFO=2, OLD_HOPOPTS=3, OLD_DSTOPTS=4,
                 OLD_RTHDR=5, OLD_PKTOPTIONS=6, CHECKSUM=7, OLD_HOPLIMIT=8,
                 NEXTHOP=9, AUTHHDR=10, FLOWINFO=11, UNICAST_HOPS=16,
                 MULTICAST_IF=17, MULTICAST_HOPS=18, MULTICAST_LOOP=19,
                 ROUTER_ALERT=22, MTU_DISCOVER=23, MTU=24, RECVERR=25,
                 V6ONLY=26, MULTICAST_ALL=29, ROUTER_ALERT_ISOLATE=30,
                 RECVERR_RFC4884=31, FLOWLABEL_MGR=32, FLOWINFO_SEND=33,
                 HDRINCL=36, RECVPKTINFO=49, PKTINFO=50, RECVHOPLIMIT=51,
                 HOPLIMIT=52, RECVHOPOPTS=53, HOPOPTS=54, RTHDRDSTOPTS=55,
                 RECVRTHDR=56, RTHDR=57, RECVDSTOPTS=58, DSTOPTS=59,
                 RECVPATHMTU=60, PATHMTU=61, DONTFRAG=62, USE_MIN_MTU=63,
                 RECVTCLASS=66, TCLASS=67, AUTOFLOWLABEL=70,
                 ADDR_PREFERENCES=72, MINHOPCOUNT=73, ORIGDSTADDR=74,
                 TRANSPARENT=75, UNICAST_IF=76, RECVFRAGSIZE=77,
                 FREEBIND=78, UNKNOWN=199),
}
# What has no meaning of its own there: a look at one socket is enough.
ELSEWHERE = {('udp', 'TCP'), ('ping', 'TCP'), ('raw', 'TCP'),
             ('tcp', 'UDP'), ('ping', 'UDP'), ('raw', 'UDP')}
# Numbers of the machine: whether they are there is compared.
OPAQUE = {'COOKIE', 'NETNS_COOKIE', 'PEERCRED', 'MEMINFO', 'BPF_EXTENSIONS',
          'PEERSEC'}


def socket(net, kind):
    what, protocol = KINDS[kind]
    if protocol == 'icmp':
        protocol = S.IPPROTO_ICMP if net.v == 4 else S.IPPROTO_ICMPV6
    return net.socket(what | NB, protocol)


def shown(name, value):
    if isinstance(value, int):
        return text(value)
    if name in OPAQUE:
        return f'{len(value)} bytes'
    if len(value) == 4:
        return str(struct.unpack('=i', value)[0])
    return f'{len(value)}:{value.hex()}'


def no_such_level(net, kind, level):
    """Raw sockets of IPv6 know nothing of IPv4."""
    return net.v == 6 and kind == 'raw' and level in ('IP', 'RAW')


def values(net, kind, level, name, number):
    if net.v == 4 and level == 'IPV6' and name != 'V6ONLY':
        return
    fd, level = socket(net, kind), LEVELS[level]

    def get(room=64):
        return shown(name, net.getopt(fd, level, number, room))

    yield 'fresh', get()
    for value in 1, 0, -1, 2, 64, 255, 256, 100000, -100, 0x7fffffff:
        result = text(net.setopt(fd, level, number, value))
        yield f'set {value}', result if result != '0' else get()


def lengths(net, kind, level, name, number):
    if no_such_level(net, kind, level) or net.v == 4 and level == 'IPV6':
        return
    fd, level = socket(net, kind), LEVELS[level]
    yield 'get null', sys('getsockopt', fd, level, number, None, None)
    length = ctypes.c_int(4)
    yield 'get no room', sys('getsockopt', fd, level, number, None,
                             ctypes.byref(length))
    for size in 0, 1, 2, 3, -1:
        value = net.getopt(fd, level, number, size)
        yield f'get {size}', text(value) if isinstance(value, int) \
            else len(value)
    yield 'set null', sys('setsockopt', fd, level, number, None, 4)
    yield 'set null 0', sys('setsockopt', fd, level, number, None, 0)
    for size in 0, 1, 3, 5, 8, 16:
        yield f'set {size}', net.setopt(fd, level, number,
                                        (b'\1' + bytes(20))[:size])
    yield 'set -1', sys('setsockopt', fd, level, number, bytes(4), -1)


def elsewhere(net, kind, level):
    fd = socket(net, kind)
    for name, number in OPTIONS[level].items():
        yield 'set ' + name, net.setopt(fd, LEVELS[level], number)
        yield 'get ' + name, shown(name, net.getopt(fd, LEVELS[level],
                                                    number))


def unknown_level(net, kind, level):
    fd = socket(net, kind)
    yield 'set', net.setopt(fd, level, 1)
    yield 'get', text(net.getopt(fd, level, 1))
    yield 'get null', sys('getsockopt', fd, level, 1, None, None)


def table():
    for kind in 'tcp', 'udp', 'ping', 'raw':
        for level, names in OPTIONS.items():
            if (kind, level) in ELSEWHERE:
                case(f'option {kind} {level}', elsewhere, kind, level)
                continue
            for name, number in names.items():
                what = kind, level, name, number
                case(f'option {kind} {level} {name}: values', values, *what)
                case(f'option {kind} {level} {name}: lengths', lengths,
                     *what)
        for level in 2, 58, 132, 255, 263, 270, -1, 1000:
            case(f'option {kind}: level {level}', unknown_level, kind, level)


table()


# --------------------------------------------------- those that are structs

def linger(net):
    fd = net.tcp()
    for on, time in (1, 5), (0, 7), (1, 0), (5, 70000):
        yield f'set {on} {time}', net.setopt(fd, S.SOL_SOCKET, S.SO_LINGER,
                                             struct.pack('ii', on, time))
        yield 'get', net.getopt(fd, S.SOL_SOCKET, S.SO_LINGER, 8)


def timeout(net, kind, number):
    fd = socket(net, kind)
    for seconds, micros in ((1, 500000), (0, 1), (0, 999999), (0, 1000000),
                            (0, -1), (-1, 0), (1 << 40, 0), (0, 0)):
        yield f'set {seconds} {micros}', net.setopt(
            fd, S.SOL_SOCKET, number, struct.pack('qq', seconds, micros))
        yield 'get', net.getopt(fd, S.SOL_SOCKET, number, 16)


def device(net, kind):
    fd = socket(net, kind)
    for name in b'lo\0', b'lo', b'', b'\0', b'nothere\0', b'lo' + bytes(40):
        yield f'set {name}', net.setopt(fd, S.SOL_SOCKET, 25, name)
        yield 'get', net.getopt(fd, S.SOL_SOCKET, 25, 16)
        yield 'index', net.number(fd, S.SOL_SOCKET, 62)
    yield 'index 1', net.setopt(fd, S.SOL_SOCKET, 62, 1)
    yield 'get', net.getopt(fd, S.SOL_SOCKET, 25, 16)
    yield 'short', text(net.getopt(fd, S.SOL_SOCKET, 25, 2))
    yield 'index -1', net.setopt(fd, S.SOL_SOCKET, 62, -1)
    yield 'index 77', net.setopt(fd, S.SOL_SOCKET, 62, 77)


def filters(net, kind):
    """One instruction: take all of it."""
    fd = socket(net, kind)
    code = ctypes.create_string_buffer(struct.pack('HBBI', 6, 0, 0, 0x40000))
    program = struct.pack('HxxxxxxP', 1, ctypes.addressof(code))
    yield 'attach', net.setopt(fd, S.SOL_SOCKET, 26, program)
    yield 'detach', net.setopt(fd, S.SOL_SOCKET, 27)
    yield 'again', net.setopt(fd, S.SOL_SOCKET, 27)


def program(*instructions):
    """struct sock_fprog; its instructions are kept with it."""
    code = ctypes.create_string_buffer(b''.join(
        struct.pack('HBBI', *one) for one in instructions))
    value = ctypes.create_string_buffer(struct.pack(
        'HxxxxxxP', len(instructions), ctypes.addressof(code)), 16)
    value.code = code
    return value


def filter_runs(net):
    """What begins with 'a' passes; then all of it, but cut; then nothing."""
    a, b = net.udp_pair()
    first = program((0x30, 0, 0, 8), (0x15, 0, 1, ord('a')),
                    (6, 0, 0, 0x40000), (6, 0, 0, 0))

    def came():
        for data in b'abc', b'xyz', b'':
            must(net.send(a, data))
            net.settle(a)
        net.settle(b)
        net.poll(b, select.POLLIN, 20)
        said = [net.recvmsg(b), net.recvmsg(b), net.recvmsg(b, 100,
                                                            DONTWAIT, 0, 0)]
        return ' '.join(said)

    def attach(value):
        return sys('setsockopt', b, S.SOL_SOCKET, 26, value, 16)

    yield 'without', came()
    yield 'attach', attach(first)
    yield 'first', came()
    yield 'ports', attach(program((0x28, 0, 0, 0), (7, 0, 0, 0),
                                  (0x28, 0, 0, 2), (0x1c, 0, 0, 0),
                                  (0x15, 0, 1, 0), (6, 0, 0, 0),
                                  (6, 0, 0, 0x40000)))
    yield 'came', came()
    yield 'length', attach(program((0x80, 0, 0, 0), (0x15, 0, 1, 11),
                                   (6, 0, 0, 0x40000), (6, 0, 0, 0)))
    yield 'came', came()
    for size in 10, 3, 0:
        yield f'cut {size}', attach(program((6, 0, 0, size)))
        yield 'came', came()
    yield 'none', attach(program())
    yield 'no end', attach(program((0x30, 0, 0, 8)))
    yield 'jumps away', attach(program((5, 0, 0, 7), (6, 0, 0, 0)))
    yield 'lock', net.setopt(b, S.SOL_SOCKET, 44)
    yield 'attach', attach(first)
    yield 'detach', net.setopt(b, S.SOL_SOCKET, 27)


def filter_raw(net):
    """A raw socket's: an echo's first byte, behind IPv4's header."""
    protocol = 1 if net.v == 4 else 58
    fd = net.socket(S.SOCK_RAW | S.SOCK_NONBLOCK, protocol)
    at = 20 if net.v == 4 else 0
    for kind in 8 if net.v == 4 else 128, 77:
        value = program((0x30, 0, 0, at), (0x15, 0, 1, kind),
                        (6, 0, 0, at + 6), (6, 0, 0, 0))
        yield 'attach', sys('setsockopt', fd, S.SOL_SOCKET, 26, value, 16)
        must(net.sendto(fd, echo(net, 8 if net.v == 4 else 128), 0))
        net.settle(fd)
        net.poll(fd, select.POLLIN, 50)
        yield 'came', net.recv(fd)[:3]


def buffers(net, kind, number):
    fd = socket(net, kind)
    for value in 0, 1, 1000, 2304, 4608, 5000, 100000, 212992, 10000000, -5:
        yield f'set {value}', net.setopt(fd, S.SOL_SOCKET, number, value)
        yield 'get', net.number(fd, S.SOL_SOCKET, 7 + number % 2 - 1
                                if number < 10 else number - 25)


def cookie(net):
    a, b = net.tcp(), net.tcp()
    one, other = (net.getopt(fd, S.SOL_SOCKET, 57, 8) for fd in (a, b))
    yield 'zero', one == bytes(8)
    yield 'equal', one == other
    yield 'again', one == net.getopt(a, S.SOL_SOCKET, 57, 8)
    yield 'short', text(net.getopt(a, S.SOL_SOCKET, 57, 4))


def icmp_filter(net):
    fd = socket(net, 'raw')
    yield 'set', net.setopt(fd, SOL_RAW, 1, struct.pack('I', 0x105))
    yield 'get', net.getopt(fd, SOL_RAW, 1, 4)
    yield 'short', net.getopt(fd, SOL_RAW, 1, 2)
    yield 'set short', net.setopt(fd, SOL_RAW, 1, b'\7')
    yield 'get', net.getopt(fd, SOL_RAW, 1, 8)


def ip_options(net, kind):
    fd = socket(net, kind)
    yield 'none', text(net.getopt(fd, 0, 4, 40))
    yield 'set', net.setopt(fd, 0, 4, b'\1\1\1\1')
    yield 'get', text(net.getopt(fd, 0, 4, 40))
    yield 'wrong', net.setopt(fd, 0, 4, b'\x07\xff\x04\0')
    yield 'long', net.setopt(fd, 0, 4, bytes(44))
    yield 'clear', net.setopt(fd, 0, 4, b'')
    yield 'get', text(net.getopt(fd, 0, 4, 40))


def closed(net):
    fd = net.tcp()
    net.close(fd)
    yield 'set', net.setopt(fd, 1, 2)
    yield 'get', text(net.getopt(fd, 1, 2))
    yield 'bind', net.bind(fd)
    yield 'listen', sys('listen', fd, 1)
    yield 'accept', net.accept(fd)
    yield 'connect', net.connect(fd)
    yield 'send', net.send(fd)
    yield 'recv', net.recv(fd)
    yield 'name', net.name(fd)
    yield 'shutdown', sys('shutdown', fd, 0)
    yield 'bad', net.setopt(-1, 1, 2)
    yield 'file', sys('listen', must(net.keep(sys('dup', 2))), 1)


case('filter runs', filter_runs)
case('filter runs raw', filter_raw)
case('linger', linger)
case('cookie', cookie)
case('icmp filter', icmp_filter)
case('closed descriptor', closed)
for kind in 'tcp', 'udp', 'raw':
    for number in 20, 21:
        case(f'timeout {kind} {number}', timeout, kind, number)
    for number in 7, 8, 32, 33:
        case(f'buffers {kind} {number}', buffers, kind, number)
    case(f'device {kind}', device, kind)
    case(f'filter {kind}', filters, kind)
    case(f'ip options {kind}', ip_options, kind)

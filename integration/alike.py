"""What the cases of test_alike share: calls of the C library as they are,
and the texts that two runs are compared by.

A call is `sys('bind', fd, ...)`: its result, or -errno. A case is a generator
of (label, value); `case` puts it into the table.
"""
import ctypes
import errno
import os
import select
import signal
import socket as S
import struct
import time

libc = ctypes.CDLL(None, use_errno=True)
CASES = {}
# own: on the link; near: a neighbour that answers; dead, mute: some that do not.
INADDR = {4: {'lo': '127.0.0.1', 'any': '0.0.0.0', 'own': '10.77.0.2',
              'near': '10.77.0.1', 'dead': '10.77.0.99',
              'mute': '10.77.0.98',
              'far': '192.0.2.1', 'group': '224.0.0.99'},
          6: {'lo': '::1', 'any': '::', 'own': 'fd77::2',
              'near': 'fd77::1', 'dead': 'fd77::99', 'mute': 'fd77::98',
              'far': '2001:db8::1', 'group': 'ff02::99'}}
POLLS = ('IN', 'PRI', 'OUT', 'ERR', 'HUP', 'NVAL', 'RDNORM', 'RDBAND',
         'WRNORM')
POLLRDHUP = 0x2000
# POLLWRBAND has a case of its own: AF_UNIX says it wherever it says POLLOUT.
POLL_ALL = select.POLLIN | select.POLLPRI | select.POLLOUT | POLLRDHUP | \
    select.POLLRDNORM | select.POLLRDBAND | select.POLLWRNORM
WAIT_MS = 3000
NB = S.SOCK_NONBLOCK
DONTWAIT = S.MSG_DONTWAIT
NOSIG = S.MSG_NOSIGNAL


MSG_FLAGS = ((S.MSG_TRUNC, 'TRUNC'), (S.MSG_CTRUNC, 'CTRUNC'),
             (S.MSG_OOB, 'OOB'), (S.MSG_EOR, 'EOR'),
             (S.MSG_ERRQUEUE, 'ERRQUEUE'))
CONTROLS = {(0, 1): 'TOS', (0, 2): 'TTL', (0, 6): 'RECVOPTS',
            (0, 7): 'RETOPTS', (0, 8): 'PKTINFO', (0, 11): 'RECVERR',
            (0, 20): 'ORIGDST', (41, 25): 'RECVERR6', (41, 50): 'PKTINFO6',
            (41, 52): 'HOPLIMIT', (41, 67): 'TCLASS', (41, 74): 'ORIGDST6',
            (1, 29): 'TIMESTAMP', (1, 35): 'TIMESTAMPNS',
            (1, 37): 'TIMESTAMPING', (1, 63): 'TIMESTAMP_NEW',
            (1, 64): 'TIMESTAMPNS_NEW', (1, 65): 'TIMESTAMPING_NEW',
            (17, 104): 'GRO', (1, 40): 'OVERFLOW',
            (6, 36): 'INQ'}


def control(level, name, value):
    """One control message as a program writes it; value: bytes or an int."""
    if isinstance(value, int):
        value = struct.pack('=i', value)
    return struct.pack('=Qii', 16 + len(value), level, name) + value + \
        bytes(-len(value) % 8)


def time_text(seconds, fraction):
    if seconds == 0:
        return '0' if fraction == 0 else 'early'
    return 'now' if abs(seconds - time.time()) < 60 else 'another time'


def link_text(value):
    return {0: 'none', 1: 'lo'}.get(struct.unpack('=I', value[:4])[0], 'link')


def sys(name, *arguments):
    function = getattr(libc, name)
    if name in ('send', 'recv', 'sendto', 'recvfrom', 'sendmsg', 'recvmsg',
                'read', 'write', 'readv', 'writev'):
        function.restype = ctypes.c_ssize_t
    ctypes.set_errno(0)
    result = function(*arguments)
    return -ctypes.get_errno() if result == -1 else result


def must(result):
    if result < 0:
        raise OSError(-result, f'preparation: {os.strerror(-result)}')
    return result


def text(value):
    """A call's result, or the errno's name."""
    if isinstance(value, int) and value < 0:
        return errno.errorcode.get(-value, str(value))
    if isinstance(value, bytes):
        return value.hex() or 'empty'
    return str(value)


def case(name, function, *arguments):
    assert name not in CASES, name
    CASES[name] = lambda net: function(net, *arguments)


def shown(data):
    """Bytes as one can read them."""
    return data.decode('latin1').encode('unicode_escape').decode()


class Net:
    """The sockets of one case, which are closed after it."""

    def __init__(self, family):
        self.v = family
        self.family = S.AF_INET if family == 4 else S.AF_INET6
        self.fds = []
        self.names = {0: '0'}

    # ------------------------------------------------------------ addresses

    def address(self, host='lo', port=0, family=None):
        host = INADDR[self.v].get(host, host)
        if self.v == 4:
            return struct.pack('=H', family or S.AF_INET) + struct.pack(
                '>H', port) + S.inet_aton(host) + bytes(8)
        return struct.pack('=H', family or S.AF_INET6) + struct.pack(
            '>HI', port, 0) + S.inet_pton(S.AF_INET6, host) + bytes(4)

    def port_text(self, port):
        """Ephemeral ports differ: they are named as they appear."""
        return self.names.setdefault(port, f'p{len(self.names)}')

    def address_text(self, data, length):
        if len(data) < 8 or length < 8:	# a port would differ
            return f'{length}:{data[:min(length, 2)].hex()}'
        family, port = struct.unpack('=H', data[:2])[0], \
            struct.unpack('>H', data[2:4])[0]
        if family == S.AF_INET:
            host = S.inet_ntoa(data[4:8])
        elif family == S.AF_INET6 and len(data) >= 24:
            host = S.inet_ntop(S.AF_INET6, data[8:24])
        else:
            return f'{length}:family {family}'
        return f'{length}:{host}:{self.port_text(port)}'

    def name(self, fd, call='getsockname', room=28):
        data = ctypes.create_string_buffer(64)
        length = ctypes.c_int(room)
        result = sys(call, fd, data, ctypes.byref(length))
        if result < 0:
            return text(result)
        return self.address_text(data.raw[:room], length.value)

    def port(self, fd):
        data = ctypes.create_string_buffer(64)
        length = ctypes.c_int(28)
        must(sys('getsockname', fd, data, ctypes.byref(length)))
        return struct.unpack('>H', data.raw[2:4])[0]

    # ---------------------------------------------------------------- calls

    def keep(self, fd):
        if fd >= 0:
            self.fds.append(fd)
        return fd

    def socket(self, kind, protocol=0):
        return self.keep(must(sys('socket', self.family, kind, protocol)))

    def tcp(self, flags=NB):
        return self.socket(S.SOCK_STREAM | flags)

    def udp(self, flags=NB):
        return self.socket(S.SOCK_DGRAM | flags)

    def bind(self, fd, host='lo', port=0):
        name = self.address(host, port)
        return sys('bind', fd, name, len(name))

    def connect(self, fd, host='lo', port=0):
        name = self.address(host, port)
        return sys('connect', fd, name, len(name))

    def disconnect(self, fd):
        name = struct.pack('=H', S.AF_UNSPEC) + bytes(26)
        return sys('connect', fd, name, 16)

    def accept(self, fd, flags=NB):
        return self.keep(sys('accept4', fd, None, None, flags))

    def close(self, fd):
        self.fds.remove(fd)
        return sys('close', fd)

    def send(self, fd, data=b'x', flags=0):
        return sys('send', fd, data, ctypes.c_size_t(len(data)),
                   flags | NOSIG)

    def sendto(self, fd, data, port, host='lo', flags=0):
        name = self.address(host, port)
        return sys('sendto', fd, data, ctypes.c_size_t(len(data)),
                   flags | NOSIG, name, len(name))

    def settle(self, fd):
        """What was sent has arrived: the stack has been asked after it."""
        for _ in range(3):
            self.getopt(fd, S.SOL_SOCKET, 57, 8)	# SO_COOKIE

    def recv(self, fd, size=100, flags=DONTWAIT):
        data = ctypes.create_string_buffer(max(size, 1))
        result = sys('recv', fd, data, ctypes.c_size_t(size), flags)
        if result < 0:
            return text(result)
        return f'{result}:{shown(data.raw[:min(result, size)])}'

    def recvfrom(self, fd, size=100, flags=DONTWAIT, room=28):
        data = ctypes.create_string_buffer(max(size, 1))
        name = ctypes.create_string_buffer(64)
        length = ctypes.c_int(room)
        result = sys('recvfrom', fd, data, ctypes.c_size_t(size), flags, name,
                     ctypes.byref(length))
        if result < 0:
            return text(result)
        return f'{result}:{shown(data.raw[:min(result, size)])} ' \
            f'from {self.address_text(name.raw[:room], length.value)}'

    # ------------------------------------------------------------ messages

    def message(self, data, name=b'', control=b''):
        """A struct msghdr around these; what it points to is kept."""
        keep = [ctypes.create_string_buffer(bytes(part) + bytes(1))
                for part in (data, name, control)]
        at = [ctypes.addressof(part) if value else 0
              for part, value in zip(keep, (True, name, control))]
        iov = ctypes.create_string_buffer(struct.pack(
            'PL', at[0], len(data)), 16)
        message = ctypes.create_string_buffer(struct.pack(
            'PIxxxxPLPLi4x', at[1], len(name), ctypes.addressof(iov), 1,
            at[2], len(control), 0), 56)
        message.parts = keep + [iov]
        message.room = len(data)
        return message

    def sendmsg(self, fd, data=b'x', control=b'', port=None, host='lo',
                flags=0):
        name = b'' if port is None else self.address(host, port)
        return sys('sendmsg', fd, self.message(data, name, control),
                   flags | NOSIG)

    def recvmsg(self, fd, size=100, flags=DONTWAIT, room=512, name=28):
        """All that it says: bytes, name, flags, control messages."""
        message = self.message(bytes(size), bytes(name), bytes(room))
        result = sys('recvmsg', fd, message, flags)
        return text(result) if result < 0 else \
            self.message_text(message, result)

    def message_text(self, message, result):
        data, name, control = (part.raw for part in message.parts[:3])
        name_len = struct.unpack_from('I', message.raw, 8)[0]
        control_len, flags = struct.unpack_from('LI', message.raw, 40)
        said = [f'{result}:{shown(data[:min(result, message.room)])}']
        if name_len:
            said.append('from ' + self.address_text(name, name_len))
        said += [label for bit, label in MSG_FLAGS if flags & bit]
        return ' '.join(said + self.control_texts(control[:control_len]))

    def control_texts(self, data):
        said = []
        while len(data) >= 16:
            length, level, name = struct.unpack('=Qii', data[:16])
            if length < 16:
                return said + ['wrong length']
            said.append('[' + self.control_text(level, name,
                                                data[16:length]) + ']')
            data = data[length + 7 & ~7:]
        return said

    def control_text(self, level, name, value):
        label = CONTROLS.get((level, name))
        if not label:
            return f'{level} {name} {value.hex()}'
        if 'TIME' in label and len(value) % 16 == 0:
            return label + ''.join(
                ' ' + time_text(*struct.unpack_from('qq', value, at))
                for at in range(0, len(value), 16))
        if label == 'PKTINFO' and len(value) == 12:
            return f'{label} {link_text(value)} ' + \
                ' '.join(S.inet_ntoa(value[at:at + 4]) for at in (4, 8))
        if label == 'PKTINFO6' and len(value) == 20:
            return f'{label} {link_text(value[16:])} ' + \
                S.inet_ntop(S.AF_INET6, value[:16])
        if label.startswith('RECVERR') and len(value) >= 16:
            return f'{label} ' + self.error_text(value)
        if label.startswith('ORIGDST'):
            return f'{label} ' + self.address_text(value, len(value))
        return f'{label} {value.hex()}'

    def error_text(self, value):
        """struct sock_extended_err, and who told."""
        number, origin, kind, code, pad, info, more = struct.unpack(
            '=IBBBBII', value[:16])
        return f'{text(-number)} origin {origin} type {kind} code {code} ' \
            f'pad {pad} info {info} data {more} by ' + \
            self.address_text(value[16:], len(value) - 16)

    # -------------------------------------------------------------- options

    def setopt(self, fd, level, name, value=1):
        if isinstance(value, int):
            value = struct.pack('=i', value)
        return sys('setsockopt', fd, level, name, value, len(value))

    def getopt(self, fd, level, name, room=4):
        """Its bytes, or -errno."""
        data = ctypes.create_string_buffer(b'\xee' * 512)
        length = ctypes.c_int(room)
        result = sys('getsockopt', fd, level, name, data,
                     ctypes.byref(length))
        return result if result < 0 else data.raw[:length.value]

    def number(self, fd, level, name):
        value = self.getopt(fd, level, name)
        if isinstance(value, int):
            return text(value)
        return str(struct.unpack('=i', value)[0]) if len(value) == 4 \
            else f'{len(value)} bytes {value.hex()}'

    def error(self, fd):
        value = self.getopt(fd, S.SOL_SOCKET, S.SO_ERROR)
        return text(-struct.unpack('=i', value)[0]) \
            if isinstance(value, bytes) else 'failed ' + text(value)

    def ioctl(self, fd, request):
        value = ctypes.c_int(-77)
        result = sys('ioctl', fd, ctypes.c_ulong(request),
                     ctypes.byref(value))
        return text(result) if result < 0 else str(value.value)

    # ----------------------------------------------------------------- poll

    def poll(self, fd, events=POLL_ALL, wait_ms=0):
        data = ctypes.create_string_buffer(struct.pack('=ihh', fd, events, 0),
                                           8)
        result = sys('poll', data, 1, wait_ms)
        if result < 0:
            return -1
        return struct.unpack('=ihH', data.raw)[2]

    def wait(self, fd, events):
        """True when one of them is there."""
        return bool(self.poll(fd, events, WAIT_MS) & events)

    def polled(self, fd):
        return poll_text(self.poll(fd))

    # --------------------------------------------------------------- states

    def listener(self, host='lo', backlog=8, flags=NB):
        fd = self.tcp(flags)
        must(self.bind(fd, host))
        must(sys('listen', fd, backlog))
        return fd

    def pair(self, flags=NB):
        """An established connection: client, server."""
        listener = self.listener()
        client = self.tcp(0)
        must(self.connect(client, 'lo', self.port(listener)))
        assert self.wait(listener, select.POLLIN), 'nothing to accept'
        server = must(self.accept(listener, flags))
        if flags & NB:
            must(sys('fcntl', client, 4, os.O_RDWR | os.O_NONBLOCK))
        self.close(listener)
        return client, server

    def udp_pair(self):
        """Connected to each other."""
        a, b = self.udp(), self.udp()
        for fd in a, b:
            must(self.bind(fd))
        must(self.connect(a, 'lo', self.port(b)))
        must(self.connect(b, 'lo', self.port(a)))
        return a, b

    def closed_port(self, kind=S.SOCK_STREAM):
        fd = self.socket(kind)
        must(self.bind(fd))
        port = self.port(fd)
        self.close(fd)
        return port

    def end(self):
        for fd in self.fds:
            sys('close', fd)


def poll_text(events):
    names = [name for name in POLLS
             if events & getattr(select, 'POLL' + name)]
    if events & POLLRDHUP:
        names.append('RDHUP')
    return '|'.join(names) or '-'


class Hangs(Exception):
    """A call that should have come back."""


def on_alarm(number, frame):
    raise Hangs


def run(name, family):
    net = Net(family)
    said = []
    signal.alarm(12)
    try:
        for label, value in CASES[name](net):
            said.append(f'{label}={text(value)}')
    except Hangs:
        said.append('HANGS')
    except (OSError, AssertionError) as problem:
        said.append(f'BROKE OFF: {problem}')
    finally:
        signal.alarm(0)
        net.end()
    return '; '.join(said)

"""What bind(2), listen(2) and connect(2) answer on one port that many share,
and who gets what comes to it: what a seed makes up, a line a step.

usage: bind_alike_probe.py SEEDS STEPS
"""
import errno
import random
import select
import socket
import struct
import sys

PORT = 4321
FAR = 4322
ADDRESSES = {socket.AF_INET: ['0.0.0.0', '127.0.0.1', '127.0.0.2'],
             socket.AF_INET6: ['::', '::1', '::ffff:0.0.0.0',
                               '::ffff:127.0.0.1']}
SO_REUSEPORT = 15
PATIENCE_S = 5   # somebody has it, or somebody hears of it, long before


def name_of(problem):
    return errno.errorcode.get(problem.errno, str(problem.errno))


def tried(call, *arguments):
    try:
        call(*arguments)
        return 'ok'
    except OSError as problem:
        return name_of(problem)


class One:
    """A socket, and what is known of it."""

    def __init__(self, dice, kind, number):
        self.number = number
        self.kind = kind
        self.family = dice.choice([socket.AF_INET, socket.AF_INET6])
        self.socket = socket.socket(self.family, kind)
        self.socket.setblocking(False)
        self.address = None
        self.listens = self.connected = False
        self.options = {'addr': 0, 'port': 0, 'device': 0}
        self.v6only = 0
        if self.family == socket.AF_INET6:
            self.v6only = dice.randrange(2)
            self.socket.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY,
                                   self.v6only)

    def set(self, name, value):
        if name == 'device':
            return tried(self.socket.setsockopt, socket.SOL_SOCKET,
                         socket.SO_BINDTODEVICE, b'lo' if value else b'')
        option = socket.SO_REUSEADDR if name == 'addr' else SO_REUSEPORT
        return tried(self.socket.setsockopt, socket.SOL_SOCKET, option, value)

    def describe(self):
        """All of a group of SO_REUSEPORT are alike."""
        what = [6 if self.family == socket.AF_INET6 else 4, self.address,
                self.options['device']]
        if self.address == '::':
            what.append(self.v6only)
        if not self.group:
            what.append(self.number)
        return ' '.join(map(str, what))

    group = tried = False


class Play:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.kind = self.dice.choice([socket.SOCK_STREAM, socket.SOCK_DGRAM])
        self.reuse = {'addr': self.dice.randrange(2),
                      'port': self.dice.randrange(2)}
        self.all = []
        self.count = 0
        self.far = []
        for family, address in ((socket.AF_INET, '127.0.0.1'),
                                (socket.AF_INET6, '::1')):
            far = socket.socket(family, self.kind)
            far.setblocking(False)
            far.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            far.bind((address, FAR))
            if self.kind == socket.SOCK_STREAM:
                far.listen(100)
            self.far.append(far)

    def say(self, one, *what):
        print(self.count, 'stream' if self.kind == socket.SOCK_STREAM else
              'datagram', f'#{one.number}', *what)

    def open(self):
        one = One(self.dice, self.kind, self.count)
        for name in one.options:
            value = self.reuse.get(name, int(self.dice.random() < 0.2))
            if value and one.set(name, value) == 'ok':
                one.options[name] = value
        self.all.append(one)
        self.say(one, 'opened', one.family == socket.AF_INET6, one.v6only,
                 one.options)
        self.bind(one)

    def bind(self, one):
        address = self.dice.choice(ADDRESSES[one.family])
        result = tried(one.socket.bind, (address, PORT))
        self.say(one, 'bind', address, result)
        if result == 'ok':
            one.address = address
            one.group = (self.kind == socket.SOCK_DGRAM and
                         one.options['port'] != 0)

    def listen(self, one):
        one.tried = True
        result = tried(one.socket.listen, 10)
        self.say(one, 'listen', result)
        if result == 'ok':
            one.listens = True
            one.group = one.options['port'] != 0

    def connect(self, one):
        far = '127.0.0.1' if one.family == socket.AF_INET else '::1'
        if one.address.startswith('::ffff:'):
            far = '::ffff:127.0.0.1'
        result = tried(one.socket.connect, (far, FAR))
        if result == 'EINPROGRESS':
            result = 'ok'
        self.say(one, 'connect', result)
        if result == 'ok':
            one.connected = True

    def close(self, one):
        if one.connected and self.kind == socket.SOCK_STREAM:
            one.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack('ii', 1, 0))
        one.socket.close()
        self.all.remove(one)
        self.say(one, 'closed')
        for far in self.far:
            if self.kind == socket.SOCK_STREAM:
                self.drain(far)

    def change(self, one):
        value = self.dice.randrange(2)
        self.say(one, 'set', value, one.set('addr', value))

    def drain(self, far):
        while select.select([far], [], [], 0)[0]:
            try:
                far.accept()[0].close()
            except OSError:
                return

    def step(self):
        self.count += 1
        if len(self.all) < 3 or (len(self.all) < 9 and
                                 self.dice.random() < 0.4):
            self.open()
            return
        one = self.dice.choice(self.all)
        what = self.dice.randrange(6)
        if what == 0:
            # The stack hears of it a moment later.
            if not one.listens:
                self.close(one)
            return
        elif what == 1:
            self.change(one)
        elif one.address is None:
            self.bind(one)
        elif one.listens:
            pass
        elif self.kind == socket.SOCK_STREAM and not one.connected:
            if what == 3 and not one.options['device'] and not one.tried:
                self.connect(one)
            else:
                self.listen(one)
        elif not one.connected and what == 3 and not one.options['port']:
            self.connect(one)
        self.ask('127.0.0.1')
        self.ask('::1')

    def ask(self, address):
        """Who receives?"""
        family = socket.AF_INET6 if ':' in address else socket.AF_INET
        with socket.socket(family, self.kind) as asker:
            asker.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                             struct.pack('ii', 1, 0))
            asker.settimeout(2)
            result = tried(asker.connect, (address, PORT))
            if result == 'ok' and self.kind == socket.SOCK_DGRAM:
                result = tried(asker.send, b'x')
            got = []
            if result == 'ok':
                # Somebody has it, or the asker hears that nobody has.
                ready = select.select(
                    [asker] +
                    [one.socket for one in self.all if one.address and
                     (one.listens or self.kind == socket.SOCK_DGRAM)],
                    [], [], PATIENCE_S)[0]
                got = [one for one in self.all if one.socket in ready]
            for one in got:
                if self.kind == socket.SOCK_DGRAM:
                    tried(one.socket.recv, 100)
                else:
                    self.take(one)
        print(self.count, 'to', address, result,
              [one.describe() for one in got])

    def end(self):
        while self.all:
            self.close(self.all[0])
        for far in self.far:
            far.close()

    def take(self, one):
        try:
            child = one.socket.accept()[0]
        except OSError:
            return
        child.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                         struct.pack('ii', 1, 0))
        child.close()


for seed in range(int(sys.argv[1])):
    print('seed', seed)
    play = Play(seed)
    for _ in range(int(sys.argv[2])):
        play.step()
    play.end()

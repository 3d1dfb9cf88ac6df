"""Frames that no honest host sends, to the stack on a device: hostile.py
DEVICE MAC SEED COUNT. Equal seeds send equal frames. Prints how many went."""
import random
import socket
import struct
import sys

STACK = socket.inet_aton('10.77.0.2')
SOURCES = ['10.77.0.1', '10.77.0.77', '8.8.8.8', '127.0.0.1',
           '255.255.255.255', '224.0.0.1', '10.77.0.2', '0.0.0.0']
PORTS = [80, 7001]


def noise(limit):
    return random.randbytes(random.randrange(limit))


def checksum(data):
    total = sum(struct.unpack(f'!{len(data) // 2}H', data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ip(protocol, payload, fragment=0, words=5, length=None, ident=None):
    """An IPv4 packet with a right header checksum, else as asked for."""
    if length is None:
        length = words * 4 + len(payload)
    if ident is None:
        ident = random.randrange(65536)
    source = socket.inet_aton(random.choice(SOURCES))
    header = struct.pack('!BBHHHBBH', 0x40 | words, random.randrange(4),
                         length & 0xffff, ident, fragment, 64, protocol, 0)
    header += source + STACK + random.randbytes((words - 5) * 4)
    return header[:10] + struct.pack('!H', checksum(header)) + header[12:] + \
        payload


def tcp():
    words = random.randrange(0, 16)
    return struct.pack('!HHIIBBHHH', random.choice(PORTS),
                       random.choice(PORTS + [random.randrange(65536)]),
                       random.getrandbits(32), random.getrandbits(32),
                       words << 4, random.randrange(256),
                       random.getrandbits(16), 0,
                       random.getrandbits(16)) + noise(80)


def icmp():
    """Errors that quote connections which may exist, and others."""
    quoted = ip(6, tcp()[:random.choice([4, 8, 20])])
    return bytes([random.choice([0, 3, 4, 5, 8, 11, 12, 13, 42]),
                  random.randrange(16)]) + random.randbytes(6) + quoted


def fragment():
    offset = random.choice([0x2000, 0x2001, 0x2003, 1, 8191, 0x3fff])
    return ip(random.choice([1, 6, 17]), noise(600), fragment=offset,
              ident=random.randrange(20))


PACKETS = [
    lambda: ip(6, tcp()),
    lambda: ip(17, noise(40)),
    lambda: ip(1, icmp()),
    lambda: ip(6, tcp(), words=random.randrange(5, 16)),
    lambda: ip(6, tcp(), length=random.randrange(65536)),
    lambda: noise(80),
    fragment,
]


def frame(target, source):
    if random.randrange(8) == 0:
        return b'\xff' * 6 + source + b'\x08\x06' + noise(28)
    return target + source + b'\x08\x00' + random.choice(PACKETS)()


def main():
    device, mac, seed, count = sys.argv[1:]
    random.seed(int(seed))
    with open(f'/sys/class/net/{device}/address') as file:
        source = bytes.fromhex(file.read().strip().replace(':', ''))
    target = bytes.fromhex(mac.replace(':', ''))
    link = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    link.bind((device, 0))
    sent = 0
    for _ in range(int(count)):
        try:
            link.send(frame(target, source))
            sent += 1
        except OSError:
            pass        # the queue is full: as good as lost
    print(sent)


main()

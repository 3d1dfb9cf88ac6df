#!/usr/bin/python3
"""TCP by hand: a host made of single packets, on the kernel's side of a TAP.

usage: hand.py 4|6 [discard|echo|daytime|closed|udp ...]
It has an address of its own, answers ARP and neighbour solicitations itself,
and makes every segment with scapy. Each answer's flags, sequence number,
acknowledgment number, SACK blocks, payload and checksum are compared with
what RFC 9293, 2018, 2883 and 5961 say; the table shows all of them, relative
to the initial ones. Ends with 1 at the first that is wrong.
"""
import logging
import os
import sys
import time

logging.getLogger('scapy').setLevel(logging.ERROR)
from scapy.all import (ARP, ICMP, IP, TCP, UDP, Ether, ICMPv6DestUnreach,
                       ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6NDOptDstLLAddr, IPv6,
                       Raw, conf)                           # noqa: E402

TAP = 'pyt0'
OUR_MAC, MAC = '02:00:00:77:00:09', '02:00:00:77:00:02'
OURS = {4: '10.77.0.9', 6: 'fd77::9'}
STACK = {4: '10.77.0.2', 6: 'fd77::2'}
MSS = {4: 1460, 6: 1440}
WORDS = 2 ** 32
SECONDS = 5
INVALID_RATELIMIT = 0.55    # tcp_invalid_ratelimit: between two challenges
FLAGS = (('SYN', 'S'), ('FIN', 'F'), ('RST', 'R'), ('ACK', 'A'))


class Wrong(Exception):
    pass


def names_of(flags):
    return ','.join(name for name, letter in FLAGS if letter in flags)


class Host:
    """Our side of the link."""

    def __init__(self, family):
        self.family = family
        self.socket = conf.L2socket(iface=TAP, promisc=True)
        self.checks = 0
        self.port = 40000 + os.getpid() % 20000

    def ip(self):
        layer = IP if self.family == 4 else IPv6
        return Ether(src=OUR_MAC, dst=MAC) / layer(src=OURS[self.family],
                                                   dst=STACK[self.family])

    def next_port(self):
        self.port += 1
        return self.port

    def send(self, packet):
        self.socket.send(packet)

    def answer_neighbour(self, packet):
        if ARP in packet and packet[ARP].op == 1 \
                and packet[ARP].pdst == OURS[4]:
            self.send(Ether(src=OUR_MAC, dst=packet.src) / ARP(
                op=2, hwsrc=OUR_MAC, psrc=OURS[4], hwdst=packet.src,
                pdst=packet[ARP].psrc))
        elif ICMPv6ND_NS in packet and packet[ICMPv6ND_NS].tgt == OURS[6]:
            self.send(Ether(src=OUR_MAC, dst=packet.src) / IPv6(
                src=OURS[6], dst=packet[IPv6].src) / ICMPv6ND_NA(
                    tgt=OURS[6], R=0, S=1, O=1) / ICMPv6NDOptDstLLAddr(
                        lladdr=OUR_MAC))

    def receive(self, wanted, seconds=SECONDS):
        """The next packet that is wanted, or None."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if not self.socket.select([self.socket], 0.05):
                continue
            packet = self.socket.recv()
            if packet is None or packet.src == OUR_MAC:
                continue
            self.answer_neighbour(packet)
            if wanted(packet):
                return packet
        return None

    def check(self, what, got, want):
        self.checks += 1
        if got != want:
            raise Wrong(f'{what} is {got}, not {want}')

    def check_sum(self, packet, layer):
        """As it stands in the packet, and as scapy computes it anew."""
        again = packet.copy()
        del again[layer].chksum
        again = Ether(bytes(again))
        self.check('the checksum', packet[layer].chksum, again[layer].chksum)


class Flow:
    """One connection. Numbers are offsets of data: 0 is the first byte; the
    SYN stands before it."""

    def __init__(self, host, port, iss):
        self.host, self.port, self.iss = host, port, iss
        self.source = host.next_port()
        self.irs = None
        self.seen = 0           # the end of what they have sent

    def tell(self, arrow, flags, seq, ack, length, sack, note):
        blocks = ' SACK ' + ' '.join(f'{a}-{b}' for a, b in sack) \
            if sack else ''
        ack = f' ack {ack}' if 'A' in flags else ''
        print(f'  {arrow} {names_of(flags):8} seq {seq:<6}{ack:11}'
              f' {length:>5} bytes{blocks:24}  {note}', flush=True)

    def send(self, flags, seq=0, ack=0, data=b'', options=(), note=''):
        self.tell('-->', flags, seq, ack, len(data), (), note)
        has_ack = 'A' in flags and self.irs is not None
        self.host.send(self.host.ip() / TCP(
            sport=self.source, dport=self.port, flags=flags, window=64000,
            seq=(self.iss + 1 + seq) % WORDS, options=list(options),
            ack=(self.irs + 1 + ack) % WORDS if has_ack else 0) / Raw(data))

    def is_ours(self, packet):
        return TCP in packet and packet[TCP].dport == self.source \
            and packet[TCP].sport == self.port

    def sack_of(self, tcp):
        edges = next((value for name, value in tcp.options
                      if name == 'SAck'), ())
        near = [(edge - self.iss - 1) % WORDS for edge in edges]
        return list(zip(near[::2], near[1::2]))

    def next_segment(self, what, again=False):
        """Passes over what was seen and comes again because we are slow."""
        while True:
            packet = self.host.receive(self.is_ours)
            if packet is None:
                raise Wrong(f'no {what} within {SECONDS} s')
            tcp, length = packet[TCP], self.length_of(packet)
            seq = (tcp.seq - (self.irs or 0) - 1) % WORDS
            end = seq + length + ('F' in tcp.flags)
            if self.irs is None or 'R' in tcp.flags or end == seq \
                    or 'S' in tcp.flags:
                return packet
            if end > self.seen or again:
                self.seen = max(self.seen, end)
                return packet
            self.tell('<--', str(tcp.flags).replace('P', ''), seq,
                      (tcp.ack - self.iss - 1) % WORDS, length, (),
                      'again; we were slow')

    def after_acks(self, ack, what):
        """The first that is more than an ACK; some may come before it."""
        while True:
            packet = self.next_segment(what)
            if packet[TCP].flags != 'A' or self.length_of(packet):
                return packet
            got = (packet[TCP].ack - self.iss - 1) % WORDS
            seq = (packet[TCP].seq - self.irs - 1) % WORDS
            self.tell('<--', 'A', seq, got, 0, (), '')
            self.host.check('ack', got <= ack, True)

    def expect(self, flags, seq=0, ack=0, data=b'', sack=(), note='',
               irs=False, again=False):
        """The next segment must be this one. irs: it brings theirs; again:
        it was seen before."""
        if 'F' in flags:
            packet = self.after_acks(ack, names_of(flags))
        else:
            packet = self.next_segment(f'{names_of(flags)} ({note})', again)
        tcp = packet[TCP]
        if irs:
            self.irs = tcp.seq
        got = str(tcp.flags).replace('P', '')
        payload = bytes(tcp.payload)[:self.length_of(packet)]
        got_seq = (tcp.seq - (self.irs or 0) - 1) % WORDS
        got_ack = (tcp.ack - self.iss - 1) % WORDS
        got_seq -= WORDS if got_seq == WORDS - 1 else 0     # the SYN's
        self.tell('<--', got, got_seq, got_ack, len(payload),
                  self.sack_of(tcp), note)
        check = self.host.check
        check('flags', set(got), set(flags))
        if 'R' not in flags:
            check('seq', got_seq, -1 if 'S' in flags else seq)
        if 'A' in flags:
            check('ack', got_ack, ack)
        check('the data', payload, data)
        check('SACK', self.sack_of(tcp), list(sack))
        self.host.check_sum(packet, TCP)
        return tcp

    @staticmethod
    def length_of(packet):
        """Of the payload; what an Ethernet frame is padded with is none."""
        tcp = packet[TCP].dataofs * 4
        if IP in packet:
            return packet[IP].len - packet[IP].ihl * 4 - tcp
        return packet[IPv6].plen - tcp

    def open(self):
        self.send('S', seq=-1, options=[
            ('MSS', MSS[self.host.family]), ('SAckOK', b'')],
                  note='SACK is permitted')
        answer = self.expect('SA', ack=0, irs=True, note='so is theirs')
        options = dict(answer.options)
        self.host.check('MSS', options.get('MSS'), MSS[self.host.family])
        self.host.check('SACK permitted', 'SAckOK' in options, True)
        self.host.check('no timestamps', 'Timestamp' in options, False)
        self.host.check('no window scale', 'WScale' in options, False)
        self.send('A', note='established')


def letters(begin, end):
    return bytes(97 + i % 26 for i in range(begin, end))


def gone(flow, seq, ack):
    """What is closed answers a late segment with a reset: RFC 9293, 3.10.7.1."""
    flow.send('A', seq=seq, ack=ack, note='too late')
    tcp = flow.expect('R', note='nobody is there')
    flow.host.check('seq of the reset', (tcp.seq - flow.irs - 1) % WORDS, ack)


def discard(host):
    """Data in order, out of order, twice, outside the window; resets."""
    flow = Flow(host, 9, iss=WORDS - 300)   # runs over the end of the numbers
    flow.open()
    flow.send('PA', 0, data=letters(0, 100), note='in order')
    flow.expect('A', ack=100)
    flow.send('A', 200, data=letters(200, 300), note='100-200 is missing')
    flow.expect('A', ack=100, sack=[(200, 300)], note='duplicate ACK')
    flow.send('A', 400, data=letters(400, 500), note='and 300-400')
    flow.expect('A', ack=100, sack=[(400, 500), (200, 300)],
                note='the newest block first: RFC 2018, 4')
    flow.send('A', 100, data=letters(100, 200), note='one hole is filled')
    flow.expect('A', ack=300, sack=[(400, 500)])
    flow.send('A', 300, data=letters(300, 400), note='the other')
    flow.expect('A', ack=500, note='cumulative')
    flow.send('A', 0, data=letters(0, 100), note='once more')
    flow.expect('A', ack=500, sack=[(0, 100)], note='D-SACK: RFC 2883')
    flow.send('A', 450, data=letters(450, 550), note='half of it is new')
    flow.expect('A', ack=550, sack=[(450, 500)], note='D-SACK of the rest')
    flow.send('A', 550 + 70000, data=b'x', note='beyond the window')
    flow.expect('A', ack=550, note='told where we are')
    flow.send('S', 600, note='a SYN in the window')
    flow.expect('A', ack=550, note='challenge ACK: RFC 5961, 4')
    time.sleep(INVALID_RATELIMIT)
    flow.send('R', 600, note='a reset beside rcv.nxt')
    flow.expect('A', ack=550, note='challenge ACK: RFC 5961, 3')
    flow.send('FA', 550, note='the end')
    flow.expect('FA', ack=551, note='and theirs')
    flow.send('A', 551, ack=1)
    gone(flow, 551, 1)


def echo(host):
    """Echoes; not acknowledged, they are sent again; SACK fills holes."""
    flow = Flow(host, 7, iss=1000)
    flow.open()
    flow.send('PA', 0, data=b'hello', note='')
    reply(flow, 0, 5, b'hello')
    flow.expect('A', 0, ack=5, data=b'hello', again=True,
                note='again, by its timer')
    flow.send('A', 5, ack=5, note='now we have it')
    data = letters(0, MSS[host.family])
    for i in range(4):
        flow.send('PA', 5 + i * len(data), ack=5, data=data)
    collect(flow, 5, data * 4)
    # We say that all but the first came: RFC 6675, 5.
    second = 6 + len(data) + flow.irs
    for i in range(1, 4):
        edges = (second % WORDS, (second + i * len(data)) % WORDS)
        flow.send('A', 5 + 4 * len(data), ack=5,
                  options=[('NOP', None)] * 2 + [('SAck', edges)],
                  note=f'SACK {5 + len(data)}-{5 + (i + 1) * len(data)}')
    hole_filled(flow, 5, data)
    flow.send('FA', 5 + 4 * len(data), ack=5 + 4 * len(data), note='the end')
    flow.expect('FA', 5 + 4 * len(data), ack=6 + 4 * len(data))
    flow.send('A', 6 + 4 * len(data), ack=6 + 4 * len(data))
    gone(flow, 6 + 4 * len(data), 6 + 4 * len(data))


def reply(flow, seq, ack, data):
    """An echo, and perhaps a bare ACK before it."""
    packet = flow.after_acks(ack, 'echo')
    got = bytes(packet[TCP].payload)[:flow.length_of(packet)]
    flow.tell('<--', 'A', seq, ack, len(got), (), 'the echo')
    flow.host.check('the echo', got, data)
    flow.host.check('seq', (packet[TCP].seq - flow.irs - 1) % WORDS, seq)
    flow.host.check('ack', (packet[TCP].ack - flow.iss - 1) % WORDS, ack)
    flow.host.check_sum(packet, TCP)


def collect(flow, begin, data):
    """Segments of any size, in order, that together are the data."""
    got = b''
    while len(got) < len(data):
        packet = flow.next_segment(f'byte {begin + len(got)}')
        piece = bytes(packet[TCP].payload)[:flow.length_of(packet)]
        seq = (packet[TCP].seq - flow.irs - 1) % WORDS
        flow.tell('<--', 'A', seq, (packet[TCP].ack - flow.iss - 1) % WORDS,
                  len(piece), (), '')
        if piece:
            flow.host.check('seq', seq, begin + len(got))
        got += piece
    flow.host.check('the data', got, data)


def hole_filled(flow, seq, data):
    """A tail loss probe may have gone before it, if we were slow."""
    while True:
        packet = flow.next_segment('retransmission', again=True)
        got = (packet[TCP].seq - flow.irs - 1) % WORDS
        flow.tell('<--', 'A', got, (packet[TCP].ack - flow.iss - 1) % WORDS,
                  flow.length_of(packet), (), 'sent again')
        if got == seq:
            flow.host.check('the data', bytes(packet[TCP].payload), data)
            return


def daytime(host):
    """The service ends first: its data, its FIN, then ours."""
    flow = Flow(host, 13, iss=5)
    flow.open()
    packet = host.receive(lambda p: flow.is_ours(p) and flow.length_of(p) > 0)
    if packet is None:
        raise Wrong('no time')
    length, tcp = flow.length_of(packet), packet[TCP]
    text = bytes(tcp.payload)[:length]
    flow.tell('<--', str(tcp.flags).replace('P', ''), 0, 0, length, (),
              text.decode().strip())
    host.check('seq', (tcp.seq - flow.irs - 1) % WORDS, 0)
    host.check('a line', text.endswith(b'-UTC\r\n'), True)
    flow.send('A', 0, ack=length)
    if 'F' not in tcp.flags:
        flow.expect('FA', length, ack=0, note='theirs first')
    flow.send('FA', 0, ack=length + 1, note='ours')
    flow.expect('A', length + 1, ack=1)
    flow.send('FA', 0, ack=length + 1, note='as if that was lost')
    flow.expect('A', length + 1, ack=1, note='TIME-WAIT answers again')


def closed(host):
    """Nobody listens: a SYN and a stray segment are reset."""
    flow = Flow(host, 4, iss=77)
    flow.send('S', seq=-1)
    tcp = flow.expect('RA', ack=0, note='RFC 9293, 3.10.7.1')
    host.check('seq of the reset', tcp.seq, 0)
    flow.irs = 5000
    gone(flow, 10, 20)


def udp(host):
    """Datagrams to each service, and to a port where there is none."""
    def ask(port, data):
        source = host.next_port()
        host.send(host.ip() / UDP(sport=source, dport=port) / Raw(data))
        print(f'  --> port {port}: {len(data)} bytes', flush=True)
        return source

    def answer(source, port, text):
        packet = host.receive(lambda p: UDP in p and p[UDP].dport == source)
        if packet is None:
            raise Wrong(f'no answer of port {port}')
        host.check('the port', packet[UDP].sport, port)
        host.check_sum(packet, UDP)
        data = bytes(packet[UDP].payload)[:packet[UDP].len - 8]
        print(f'  <-- port {port}: {len(data)} bytes {text}', flush=True)
        return data

    data = letters(0, 1000)
    host.check('the echo', answer(ask(7, data), 7, ''), data)
    host.check('a line', answer(ask(13, b''), 13, '').endswith(b'-UTC\r\n'),
               True)
    ask(9, data)            # in silence: the next answer is another's
    ask(4, b'anybody?')
    error = ICMP if host.family == 4 else ICMPv6DestUnreach
    packet = host.receive(lambda p: error in p)
    if packet is None:
        raise Wrong('no port unreachable')
    print('  <-- port 4: unreachable', flush=True)
    want = (3, 3) if host.family == 4 else (1, 4)
    host.check('type and code', (packet[error].type, packet[error].code),
               want)


PARTS = {'discard': discard, 'echo': echo, 'daytime': daytime,
         'closed': closed, 'udp': udp}


def main():
    host = Host(int(sys.argv[1]))
    failed = 0
    for name in sys.argv[2:] or PARTS:
        print(f'{name}: {PARTS[name].__doc__.splitlines()[0]}', flush=True)
        host.checks = 0
        try:
            PARTS[name](host)
            print(f'{name}: {host.checks} checks, all right', flush=True)
        except Wrong as wrong:
            print(f'{name}: WRONG: {wrong}', flush=True)
            failed = 1
    return failed


sys.exit(main())

#!/usr/bin/python3
"""Monkeys: pictures in ASCII that grow, echoed byte for byte.

usage: monkeys.py tcp|udp ADDRESS [PORT]
Sends one monkey, then ever larger troops, up to many times an MTU; prints
each size and whether what came back is what was sent. UDP promises nothing:
there a troop is sent again until it comes back.
"""
import socket
import sys
import time

MONKEY = r"""
        .-"-.
      _/ o o \_
     ( \  ^  / )      _
      \_`---'_/      ( `.
      /  ) (  \_      )  )
     /  /   \   `-._.'  /
    (  (     )  )`-...-'
     `-'`---'`-'
"""

TCP_TROOPS = (1, 8, 64, 512, 4096)
UDP_TROOPS = (1, 8, 64)
SECONDS = 60            # for one troop; a bad wire takes its time
UDP_TRY = 0.5


def troop(count):
    """Every monkey has a number, so that none can stand in for another."""
    return ''.join(f'{n:>8} of {count}{MONKEY}'
                   for n in range(1, count + 1)).encode()


def tcp(address, port):
    """One connection for all; both directions flow at the same time."""
    s = socket.create_connection((address, port), timeout=SECONDS)
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    s.setblocking(False)
    for count in TCP_TROOPS:
        yield count, troop(count), exchange(s, troop(count))
    s.setblocking(True)
    s.shutdown(socket.SHUT_WR)
    print('then the end' if s.recv(1) == b'' else 'then more', flush=True)


def exchange(s, data):
    sent, back, end = 0, bytearray(), time.monotonic() + SECONDS
    while len(back) < len(data):
        if time.monotonic() > end:
            return bytes(back)
        try:
            if sent < len(data):
                sent += s.send(data[sent:sent + 65536])
        except BlockingIOError:
            pass
        try:
            piece = s.recv(65536)
            if not piece:
                return bytes(back)
            back += piece
        except BlockingIOError:
            time.sleep(0.0005)
    return bytes(back)


def udp(address, port):
    family = socket.AF_INET6 if ':' in address else socket.AF_INET
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.connect((address, port))
    for count in UDP_TROOPS:
        yield count, troop(count), until_echoed(s, troop(count))


def until_echoed(s, data):
    back, end = b'', time.monotonic() + SECONDS
    s.settimeout(UDP_TRY)
    while back != data and time.monotonic() < end:
        try:
            s.send(data)
            while back != data:     # an echo of an earlier troop may come
                back = s.recv(65536)
        except (TimeoutError, ConnectionRefusedError):
            pass
    return back


def main():
    kind, address = sys.argv[1:3]
    port = int(sys.argv[3]) if len(sys.argv) > 3 else 7
    good = True
    for count, sent, back in {'tcp': tcp, 'udp': udp}[kind](address, port):
        same = back == sent
        good &= same
        print(f'{count} monkeys, {len(sent)} bytes: '
              + ('as sent' if same else f'{len(back)} came back, different'),
              flush=True)
        if count == 1:
            print(back.decode('ascii', 'replace'), flush=True)
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())

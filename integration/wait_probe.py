#!/usr/bin/python3
"""Waits in every kind of call, kills a process, says how each call ends.

usage: wait_probe.py PEER_IP PID: a server that never reads is at PEER_IP:7000
"""
import errno
import os
import select
import signal
import socket
import struct
import sys
import threading
import time

PEER = sys.argv[1], 7000
DEAD = '10.77.0.99', 9
LIMIT_S = 1.0
ends = {}


def stream():
    return socket.create_connection(PEER)


def listener():
    return socket.create_server(('', 0))


def udp(*peer):
    s = socket.socket(type=socket.SOCK_DGRAM)
    s.bind(('', 0))
    if peer:
        s.connect(peer)
    return s


def accept():
    listener().accept()


def accept_polled():
    s, poll = listener(), select.poll()
    poll.register(s, select.POLLIN)
    poll.poll()
    s.setblocking(False)
    s.accept()


def accept_epolled():
    s, poll = listener(), select.epoll()
    poll.register(s, select.EPOLLIN | select.EPOLLET)
    poll.poll()
    s.setblocking(False)
    s.accept()


def accept_again():
    s = listener()
    try:
        s.accept()
    except OSError:
        pass
    try:
        s.accept()
    except OSError as error:
        raise OSError(errno.ENETDOWN, '') from error


def recv():
    stream().recv(10)


def recv_all():
    stream().recv(10, socket.MSG_WAITALL)


def recv_polled():
    s = stream()
    select.select([s], [], [])
    s.recv(10)


def recv_epolled():
    s, poll = stream(), select.epoll()
    poll.register(s, select.EPOLLIN | select.EPOLLET)
    poll.poll()
    s.recv(10)


def recvmsg():
    stream().recvmsg(10, 100)


def splice():
    s, pipe = stream(), os.pipe()
    os.splice(s.fileno(), pipe[1], 10)


def sendfile():
    s, zero = stream(), os.memfd_create('zero')
    os.truncate(zero, 1 << 30)
    while True:
        os.sendfile(s.fileno(), zero, 0, 1 << 20)


def read_file():
    os.read(stream().detach(), 10)


def send():
    s = stream()
    while True:
        s.send(bytes(100000))


def connect():
    socket.socket().connect(DEAD)


def connect_polled():
    s = socket.socket()
    s.setblocking(False)
    s.connect_ex(DEAD)
    select.select([], [s], [])
    raise OSError(s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) or
                  errno.ENETDOWN, '')


def recvfrom():
    udp().recvfrom(10)


def recv_connected():
    udp(*DEAD).recv(10)


def recvfrom_polled():
    s = udp()
    select.select([s], [], [])
    s.recv(10)


def linger():
    """What close(2) returns is nobody's business: it comes back."""
    s = stream()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                 struct.pack('ii', 1, 1000))
    s.setblocking(False)
    try:
        while True:
            s.send(bytes(100000))
    except BlockingIOError:
        s.setblocking(True)
        s.close()


CALLS = (accept, accept_polled, accept_epolled, accept_again, recv, recv_all,
         recv_polled, recv_epolled, recvmsg, splice, read_file, send, sendfile, connect, connect_polled, recvfrom,
         recv_connected, recvfrom_polled, linger)


def run(call):
    try:
        call()
        result = 'closed' if call is linger else 'returned'
    except OSError as error:
        result = errno.errorcode.get(error.errno, str(error))
    ends[call] = time.monotonic(), result


def asleep(thread):
    try:
        with open(f'/proc/self/task/{thread.native_id}/stat',
                  encoding='ascii') as stat:
            return stat.read().rpartition(')')[2].split()[0] == 'S'
    except FileNotFoundError:
        return True	# too early, as will be said


def main():
    threads = [threading.Thread(target=run, args=(call,), daemon=True)
               for call in CALLS]
    for thread in threads:
        thread.start()
    quiet = 0
    while quiet < 5:	# each in the call that it waits in
        quiet = quiet + 1 if all(map(asleep, threads)) else 0
        time.sleep(0.1)
    early = set(ends)
    os.kill(int(sys.argv[2]), signal.SIGKILL)
    start = time.monotonic()
    while len(ends) < len(CALLS) and time.monotonic() < start + 5:
        time.sleep(0.02)
    for call in CALLS:
        end, result = ends.get(call, (start + 100, 'nothing'))
        when = 'too early' if call in early else \
            'in time' if end < start + LIMIT_S else 'late'
        print(f'{call.__name__}: {result} {when}', flush=True)
    os._exit(0)


main()

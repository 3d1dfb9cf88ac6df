#!/usr/bin/python3
"""Urgent data between two programs, which print what they see of it.

usage: urgent_probe.py server IP PORT | client IP PORT

Each sends 'before', an urgent '!' and 'behind', the client first.
"""
import array
import fcntl
import os
import select
import signal
import socket
import struct
import sys
import time

SIOCATMARK = 0x8905
SPOKEN = len(b'before!behind')
signals = []


def at_mark(s):
    value = array.array('i', [0])
    fcntl.ioctl(s, SIOCATMARK, value)
    return value[0]


def speak(s):
    s.sendall(b'before')
    s.send(b'!', socket.MSG_OOB)
    s.sendall(b'behind')


def wait_for(s, count):
    """As many bytes have come since the connection was made (TCP_INFO)."""
    come = 0
    while come < count:
        time.sleep(0.01)
        info = s.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 136)
        come = struct.unpack_from('=Q', info, 128)[0]


def hear(s, before):
    """All three parts are there before the first is read."""
    print('exceptional', bool(select.select([], [], [s], 10)[2]))
    wait_for(s, before + SPOKEN)
    print('at mark', at_mark(s), s.recv(100), at_mark(s))
    print('peeked', s.recv(1, socket.MSG_OOB | socket.MSG_PEEK))
    print('urgent', s.recv(1, socket.MSG_OOB))
    try:
        s.recv(1, socket.MSG_OOB)
    except OSError as error:
        print('again', error.strerror)
    print('behind', s.recv(100), at_mark(s))


def hear_inline(s, before):
    s.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    s.sendall(b'go')
    wait_for(s, before + SPOKEN)
    print('inline', s.recv(100), at_mark(s), s.recv(100))


def own(s):
    signal.signal(signal.SIGURG, lambda *_: signals.append(1))
    fcntl.fcntl(s, fcntl.F_SETOWN, os.getpid())


def server(ip, port):
    with socket.create_server((ip, int(port))) as listener:
        s, _ = listener.accept()
    own(s)
    s.sendall(b'go')
    hear(s, 0)
    print('signals', len(signals))
    speak(s)
    s.recv(2)
    speak(s)
    s.recv(1)


def client(ip, port):
    s = socket.create_connection((ip, int(port)))
    own(s)
    s.recv(2)
    speak(s)
    hear(s, 2)
    print('signals', len(signals))
    hear_inline(s, 2 + SPOKEN)


{'server': server, 'client': client}[sys.argv[1]](*sys.argv[2:])

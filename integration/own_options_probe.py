#!/usr/bin/python3
"""Who inherits the options that bound waiting, and SO_OOBINLINE.

usage: own_options_probe.py listen|greet|connect|serve IP PORT

listen: what accepted sockets have of their listener's; connect: what is left
after a connect(2) that failed. greet and serve are what they talk to.
"""
import errno
import socket
import struct
import sys
import time

TIMES = socket.SO_RCVTIMEO, socket.SO_SNDTIMEO
NUMBERS = socket.SO_RCVLOWAT, socket.SO_OOBINLINE


def show(what, s):
    times = [struct.unpack('ll', s.getsockopt(socket.SOL_SOCKET, option, 16))
             for option in TIMES]
    print(what, times, [s.getsockopt(socket.SOL_SOCKET, option)
                        for option in NUMBERS])


def set_all(s, seconds, low, is_inline):
    for option in TIMES:
        s.setsockopt(socket.SOL_SOCKET, option,
                     struct.pack('ll', seconds, 500000))
    for option, value in zip(NUMBERS, (low, is_inline)):
        s.setsockopt(socket.SOL_SOCKET, option, value)


def listen(address):
    listener = socket.socket()
    listener.bind(address)
    set_all(listener, 20, 3, 1)
    listener.listen()
    accepted, _ = listener.accept()
    show('accepted', accepted)
    set_all(listener, 30, 1, 0)
    accepted.close()        # now the next one may come
    accepted, _ = listener.accept()
    show('set later', accepted)

    last = socket.create_server((address[0], address[1] + 1))
    last.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    accepted.close()
    listener.close()
    accepted, _ = last.accept()
    show('only later', accepted)


def connect(address):
    s = socket.socket()
    set_all(s, 20, 3, 1)
    print(errno.errorcode[s.connect_ex((address[0], 9))])
    s.connect(address)
    show('again', s)


def patiently(address):
    """Until the other end closes it."""
    for _ in range(100):
        try:
            with socket.create_connection(address) as s:
                s.recv(1)
            return
        except ConnectionRefusedError:
            time.sleep(0.1)


def greet(address):
    patiently(address)
    patiently(address)
    patiently((address[0], address[1] + 1))


def serve(address):
    with socket.create_server(address) as listener:
        listener.accept()


{'listen': listen, 'connect': connect, 'greet': greet, 'serve': serve}[
    sys.argv[1]]((sys.argv[2], int(sys.argv[3])))

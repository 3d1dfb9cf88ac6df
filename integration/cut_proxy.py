#!/usr/bin/python3
"""A passt that is started anew, as a stack sees it: stands between them, and
hangs up on the stack once. What passt says meanwhile is lost.

usage: cut_proxy.py LISTEN_PATH PASST_PATH FRAMES
After so many frames of the stack it hangs up; 0: at once.
"""
import select
import socket
import struct
import sys


def take_frames(data):
    """The whole frames that data begins with, which it loses."""
    while len(data) >= 4:
        end = 4 + struct.unpack('!I', data[:4])[0]
        if len(data) < end:
            return
        yield bytes(data[:end])
        del data[:end]


def copy(stack, passt, frames):
    """Until the stack hangs up, or has sent so many frames; None: any."""
    data = bytearray()
    while frames != 0:
        readable = select.select([stack, passt], [], [])[0]
        if passt in readable:
            stack.sendall(passt.recv(1 << 20))
        if stack not in readable:
            continue
        more = stack.recv(1 << 20)
        if not more:
            return
        data += more
        for frame in take_frames(data):
            passt.sendall(frame)
            if frames is not None:
                frames -= 1
            if frames == 0:
                return


def main():
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(sys.argv[1])
    listener.listen()
    passt = socket.socket(socket.AF_UNIX)
    passt.connect(sys.argv[2])
    frames = int(sys.argv[3])
    while True:
        stack = listener.accept()[0]
        copy(stack, passt, frames)
        frames = None
        stack.close()


main()

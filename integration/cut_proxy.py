#!/usr/bin/python3
"""A passt that is started anew, as a stack sees it: stands between them, and
hangs up on the stack once. What passt says meanwhile is lost.

usage: cut_proxy.py LISTEN_PATH PASST_PATH FRAMES
After so many frames of the stack it hangs up; 0: at once.

It loses a SYN that comes right behind itself, as the stack's do that waited for
a neighbour longer than their timeout: passt of 2023 would reset the connection,
or answer nobody any more.
"""
import select
import socket
import struct
import sys
import time

SOON_S = 0.5


def take_frames(data):
    """The whole frames that data begins with, which it loses."""
    while len(data) >= 4:
        end = 4 + struct.unpack('!I', data[:4])[0]
        if len(data) < end:
            return
        yield bytes(data[:end])
        del data[:end]


def syn_of(frame):
    """Its ports and its number; None: it is no SYN."""
    kind, packet = frame[16:18], frame[18:]
    at, protocol = (40, 6) if kind == b'\x86\xdd' else (20, 9)
    if kind not in (b'\x86\xdd', b'\x08\x00') or packet[protocol] != 6:
        return None
    return packet[at:at + 8] if packet[at + 13] & 0x12 == 0x02 else None


def is_again(frame, syns):
    syn, now = syn_of(frame), time.monotonic()
    if not syn:
        return False
    last, syns[syn] = syns.get(syn, 0), now
    return now - last < SOON_S


def copy(stack, passt, said, frames):
    """Until the stack hangs up, or has sent so many frames; None: any.
    What passt has said of a frame that is not whole yet stays in said."""
    data, syns = bytearray(), {}
    while frames != 0:
        readable = select.select([stack, passt], [], [])[0]
        if passt in readable:
            said += passt.recv(1 << 20)
            stack.sendall(b''.join(take_frames(said)))
        if stack not in readable:
            continue
        more = stack.recv(1 << 20)
        if not more:
            return
        data += more
        for frame in take_frames(data):
            if not is_again(frame, syns):
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
    said = bytearray()
    while True:
        stack = listener.accept()[0]
        copy(stack, passt, said, frames)
        frames = None
        stack.close()


main()

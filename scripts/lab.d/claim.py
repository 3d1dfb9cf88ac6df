#!/usr/bin/python3
"""A neighbour that says an address is its own: claim.py DEVICE ADDRESS"""
import socket
import struct
import sys

MAC = bytes.fromhex('020000000bad')


def main():
    device, address = sys.argv[1:]
    ip = socket.inet_aton(address)
    s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    s.bind((device, 0))
    s.send(b'\xff' * 6 + MAC + b'\x08\x06'
           + struct.pack('!HHBBH', 1, 0x0800, 6, 4, 1)
           + MAC + ip + bytes(6) + ip)
    print(f'{MAC.hex(":")} says: {address} is mine')


main()

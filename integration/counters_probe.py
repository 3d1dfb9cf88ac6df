#!/usr/bin/python3
"""What /proc/net/snmp counts of the same traffic on the own loopback.

Prints by how much each field has moved; usage: counters_probe.py
"""
import errno
import socket
import struct

FIELDS = {
    'Tcp': ('ActiveOpens', 'PassiveOpens', 'AttemptFails', 'EstabResets',
            'InErrs', 'OutRsts', 'InCsumErrors'),
    'Udp': ('InDatagrams', 'NoPorts', 'InErrors', 'OutDatagrams',
            'InCsumErrors'),
    'Ip': ('InHdrErrors', 'InAddrErrors', 'InUnknownProtos', 'OutNoRoutes'),
}


def counters():
    found = {}
    with open('/proc/net/snmp', encoding='ascii') as file:
        lines = file.read().splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        kind, *names = names.split()
        for name, value in zip(names, values.split()[1:]):
            found[kind[:-1], name] = int(value)
    return found


def traffic():
    listener = socket.create_server(('127.0.0.1', 0))
    for number in range(5):
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
        client.sendall(b'hello')
        server.recv(5, socket.MSG_WAITALL)
        if number < 2:      # its reset ends both
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                              struct.pack('ii', 1, 0))
        client.close()
        try:
            server.recv(1)
        except ConnectionResetError:
            pass
        server.close()
    for _ in range(3):      # nobody listens at the discard port
        with socket.socket() as s:
            assert s.connect_ex(('127.0.0.1', 9)) == errno.ECONNREFUSED
    receiver = socket.socket(type=socket.SOCK_DGRAM)
    receiver.bind(('127.0.0.1', 0))
    sender = socket.socket(type=socket.SOCK_DGRAM)
    for _ in range(4):
        sender.sendto(b'datagram', receiver.getsockname())
        receiver.recv(100)
    for _ in range(2):
        sender.sendto(b'to nobody', ('127.0.0.1', 9))
    answered = socket.socket(type=socket.SOCK_DGRAM)
    answered.connect(('127.0.0.1', 9))
    answered.send(b'the last one')      # and then all were handled
    try:
        answered.recv(1)
    except ConnectionRefusedError:
        pass


socket.socket().close()         # the stack is there
before = counters()
traffic()
after = counters()
for kind, fields in FIELDS.items():
    for field in fields:
        print(kind, field, after[kind, field] - before[kind, field])

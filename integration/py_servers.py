#!/usr/bin/python3
"""Servers and a client of Python's library, for test_python.sh.

Each server answers one line at a time in capitals; EOF ends a connection.
usage: py_servers.py threads|forks|asyncio HOST PORT
       py_servers.py clients HOST PORT COUNT
"""
import asyncio
import socket
import socketserver
import sys


class Capitals(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.wfile.write(line.upper())


def serve(base, address):
    base.allow_reuse_address = True
    base.address_family = socket.getaddrinfo(*address)[0][0]
    with base(address, Capitals) as server:
        server.serve_forever()


async def capitals(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def serve_asyncio(address):
    server = await asyncio.start_server(capitals, *address)
    await server.serve_forever()


async def client(address, number):
    reader, writer = await asyncio.open_connection(*address)
    for i in range(20):
        line = f'client {number} line {i} {"x" * (i * 100)}\n'.encode()
        writer.write(line)
        answer = await reader.readline()
        assert answer == line.upper(), (number, i, answer[:80])
    writer.write_eof()
    assert await reader.read() == b''
    writer.close()


async def clients(address, count):
    await asyncio.gather(*(client(address, n) for n in range(count)))
    print(f'{count} clients')


def main():
    kind, address = sys.argv[1], (sys.argv[2], int(sys.argv[3]))
    if kind == 'threads':
        serve(socketserver.ThreadingTCPServer, address)
    elif kind == 'forks':
        serve(socketserver.ForkingTCPServer, address)
    elif kind == 'asyncio':
        asyncio.run(serve_asyncio(address))
    else:
        asyncio.run(clients(address, int(sys.argv[4])))


main()

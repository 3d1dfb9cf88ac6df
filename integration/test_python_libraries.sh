#!/bin/bash
# Program: python3 with libraries that have event loops of their own: uvloop
# (libuv), gevent (libev), ZeroMQ (threads of C++): each on either side.
. "$(dirname "$0")/lib.sh"

cat >"$tmp/uvloop.py" <<'PYTHON'
# Echo by streams and datagrams; a client sends much on many at once.
import asyncio, hashlib, os, sys
import uvloop


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, peer):
        self.transport.sendto(data[::-1], peer)


class Ask(asyncio.DatagramProtocol):
    def __init__(self):
        self.answer = asyncio.get_running_loop().create_future()

    def datagram_received(self, data, peer):
        self.answer.set_result(data)


async def echo(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


async def serve(host):
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Echo, local_addr=(host, 7000))
    server = await asyncio.start_server(echo, host, 7000)
    await server.serve_forever()


async def one(host, number):
    data = os.urandom(200000 + number)
    reader, writer = await asyncio.open_connection(host, 7000)
    writer.write(data)
    writer.write_eof()
    assert await reader.read() == data
    writer.close()


async def ask(host):
    await asyncio.gather(*[one(host, i) for i in range(30)])
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_datagram_endpoint(
        Ask, remote_addr=(host, 7000))
    transport.sendto(b'abc')
    assert await asyncio.wait_for(protocol.answer, 10) == b'cba'
    print('good')

uvloop.install()
asyncio.run({'serve': serve, 'ask': ask}[sys.argv[1]](sys.argv[2]))
PYTHON

cat >"$tmp/gevent.py" <<'PYTHON'
from gevent import monkey
monkey.patch_all()
import os, sys, socket
import gevent
from gevent.server import StreamServer


def echo(connection, peer):
    while data := connection.recv(65536):
        connection.sendall(data)


def one(host):
    data = os.urandom(200000)
    with socket.create_connection((host, 7000)) as s:
        sender = gevent.spawn(lambda: (s.sendall(data),
                                       s.shutdown(socket.SHUT_WR)))
        got = b''.join(iter(lambda: s.recv(65536), b''))
        sender.join()
    assert got == data


if sys.argv[1] == 'serve':
    StreamServer((sys.argv[2], 7000), echo).serve_forever()
jobs = [gevent.spawn(one, sys.argv[2]) for i in range(30)]
gevent.joinall(jobs, raise_error=True)
print('good')
PYTHON

cat >"$tmp/zmq.py" <<'PYTHON'
import os, sys
import zmq

role, host = sys.argv[1:]
context = zmq.Context()
if role == 'serve':
    replies, news = context.socket(zmq.REP), context.socket(zmq.XPUB)
    replies.bind(f'tcp://{host}:7000')
    news.bind(f'tcp://{host}:7001')
    news.recv()                         # somebody has subscribed
    while True:
        data = replies.recv()
        if data == b'news':
            for i in range(1000):
                news.send(b'news %d' % i)
        replies.send(data[::-1])

requests, news = context.socket(zmq.REQ), context.socket(zmq.SUB)
requests.connect(f'tcp://{host}:7000')
news.connect(f'tcp://{host}:7001')
news.subscribe(b'news')
for length in 1, 1000, 100000, 8000000:
    data = os.urandom(length)
    requests.send(data)
    assert requests.recv() == data[::-1]
requests.send(b'news')
requests.recv()
assert [news.recv() for i in range(1000)] == [b'news %d' % i
                                              for i in range(1000)]
print('good')
PYTHON

roles() {			# NAME SERVER HOST CLIENT
	local library

	for library in uvloop gevent zmq; do
		start server "$2" "$python" "$tmp/$library.py" serve "$3"
		wait_tcp "$3" 7000
		claim_equal "$library: $1" "$("$4" timeout 40 "$python" \
			"$tmp/$library.py" ask "$3" 2>&1)" good
		stop server
	done
}

lan_create
# Or the files are taken for the modules that they use.
export PYTHONSAFEPATH=1
roles 'client on the stack' native $kernel pyt_run
roles 'server on the stack' pyt_run $stack native

finished=yes

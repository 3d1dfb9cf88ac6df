#!/usr/bin/python3
"""The server of test_lane.sh, see tests/shim/lane.c: lines "MS TEXT".

usage: lane_server.py HOST PORT
       lane_server.py clients HOST PORT: what tests/shim/lane_accept.c needs
"""
import socket
import socketserver
import struct
import sys
import threading
import time


class Lines(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        for line in self.rfile:
            wait_ms, text = line[:-1].split(b' ', 1)
            time.sleep(int(wait_ms) / 1000)
            if text == b'end':
                return
            if text == b'reset':
                self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                        struct.pack('ii', 1, 0))
                self.request.close()
                return
            self.wfile.write(text)

    def finish(self):
        if self.request.fileno() >= 0:
            super().finish()


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64


def talk(address, number, good):
    for i in range(10):
        with socket.create_connection(address, 10) as client:
            for j in range(5):
                text = f'{number} {i} {j}'.encode()
                client.sendall(text)
                if client.recv(100) == text:
                    good.append(text)


def clients(address):
    socket.create_connection(address, 10).close()
    with socket.create_connection(address, 10) as client:
        print(client.recv(10).decode())
        client.recv(1)      # its end: now others may come
    good = []
    threads = [threading.Thread(target=talk, args=(address, i, good))
               for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(len(good))


if sys.argv[1] == 'clients':
    clients((sys.argv[2], int(sys.argv[3])))
else:
    Server((sys.argv[1], int(sys.argv[2])), Lines).serve_forever()

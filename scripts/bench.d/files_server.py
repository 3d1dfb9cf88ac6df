#!/usr/bin/python3
"""GET /N answers N bytes; PUT takes what comes. files_server.py PORT FOLDER

Of a PUT it writes into FOLDER/received-IP-PORT once a second how much came.
"""
import contextlib
import http.server
import os
import sys
import time


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    wbufsize = 1 << 16      # head and body in as few segments as they fit

    def log_message(self, *arguments):
        pass

    def answer(self, status, body=b''):
        self.send_response(status)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        self.answer(200, bytes(int(self.path[1:])))

    def do_PUT(self):
        size = left = int(self.headers['Content-Length'])
        told = time.monotonic()
        while left:
            piece = b''
            with contextlib.suppress(ConnectionError):
                piece = self.rfile.read1(min(left, 1 << 16))
            left -= len(piece)
            if not piece or time.monotonic() > told + 1:
                self.tell(size - left)
                told = time.monotonic()
            if not piece:
                return
        self.answer(201)

    def tell(self, received):
        name = 'received-{}-{}'.format(*self.client_address[:2])
        with open(os.path.join(sys.argv[2], name), 'w') as file:
            file.write(str(received))


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


Server(('', int(sys.argv[1])), Handler).serve_forever()

#!/usr/bin/python3
"""Keeps what is PUT or POSTed in a folder, under the path's last part.

usage: put_server.py ADDRESS PORT FOLDER
"""
import http.server
import os
import socket
import sys


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_PUT(self):
        left = int(self.headers['Content-Length'])
        with open(os.path.join(sys.argv[3],
                               os.path.basename(self.path)), 'wb') as file:
            while left:
                piece = self.rfile.read(min(left, 1 << 20))
                if not piece:
                    break
                file.write(piece)
                left -= len(piece)
        self.send_response(201)
        self.send_header('Content-Length', '0')
        self.end_headers()

    do_POST = do_PUT


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.getaddrinfo(sys.argv[1], None)[0][0]


Server((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()

#!/usr/bin/python3
"""Serves FOLDER over HTTP with images 1.png ... 8.png and what is posted.

    page_server.py FOLDER PORT    prints what its file 'big' hashes to
"""
import functools
import http.server
import pathlib
import socket
import struct
import sys
import zlib


def png(width, height):
    def chunk(kind, data):
        return (struct.pack('>I', len(data)) + kind + data +
                struct.pack('>I', zlib.crc32(kind + data)))
    rows = (b'\0' + b'\x20\x80\xd0' * width) * height
    return (b'\x89PNG\r\n\x1a\n' +
            chunk(b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2,
                                       0, 0, 0)) +
            chunk(b'IDAT', zlib.compress(rows)) + chunk(b'IEND', b''))


class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def do_POST(self):
        said = self.rfile.read(int(self.headers['Content-Length']))
        answer = b'answer to ' + said
        self.send_response(200)
        self.send_header('Content-Length', str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)


class Server(http.server.ThreadingHTTPServer):
    address_family = socket.AF_INET6        # both families


def main():
    folder, port = pathlib.Path(sys.argv[1]), int(sys.argv[2])
    for i in range(1, 9):
        (folder / f'{i}.png').write_bytes(png(i * 10, i * 5))
    big = (folder / 'big').read_bytes()
    print(f'{len(big)}:' +
          str(functools.reduce(lambda h, b: (h * 31 + b) % 65521, big, 7)),
          flush=True)
    Server(('', port), functools.partial(
        Handler, directory=folder)).serve_forever()


main()

#!/usr/bin/python3
"""What EPOLLET says of sockets that it watched before connect(2).

usage: edge_probe.py HOST PORT
"""
import select
import socket
import sys

# The neighbour is known from here on.
with socket.create_connection((sys.argv[1], int(sys.argv[2]))) as first:
    s, where = socket.socket(first.family), first.getpeername()
s.setblocking(False)
watch = select.epoll()
watch.register(s, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET)
watch.poll(0.1)  # of the socket that is not connected
s.connect_ex(where)
print(' '.join('writable' if events == select.EPOLLOUT else hex(events)
               for _, events in watch.poll(5)))

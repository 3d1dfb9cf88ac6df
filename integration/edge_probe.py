#!/usr/bin/python3
"""What EPOLLET says of sockets that it watched before connect(2).

usage: edge_probe.py IP PORT
"""
import select
import socket
import sys

where = (sys.argv[1], int(sys.argv[2]))
socket.create_connection(where).close()  # the neighbour is known from here on
s = socket.socket()
s.setblocking(False)
watch = select.epoll()
watch.register(s, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET)
watch.poll(0.1)  # of the socket that is not connected
s.connect_ex(where)
print(' '.join('writable' if events == select.EPOLLOUT else hex(events)
               for _, events in watch.poll(5)))

"""A connection that the peer resets before it is accepted."""
import errno
import socket
import struct
import sys


def server(host, port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(5)
    print('ready', flush=True)
    sys.stdin.readline()    # the peer has come and gone
    # The end of a socket makes the stack look for others that ended.
    socket.socket().close()
    socket.socket().close()
    connection, _ = listener.accept()
    for call in (lambda: connection.recv(10),
                 lambda: connection.getpeername(),
                 lambda: connection.recv(10)):
        try:
            print(call())
        except OSError as error:
            print(errno.errorcode[error.errno])


def client(host, port):
    with socket.create_connection((host, port)) as s:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                     struct.pack('ii', 1, 0))


{'server': server, 'client': client}[sys.argv[1]](sys.argv[2],
                                                  int(sys.argv[3]))

"""close(2) with SO_LINGER, against a peer that does not read."""
import socket
import struct
import sys
import time

MEANWHILE_S = 4


def server(host, port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(5)
    print('ready', flush=True)
    held = [listener.accept()[0] for _ in range(3)]
    time.sleep(MEANWHILE_S)
    for s in held:
        s.close()


def close_takes(host, port, on, seconds, fill):
    s = socket.create_connection((host, port))
    s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                 struct.pack('ii', on, seconds))
    s.setblocking(False)
    try:
        while fill:
            s.send(b'x' * 65536)
            time.sleep(0.001)
    except BlockingIOError:
        pass
    start = time.monotonic()
    s.close()
    return time.monotonic() - start


def client(host, port):
    print('waits its time', 0.9 < close_takes(host, port, 1, 1, True) < 2)
    print('not without', close_takes(host, port, 0, 1, True) < 0.5)
    print('not for nothing', close_takes(host, port, 1, 9, False) < 0.5)


{'server': server, 'client': client}[sys.argv[1]](sys.argv[2],
                                                  int(sys.argv[3]))

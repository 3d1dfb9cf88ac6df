"""A question and an answer by Fast Open, and whether the SYN carried it."""
import errno
import socket
import sys

TCP_INFO, TCP_FASTOPEN, TCP_FASTOPEN_CONNECT = 11, 23, 30
MSG_FASTOPEN = 0x20000000
OPT_SYN_DATA = 0x20
TURNS = 5


def by_syn(s):
    return bool(s.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 104)[5] &
                OPT_SYN_DATA)


def server(host, port):
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN, 5)
    listener.listen(5)
    print('ready', listener.getsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN),
          flush=True)
    for _ in range(TURNS):
        s, _ = listener.accept()
        data = b''
        while not data.endswith(b'\n'):
            data += s.recv(65536)
        print(len(data), by_syn(s), flush=True)
        s.sendall(b'answer\n')
        s.recv(1)
        s.close()


def ask(host, port, turn):
    s = socket.socket()
    question = b'x' * (9 if turn != 3 else 9999) + b'\n'
    if turn == 4:
        s.setsockopt(socket.IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1)
        s.connect((host, port))
        s.sendall(question)
    else:
        sent = 0
        if turn == 2:
            s.setblocking(False)
        sent = s.sendto(question, MSG_FASTOPEN, (host, port))
        s.setblocking(True)
        s.sendall(question[sent:])
    print(s.recv(100), by_syn(s), s.getpeername() == (host, port))
    if turn == 0:
        try:
            s.sendto(b'y', MSG_FASTOPEN, (host, port))
        except OSError as e:
            print(errno.errorcode[e.errno])
    s.close()


def client(host, port):
    for turn in range(TURNS):
        ask(host, port, turn)
    s = socket.socket()
    try:
        s.sendto(b'nobody', MSG_FASTOPEN, (host, port + 1000))
    except OSError as e:
        print(errno.errorcode[e.errno])


{'server': server, 'client': client}[sys.argv[1]](sys.argv[2],
                                                  int(sys.argv[3]))

"""Connections over the stack's own lo that write one byte and close at once."""
import socket
import threading

ROUNDS = 5000


def received(connection):
    data = b''
    while piece := connection.recv(100):
        data += piece
    return data


def lost(timeout):
    """How many of ROUNDS bytes did not arrive."""
    count = 0
    listener = socket.create_server(('127.0.0.1', 0))
    listener.settimeout(20)

    def client():
        for _ in range(ROUNDS):
            with socket.create_connection(listener.getsockname(),
                                          timeout=timeout) as s:
                s.send(b'x')

    thread = threading.Thread(target=client)
    thread.start()
    for _ in range(ROUNDS):
        connection, _ = listener.accept()
        count += received(connection) != b'x'
        connection.close()
    thread.join()
    listener.close()
    return count


for timeout in (None, 20):
    print('lost', lost(timeout))

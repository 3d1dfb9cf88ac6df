#!/usr/bin/python3
"""Runs the table of cases: a line each, 'name<TAB>what was seen'.

usage: alike_probe.py 4|6 [TEXT]: on the loopback of that family; with TEXT
only the cases whose name has it in it
"""
import signal
import socket
import sys

import alike
import alike_calls	# noqa: F401
import alike_control	# noqa: F401
import alike_datagram	# noqa: F401: they put themselves into the table
import alike_ip4	# noqa: F401
import alike_ip6	# noqa: F401
import alike_options	# noqa: F401
import alike_raw	# noqa: F401
import alike_stream	# noqa: F401
import alike_tcp	# noqa: F401
import alike_udp	# noqa: F401
import alike_wake	# noqa: F401


def main():
    signal.signal(signal.SIGALRM, alike.on_alarm)
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    family, wanted = int(sys.argv[1]), sys.argv[2:]
    # Linux begins to stamp packets a moment after somebody wants it.
    stamps = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    stamps.setsockopt(socket.SOL_SOCKET, 29, 1)	# SO_TIMESTAMP
    for name in alike.CASES:
        if wanted and wanted[0] not in name:
            continue
        print(f'{name}\t{alike.run(name, family)}', flush=True)


main()

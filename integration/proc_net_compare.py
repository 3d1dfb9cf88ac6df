#!/usr/bin/python3
"""Compares what proc_net_probe.py has shown on Linux and on the stack.

usage: proc_net_compare.py LINUX STACK ABSENT...

Titles and fixed texts are to be the same; of a line with numbers, its shape:
how wide the runs of digits and blanks are. Each shape that Linux has shown is
to be there, and no other. ABSENT: files that the stack does not have.
"""
import re
import sys

DEVICES = r'\b(eth0|pyt0)\b'
# Of what the stack and Linux have in different numbers the titles count.
TITLES = {'snmp', 'netstat', 'netlink', 'ptype'}
FREE = {'sockstat', 'sockstat6', 'fib_triestat'}  # numbers without a width
# Neighbours and routers speak at their own time.
DISCOVERY = r'Icmp6(In|Out)Type13[3-7]\b'
ELSEWHERE = ('AF_VSOCK', 'MPTCP', 'XDP', 'UNIX', 'UDP-Lite', 'UDPLITE')


def files(path):
    found = {}
    with open(path, encoding='ascii') as text:
        for line in text.read().splitlines():
            if line.startswith('##### '):
                lines = found[line[6:]] = []
            else:
                lines.append(line)
    return found


def shape(line):
    """A run of numbers and blanks is as wide as it is."""
    line = re.sub(DEVICES, 'DEV0', line)
    line = re.sub(r'-?\b(0x)?[0-9a-fA-F]+\b', lambda m: '#' * len(m[0]), line)
    return re.sub('[# ]{2,}', lambda run: f'<{len(run[0])}>', line)


def without_places(line):
    """Of a trie: what is said, not where it stands."""
    return re.sub(r'[\d.]+(/\d+ \d+ \d+ \d+)?', '#', line).strip()


def calls(line):
    """Of a protocol: its name and its calls; not how it is made."""
    return re.sub(r'^(\S+) +\d.*(kernel|libpyt)', r'\1', line)


def told(name, lines):
    if name == 'fib_trie':
        return {without_places(line) for line in lines}
    if name == 'protocols':
        return {calls(line) for line in lines
                if not line.startswith(ELSEWHERE)}
    if name in FREE:    # more kinds of nodes have more lines
        return {re.sub(r'\d+', '#', line) for line in lines
                if not line.startswith('\t  ')}
    if name == 'snmp6':
        return {line[:33] for line in lines if not re.match(DISCOVERY, line)}
    if name in TITLES:
        return {line for line in lines if not re.search(r'\d *$|_rcv$', line)}
    return {shape(line) for line in lines}


def main(linux, stack, *absent):
    linux, stack = files(linux), files(stack)
    differ = False
    for name, lines in linux.items():
        if name in absent:
            theirs = {'No such file or directory'}
        else:
            theirs = told(name, lines)
        ours = told(name, stack[name])
        for line in sorted(theirs - ours):
            print(f'{name}: Linux |{line}|')
        for line in sorted(ours - theirs):
            print(f'{name}: stack |{line}|')
        differ |= theirs != ours
    sys.exit(differ)


main(*sys.argv[1:])

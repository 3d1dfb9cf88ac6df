#!/usr/bin/python3
"""Prints the fields of /proc/net/snmp, netstat and snmp6 that nothing counts
and that docs/interposition.md does not name as such.

usage: proc_net_fields.py TOP
"""
import fnmatch
import re
import sys

BLOCK = r'\{ "([A-Z]\w*|)", "(\w*)",\s*((?:"[^"]*"\s*)+)\}'


def read(*path):
    with open('/'.join(path), encoding='utf-8') as file:
        return file.read()


def main(top):
    source = read(top, 'shim/proc_counters.c')
    counted = set(re.findall(r'X\(\w+, "(\w+)"\)',
                             read(top, 'stack/base/counter.h')))
    counted |= set(re.findall(r'\{ "(\w+)",\s*\{ "', source))
    counted |= set(re.findall(r'strcmp\(name, "(\w+)"\)', source))
    said = read(top, 'docs/interposition.md')
    said = said[said.index('these stay 0'):]
    said = said[:said.index('\n- ')]
    named = re.findall(r'[\w*]+', said)
    blocks = re.findall(BLOCK, source)
    assert len(blocks) > 8
    for _, prefix, text in blocks:
        for field in ''.join(re.findall('"([^"]*)"', text)).split():
            name = prefix + field
            if name not in counted and not any(
                    fnmatch.fnmatchcase(name, pattern) for pattern in named):
                print(name)


main(sys.argv[1])

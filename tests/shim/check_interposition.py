#!/usr/bin/python3
"""docs/interposition.md against the list of calls and the C library.

Every call of shim/libc_calls.h stands in the table "Interposed", which has no
other; every function that the network headers declare stands in some table.
usage: check_interposition.py DOCUMENT LIBC_CALLS COMPILER...
"""
import fnmatch
import re
import subprocess
import sys

HEADERS = '''sys/socket.h netdb.h net/if.h ifaddrs.h arpa/inet.h
    arpa/nameser.h resolv.h netinet/in.h netinet/ether.h sys/sendfile.h poll.h
    sys/epoll.h sys/select.h sys/uio.h sys/ioctl.h'''.split()
INNER = ('bits/socket', 'bits/uio', 'bits/select', 'bits/poll')
NAME = re.compile(r'`(\w[\w*]*)`')


def documented(path):
    """The names in the first column of each section's tables."""
    sections, current = {}, None
    for line in open(path):
        if line.startswith('## '):
            current = sections.setdefault(line[3:].strip(), [])
        elif line.startswith('|') and current is not None:
            current += NAME.findall(line.split('|')[1])
    return sections


def interposed(path):
    text = re.sub(r'/\*.*?\*/', '', open(path).read(), flags=re.S)
    return re.findall(r'LIBC_CALL\([^,]*,\s*(\w+)\s*,', text)


def declared(compiler):
    """Functions of the network headers, found by the compiler's line marks."""
    source = ''.join(f'#include <{header}>\n' for header in HEADERS)
    output = subprocess.run(
        compiler + ['-E', '-D_GNU_SOURCE', '-x', 'c', '-'], input=source,
        stdout=subprocess.PIPE, text=True, check=True).stdout
    wanted, text = False, ''
    for line in output.splitlines():
        mark = re.match(r'# \d+ "(.*)"', line)
        if mark:
            name = mark.group(1)
            wanted = (any(name.endswith('/' + header) for header in HEADERS)
                      or any(part in name for part in INNER))
        elif wanted:
            text += line + ' '
    text = re.sub(r'__attribute__ *\(\(.*?\)\)|\{[^{}]*\}', ';', text)
    names = set()
    for statement in text.split(';'):
        found = re.match(r'[\w\s*]*?\b(\w+)\s*\(', statement)
        if found and not statement.strip().startswith(('typedef', 'static')):
            names.add(found.group(1))
    return {name for name in names if re.search('[a-z]', name) and
            name not in ('__attribute__', 'sizeof', '__asm__')}


def main():
    sections = documented(sys.argv[1])
    calls = interposed(sys.argv[2])
    first = sections['Interposed']
    everywhere = sum(sections.values(), [])
    troubles = [f'{name}: interposed, but not in the table "Interposed"'
                for name in calls if name not in first]
    troubles += [f'{name}: in the table "Interposed", but not interposed'
                 for name in first if name not in calls]
    troubles += [f'{name}: twice in the table "Interposed"'
                 for name in set(first) if first.count(name) > 1]
    troubles += [f'{name}: declared by the C library, but in no table'
                 for name in sorted(declared(sys.argv[3:]))
                 if not any(fnmatch.fnmatchcase(name, pattern)
                            for pattern in everywhere)]
    print('\n'.join(troubles) or f'{len(calls)} calls are documented')
    return bool(troubles)


sys.exit(main())

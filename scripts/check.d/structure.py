#!/usr/bin/python3
"""What keeps the folders apart and the sources readable.

usage: structure.py layers | symbols BUILD | exports BUILD | sizes
Prints each violation; exit status 1 if there is one.
"""
import glob
import os
import re
import subprocess
import sys

# What the engine's objects may want from outside. No I/O, clock, thread,
# random source or allocator: they are handed in.
ENGINE_SYMBOLS = re.compile(r'''^(
    mem(cpy|move|set|cmp|chr|mem)|str(len|nlen|cmp|ncmp|chr|rchr|spn|cspn|str)
    |strto(l|ul|ll|ull|d)|qsort|bsearch|strlcpy|strlcat
    |(__)?v?snprintf(_chk)?|__(mem(cpy|move|set)|strcpy|strncpy)_chk
    |__assert_fail|__stack_chk_fail|__isoc(99|23)_\w+
    |SHA256(Init|Update|Final|Transform)|inet_(ntop|pton)
    |MD5(Init|Update|Final)|explicit_bzero
    |nettle_(hmac_(sha1|md5)|cmac_aes128)_(set_key|update|digest)|nettle_memeql_sec
    |_GLOBAL_OFFSET_TABLE_|__ctype_b_loc|__ctype_tolower_loc|cbrt|abort
)$''', re.VERBOSE)

# Headers that would bring I/O, time or threads into the engine. Those with
# constants that the sockets' interface is made of are fine.
ENGINE_FORBIDDEN_HEADERS = re.compile(
    r'^(unistd|fcntl|pthread|threads|semaphore|time|poll|signal|stdatomic|dirent'
    r'|sys/(epoll|eventfd|ioctl|mman|poll|random|select|stat|syscall|time'
    r'|timerfd|wait))\.h$')

FUNCTION_LINES = 60
FILE_LINES = 600
LINE_COLUMNS = 80


def sources(*folders):
    for folder in folders:
        for path in sorted(glob.glob(f'{folder}/**/*.[ch]', recursive=True)):
            yield path


def includes(path):
    with open(path) as file:
        for number, line in enumerate(file, 1):
            found = re.match(r'\s*#\s*include\s+([<"])([^>"]+)', line)
            if found:
                yield number, found[1] == '<', found[2]


def stack_order():
    with open('stack/meson.build') as file:
        listed = re.search(r'foreach folder : \[(.*?)\]', file.read(), re.S)
    return re.findall(r"'(\w+)'", listed[1])


# These stand side by side: none may include another.
SIBLINGS = {'iface', 'tcp', 'udp'}


def engine_include_is_fine(room, system, name, order):
    if system:
        return (not ENGINE_FORBIDDEN_HEADERS.match(name)
                and name != 'pyt/control.h')
    other = name.split('/')[0] if '/' in name else room
    if other == room or room not in order:
        return True         # its own, or stack.c and the paths: above all
    if room in SIBLINGS and other in SIBLINGS:
        return False
    return other in order and order.index(other) < order.index(room)


# The engine's rooms that are libraries for the shim as well: bytes that are
# parsed or written, and the decorators of links. All else goes by pyt/stack.h.
SHIM_MAY_INCLUDE = {'base', 'wire', 'link'}


def layers():
    order = stack_order()
    for path in sources('stack'):
        parts = path.split('/')
        room = parts[1] if len(parts) > 2 else ''
        for number, system, name in includes(path):
            if not engine_include_is_fine(room, system, name, order):
                yield f'{path}:{number}: may not include {name}'
    for path in sources('shim', 'seccomp'):
        for number, system, name in includes(path):
            other = name.split('/')[0] if '/' in name else ''
            if not system and other in set(order) - SHIM_MAY_INCLUDE:
                yield f'{path}:{number}: may not include {name}'
    for path in sources('include'):
        for number, system, name in includes(path):
            if not system:
                yield f'{path}:{number}: a contract includes {name}'


def nm(*arguments):
    return subprocess.run(['nm', *arguments], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.splitlines()


def symbols(build):
    """The engine needs nothing of the system and keeps nothing to itself."""
    archive = f'{build}/stack/libpytstack.a'
    defined = {line.split()[-1] for line in nm('--defined-only', '-g', archive)
               if len(line.split()) == 3}
    member = ''
    for line in nm('-u', archive):
        if line.endswith(':'):
            member = line[:-1]
        elif line.strip():
            name = line.split()[-1].split('@')[0]
            if name not in defined and not ENGINE_SYMBOLS.match(name):
                yield f'{member}: needs {name}, which is not on the list'
    yield from variables(archive)


def variables(archive):
    """Writable data; tables of constants with pointers are .data.rel.ro."""
    table = subprocess.run(['objdump', '-t', archive], check=True, text=True,
                           stdout=subprocess.PIPE).stdout
    for line in table.splitlines():
        found = re.search(r' O (\.(?:data|bss|tdata|tbss|tm)\S*)\s+(\w+)\s+'
                          r'(?:\.hidden )?(\S+)$', line)
        if not found or found[1].startswith('.data.rel.ro'):
            continue
        if int(found[2], 16) and not found[3].startswith('__asan'):
            yield f'{archive}: {found[3]} is a variable ({found[1]})'


def exports(build):
    """The library shows the interposed names and nothing else."""
    with open('shim/libc_calls.h') as file:
        text = re.sub(r'/\*.*?\*/', '', file.read(), flags=re.S)
    listed = set(re.findall(r'^LIBC_CALL\w*\([^,]+,\s*(\w+)', text, re.M))
    shown = {line.split()[-1].split('@')[0]
             for line in nm('-D', '--defined-only', f'{build}/libpyt.so')}
    for name in sorted(shown - listed):
        yield f'libpyt.so shows {name}'
    for name in sorted(listed - shown):
        yield f'libpyt.so lacks {name}'


# A function that is longer says why: "/* Long: ... */" before its end.
LONG_REASON = re.compile(r'/\* Long: \S')


def long_functions(path, lines):
    begin = None
    for number, line in enumerate(lines, 1):
        if line.startswith('{'):
            begin = number
        elif line.startswith('}') and begin:
            text = '\n'.join(lines[begin - 1:number])
            if number - begin > FUNCTION_LINES and not \
                    LONG_REASON.search(text):
                yield (f'{path}:{begin}: a function of '
                       f'{number - begin} lines')
            begin = None


def sizes():
    for path in sources('include', 'stack', 'shim', 'seccomp', 'tests'):
        with open(path) as file:
            lines = file.read().split('\n')
        if len(lines) - 1 > FILE_LINES:
            yield f'{path}: {len(lines) - 1} lines'
        if not path.startswith('tests/') and not lines[0].startswith('/*'):
            yield f'{path}: no head comment'
        for number, line in enumerate(lines, 1):
            if len(line.expandtabs(8)) > LINE_COLUMNS:
                yield f'{path}:{number}: {len(line.expandtabs(8))} columns'
        yield from long_functions(path, lines)


def main():
    os.chdir(os.path.join(os.path.dirname(os.path.realpath(__file__)),
                          '../..'))
    check = {'layers': layers, 'symbols': symbols, 'exports': exports,
             'sizes': sizes}[sys.argv[1]]
    violations = list(check(*sys.argv[2:]))
    print('\n'.join(violations))
    return 1 if violations else 0


sys.exit(main())

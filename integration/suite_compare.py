#!/usr/bin/python3
"""Compares what became of each test natively and over the stack.

    suite_compare.py NATIVE STACK DIFFERENCES

DIFFERENCES has lines of two words: a test's name, with * for any characters,
and what the stack gives where Linux gives ok; 'ok,fail' where it depends on
who is faster.
"""
import fnmatch
import sys


def results(path):
    with open(path) as lines:
        return dict(line.split() for line in lines)


def listed(path):
    with open(path) as lines:
        return [line.split() for line in lines
                if line.strip() and not line.startswith('#')]


def main():
    native, stack = results(sys.argv[1]), results(sys.argv[2])
    entries = listed(sys.argv[3])
    wrong = 0
    for name in sorted(native.keys() | stack.keys()):
        linux, ours = native.get(name, 'absent'), stack.get(name, 'absent')
        # Not by the first match alone: fnmatch's [] is no concern here.
        wanted = [linux]
        for pattern, outcomes in entries:
            if linux == 'ok' and fnmatch.fnmatchcase(name, pattern):
                wanted = outcomes.split(',')
        if ours not in wanted:
            print(f'{name}: Linux {linux}, libpyt {ours}')
            wrong += 1
    print(f'{len(native)} tests, {wrong} are not as expected')
    sys.exit(min(wrong, 99))


main()

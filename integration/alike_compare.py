#!/usr/bin/python3
"""Compares two runs of alike_probe.py; what differs must be listed.

usage: alike_compare.py NATIVE LIBPYT LIST 4|6

LIST has a reason in lines that begin with '#', then the cases that it is for,
a line each: 'families<TAB>case<TAB>labels that differ'. '{a,b}' in a case's
name stands for one case with a, and one with b. What is not listed
and differs is printed, and so is what is listed and does not differ; the
result is how many there are, at most 100.
"""
import re
import sys


def results(path):
    with open(path, encoding='utf-8') as lines:
        return dict(line.rstrip('\n').split('\t', 1) for line in lines
                    if '\t' in line)


def expanded(name):
    """As bash expands braces."""
    found = re.match('(.*?){(.*?)}(.*)', name)
    if not found:
        return [name]
    before, choices, after = found.groups()
    return [before + choice + rest for choice in choices.split(',')
            for rest in expanded(after)]


def listed(path, family):
    with open(path, encoding='utf-8') as lines:
        rows = [line.rstrip('\n').split('\t') for line in lines
                if '\t' in line and not line.startswith('#')]
    return {name: labels for families, names, labels in rows
            if family in families for name in expanded(names)}


def differing(native, ours):
    """The labels of 'label=value; label=value' whose values differ."""
    left, right = (text.split('; ') for text in (native, ours))
    count = max(len(left), len(right))
    left += [''] * (count - len(left))
    right += [''] * (count - len(right))
    return ', '.join(dict.fromkeys(
        (a or b).split('=')[0] for a, b in zip(left, right) if a != b))


def main():
    native, ours = results(sys.argv[1]), results(sys.argv[2])
    known = listed(sys.argv[3], sys.argv[4])
    wrong = 0
    for name, seen in native.items():
        labels = differing(seen, ours.get(name, 'nothing'))
        if labels == known.pop(name, ''):
            continue
        wrong += 1
        print(f'{name}\t{labels or "does not differ any more"}')
        if labels:
            print(f'    Linux:  {seen}\n    libpyt: {ours.get(name)}')
    for name in known:
        wrong += 1
        print(f'{name}: listed, but there is no such case')
    print(f'{len(native)} cases, {wrong} are not as expected')
    return min(wrong, 100)


sys.exit(main())

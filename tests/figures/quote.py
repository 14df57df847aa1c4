#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Figures by name, for texts that quote them.  A name is the path of a value in the
summaries, KERNEL/copies/WAY/KIND/VALUE or KERNEL/sizes/WAY/MB/VALUE (MB may be
"largest"), or two of them with " : " between, which is the ratio.

In a template {{NAME .2f}} stands for the value.  Elsewhere a comment follows the number:
4.2<!-- figure: NAME --> ; quote.py DIR FILE... tells which of them are not what the
summaries say, and sets them right with --fix before DIR."""
import glob
import json
import os
import re
import sys

# The rows of a way: device, scatter/gather, not in cache
KINDS = {'warm': ('veth', True, False), 'cold': ('veth', True, True),
         'nogather': ('veth', False, False),
         'card': ('vmxnet3', True, False), 'card-cold': ('vmxnet3', True, True),
         'virtio': ('virtio', False, False), 'virtio-cold': ('virtio', False, True)}
QUOTE = re.compile(r'([0-9][0-9.,]*)([^0-9<]{0,20}<!-- figure: (.*?) -->)')
ITEM = re.compile(r'^- (?:.+\n)(?:  .+\n)*', re.MULTILINE)
MISSING = '?'
HOLE = re.compile(r'\{\{(.*?) ([,.0-9a-z]+)\}\}')


def values_of(wholes):
    """All values by their names"""
    have = {}
    for w in wholes:
        for r in w.get('copies', ()):
            kind = next(k for k, v in KINDS.items()
                        if v == (r['device'], r['gather'], r['cold']))
            have.update({f'{w["name"]}/copies/{r["way"]}/{kind}/{k}': v
                         for k, v in r.items()})
        largest = max((r['mb'] for r in w.get('sizes', ())), default=0)
        for r in w.get('sizes', ()):
            for size in (r['mb'], 'largest') if r['mb'] == largest else (r['mb'],):
                have.update({f'{w["name"]}/sizes/{r["way"]}/{size}/{k}': v
                             for k, v in r.items()})
    return have


def value(have, name):
    over, *under = (have[n.strip()] for n in name.split(' : '))
    return over / under[0] if under else over


def fill(have, words):
    """Fills the holes of a template; an item of a list goes if a figure is missing."""
    def put(m):
        try:
            return format(value(have, m[1]), m[2])
        except KeyError:
            return MISSING

    filled = ITEM.sub(lambda m: '' if MISSING in HOLE.sub(put, m[0]) else m[0], words)
    return HOLE.sub(put, filled)


def right(have, shown, name):
    """The number as it should be, with as many decimals as it has"""
    decimals = len(shown.rstrip('.,').partition('.')[2])
    tail = shown[len(shown.rstrip('.,')):]
    return f'{value(have, name):,.{decimals}f}' + tail


def check(have, words):
    """The names and the numbers that are wrong"""
    for m in QUOTE.finditer(words):
        try:
            want = right(have, m[1], m[3])
        except KeyError as e:
            yield m[3], f'there is no figure {e}'
            continue
        if m[1].replace(',', '') != want.replace(',', ''):
            yield m[3], f'{m[1]} should be {want}'


def fix(have, words):
    return QUOTE.sub(lambda m: right(have, m[1], m[3]) + m[2], words)


def load(directory):
    wholes = []
    for path in sorted(glob.glob(os.path.join(directory, '*.json'))):
        with open(path, encoding='utf-8') as f:
            wholes.append(json.load(f))
    return wholes


def main():
    args = sys.argv[1:]
    mend = args[0] == '--fix'
    directory, *files = args[mend:]
    have, bad = values_of(load(directory)), 0
    for path in files:
        with open(path, encoding='utf-8') as f:
            words = f.read()
        if mend:
            with open(path, 'w', encoding='utf-8') as f:
                f.write(fix(have, words))
            continue
        for name, what in check(have, words):
            print(f'{path}: {name}: {what}')
            bad += 1
    return 1 if bad else 0


if __name__ == '__main__':
    sys.exit(main())

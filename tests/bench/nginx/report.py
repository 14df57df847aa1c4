#!/usr/bin/env python3
"""Joins the rows that the guests printed: report.py OUT KERNEL.rows..."""
import json
import pathlib
import sys


def rows(path):
    """The rows of one kernel: size, mode, ns in all, of the server, bytes."""
    for line in path.read_text().splitlines():
        word = line.split()
        if word[:1] != ['row']:
            continue
        yield int(word[1]), word[2], [int(w) for w in word[3:]]


def main(out, *paths):
    """Prints the table and writes it to a file."""
    table = []
    print(f'{"kernel":7}{"KiB":>5}{"plain":>10}{"interposed":>11}{"ratio":>7}'
          f'{"server plain":>14}{"interposed":>11}{"ratio":>7}')
    for path in map(pathlib.Path, paths):
        found = {}
        for size, mode, figures in rows(path):
            found.setdefault(size, {})[mode] = figures
        for size, modes in sorted(found.items()):
            if set(modes) != {'plain', 'interposed'}:
                sys.exit(f'{path}: {size} KiB: a mode is missing')
            plain, shim = modes['plain'], modes['interposed']
            if plain[2] or shim[2] < size * 1024:
                sys.exit(f'{path}: {size} KiB: sent by the wrong one')
            table.append({
                'kernel': path.stem, 'kib': size,
                'instructions_plain': plain[0], 'instructions_interposed': shim[0],
                'server_plain': plain[1], 'server_interposed': shim[1],
            })
            print(f'{path.stem:7}{size:5}{plain[0]:10}{shim[0]:11}{plain[0] / shim[0]:7.2f}'
                  f'{plain[1]:14}{shim[1]:11}{plain[1] / shim[1]:7.2f}')
    if not table:
        sys.exit('no rows')
    pathlib.Path(out).write_text(json.dumps(table, indent=1) + '\n', encoding='utf-8')


main(*sys.argv[1:])

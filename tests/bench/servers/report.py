#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Joins the rows that the guests printed: report.py OUT KERNEL.rows..."""
import json
import pathlib
import sys

# These systems use no sendfile(2) into a socket: the interposer must take no call.
NEVER = ("http.server", "Spark's merge")


def rows(path):
    """The rows of one kernel: system, KiB, mode, and the figures, or None if it
    failed: then what was measured before does not count either."""
    for line in path.read_text().splitlines():
        kind, _, rest = line.partition(' ')
        if kind == 'row':
            name, rest = rest.rsplit(':', 1)
            word = rest.split()
            yield (name, int(word[0])), word[1], [int(w) for w in word[2:]]
        elif kind == 'failed':
            name, rest = rest.split(':', 1)
            word = rest.split(':')[0].split()
            yield (name, int(word[0])), word[1], None


def main(out, *paths):
    """Prints the table and writes it to a file."""
    table, wrong = [], []
    print(f'{"kernel":7}{"system":24}{"KiB":>5}{"without":>10}{"with":>10}{"ratio":>7}'
          f'{"  its processes: without":>24}{"with":>10}')
    for path in map(pathlib.Path, paths):
        found = {}
        for what, mode, figures in rows(path):
            found.setdefault(what, {})[mode] = figures
        for (name, kib), modes in found.items():
            if set(modes) != {'plain', 'interposed'} or None in modes.values():
                wrong.append(f'{path}: {name}, {kib} KiB: a mode failed or is missing')
                continue
            plain, shim = modes['plain'], modes['interposed']
            if plain[2] or (shim[2] < kib * 1024) != (name in NEVER):
                wrong.append(f'{path}: {name}, {kib} KiB: sent by the wrong one')
                continue
            table.append({
                'kernel': path.stem, 'server': name, 'size': kib * 1024,
                'without': plain[0], 'with': shim[0],
                'processes_without': plain[1], 'processes_with': shim[1],
            })
            print(f'{path.stem:7}{name:24}{kib:5}{plain[0]:10}{shim[0]:10}'
                  f'{plain[0] / shim[0]:7.2f}{plain[1]:24}{shim[1]:10}')
    pathlib.Path(out).write_text(json.dumps(table, indent=1) + '\n', encoding='utf-8')
    if wrong or not table:
        sys.exit('\n'.join(wrong or ['no rows']))


main(*sys.argv[1:])

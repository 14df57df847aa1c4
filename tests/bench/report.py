#!/usr/bin/env python3
"""Joins the rows of all kernels, shows them beside zcopy's, and says which of
the contract's figures are reached.  report.py OUT KERNEL=FILE..."""
import json
import sys

KERNELS = ('6.1', '6.12', '7.2')

# What is asked for: title, what is divided by what (case, method), the least
# ratio (or the most, for "at most") by kernel in total and of the sender, and
# whether failing it fails the run.
ROWS = [
    ('16 MiB, 4 KiB folios: sendfile / zcopy',
     ('bulk-4k', 'sendfile'), ('bulk-4k', 'zcopy'), 'least',
     {'6.1': (1.6, 1.6), '6.12': (1.7, 1.7), '7.2': (1.35, 1.9)}, True),
    ('16 MiB, huge folios: sendfile / zcopy',
     ('bulk-huge', 'sendfile'), ('bulk-huge', 'zcopy'), 'least',
     {'6.1': (2.0, 2.1), '6.12': (2.5, 2.7), '7.2': (1.35, 1.9)}, True),
    ('16 MiB, huge folios: zcopy / floor',
     ('bulk-huge', 'zcopy'), ('bulk-huge', 'floor'), 'most',
     {k: (1.05,) for k in KERNELS}, True),
    ('header + 4 KiB: send + sendfile / zcopy, one call each',
     ('header-4k', 'send_sendfile'), ('header-4k', 'zcopy'), 'least',
     {'6.1': (2.5,), '6.12': (1.7,), '7.2': (1.1,)}, False),
    ('header + 4 KiB: send + sendfile / zcopy, 16 in one call',
     ('header-4k', 'send_sendfile'), ('header-4k', 'zcopy_16'), 'least',
     {'6.1': (2.5,), '6.12': (2.0,), '7.2': (1.9,)}, False),
    ('16 MiB: unmodified sendfile program, without / with the interposer',
     ('interposed', 'sendfile'), ('interposed', 'interposed'), 'least',
     {'6.1': (1.5,), '6.12': (1.5,), '7.2': (1.25,)}, False),
    ('header + 64 KiB: the same',
     ('interposed-64k', 'send_sendfile'), ('interposed-64k', 'interposed'),
     'least', {k: (1.0,) for k in KERNELS}, False),
    ('header + 1 MiB: the same',
     ('interposed-1m', 'send_sendfile'), ('interposed-1m', 'interposed'),
     'least', {k: (1.0,) for k in KERNELS}, False),
    ('16 MiB, 4 KiB folios: read + write / zcopy',
     ('bulk-4k', 'read_write'), ('bulk-4k', 'zcopy'), 'least',
     {'6.1': (6,), '6.12': (12,), '7.2': (12,)}, False),
]
FIGURES = ('ns_per_kib_total', 'ns_per_kib_sender')


def load(spec):
    kernel, path = spec.split('=', 1)
    with open(path, encoding='utf-8') as f:
        return kernel, json.load(f)


def by_name(rows):
    return {(r['case'], r['method']): r for r in rows}


def show(kernels):
    """All rows: total and sender of each kernel, and the ratio to zcopy."""
    names = []
    for rows in kernels.values():
        names += [n for n in by_name(rows) if n not in names]
    print('\nns (instructions) per KiB, in all / of the sender, '
          'and how many times zcopy\'s')
    print(f'{"":28}' + ''.join(f'{k:^26}' for k in kernels))
    last = None
    for name in names:
        if name[0] != last:
            print(name[0])
            last = name[0]
        cells = ''
        for rows in kernels.values():
            have = by_name(rows)
            row, zcopy = have.get(name), have.get((name[0], 'zcopy'))
            if not row:
                cells += f'{"":26}'
                continue
            cells += '{:8.0f} /{:6.0f} '.format(*(row[f] for f in FIGURES))
            ratio = row[FIGURES[0]] / zcopy[FIGURES[0]] if zcopy else 0
            cells += f'{ratio:7.2f}x  ' if zcopy and row is not zcopy else f'{"":10}'
        print(f'    {name[1]:24}{cells}'.rstrip())


def judge(kernels):
    """Returns how many of the rows that count are not reached."""
    missed = 0
    print('\nAsked for, and measured (in all, then of the sender)')
    for title, above, below, how, asked, counts in ROWS:
        print(title + ('' if counts else '   [told, not judged]'))
        for kernel, rows in kernels.items():
            have = by_name(rows)
            if above not in have or below not in have or kernel not in asked:
                continue
            got = [have[above][f] / have[below][f] for f in FIGURES]
            good = [g >= a if how == 'least' else g <= a
                    for g, a in zip(got, asked[kernel])]
            cells = '   '.join(f'{g:.2f} ({"at " + how} {a:.2f})'
                               for g, a in zip(got, asked[kernel]))
            print(f'    {kernel:6} {"reached" if all(good) else "MISSED ":8} {cells}')
            missed += counts and not all(good)
    return missed


def main():
    kernels = dict(load(spec) for spec in sys.argv[2:])
    with open(sys.argv[1], 'w', encoding='utf-8') as f:
        rows = [r for rows in kernels.values() for r in rows]
        f.write('[\n' + ',\n'.join(json.dumps(r) for r in rows) + '\n]\n')
    show(kernels)
    missed = judge(kernels)
    print(f'\nAll rows: {sys.argv[1]}')
    if missed:
        print(f'{missed} of the figures that are judged are not reached')
    return 1 if missed else 0


sys.exit(main())

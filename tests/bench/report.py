#!/usr/bin/python3 -B
"""Joins the rows of all kernels, shows them beside zcopy's, and says which of
the contract's figures are reached.  report.py [--part] OUT KERNEL=FILE...
Exits 1 if one that is judged is missed or, without --part, was not measured."""
import json
import os
import sys

import observed

KERNELS = ('6.1', '6.12', '7.2')

# The required ratios: title, dividend and divisor (case, method), "least" or "most",
# the limit by kernel (of the total, and of the sender if there is a second one), and
# whether missing it fails the run.
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
     {'6.1': (2.5,), '6.12': (1.7,), '7.2': (1.1,)}, True),
    ('the same / the least that any one call costs: send of ready memory',
     ('header-4k', 'send_sendfile'), ('header-4k', 'floor'), 'least',
     {'6.1': (2.5,), '6.12': (1.7,), '7.2': (1.1,)}, False),
    ('header + 4 KiB: send + sendfile / zcopy, 16 in one call',
     ('header-4k', 'send_sendfile'), ('header-4k', 'zcopy_16'), 'least',
     {'6.1': (2.5,), '6.12': (2.0,), '7.2': (1.9,)}, True),
    ('16 MiB: unmodified sendfile program, without / with the interposer',
     ('interposed', 'sendfile'), ('interposed', 'interposed'), 'least',
     {'6.1': (1.5,), '6.12': (1.5,), '7.2': (1.25,)}, True),
    ('header + 64 KiB: the same',
     ('interposed-64k', 'send_sendfile'), ('interposed-64k', 'interposed'),
     'least', {k: (1.0,) for k in KERNELS}, False),
    ('header + 1 MiB: the same',
     ('interposed-1m', 'send_sendfile'), ('interposed-1m', 'interposed'),
     'least', {k: (1.0,) for k in KERNELS}, False),
    ('16 MiB, 4 KiB folios: read + write / zcopy',
     ('bulk-4k', 'read_write'), ('bulk-4k', 'zcopy'), 'least',
     {'6.1': (6,), '6.12': (12,), '7.2': (12,)}, True),
    ('1 MiB, one ring: splice chain / zcopy',
     ('uring', 'uring_splice'), ('uring', 'uring_zcopy'), 'least',
     {k: (2.0,) for k in KERNELS}, True),
]

# The same without the CPU time of the receiver's process, which is the same for all
# methods.  The time of a ring's workers belongs to the sending side.
SENDING_ROWS = [
    ('1 MiB, one ring: splice chain / zcopy, all but the receiver',
     ('uring', 'uring_splice'), ('uring', 'uring_zcopy'), 'least',
     {k: (2.0,) for k in KERNELS}, False),
]

# No cliff: title, the cases of one method that differ in one number, the largest ratio
# of worst to best, and whether missing it fails the run.
CONNECTIONS = [f'uring-conns-{n}' for n in (1, 64, 1024, 4096)]
LIVE = [f'live-{n}' for n in (1, 100, 10000)]
SPREADS = [
    ('64 KiB to each of 1 to 4,096 connections, one ring: zcopy, worst / best',
     [(c, 'uring_zcopy') for c in CONNECTIONS], 1.5, True),
    ('the same for zcopy, 64 to 4,096: within 10 %',
     [(c, 'uring_zcopy') for c in CONNECTIONS[1:]], 1.22, True),
    ('the same for splice chains, 1 to 4,096',
     [(c, 'uring_splice') for c in CONNECTIONS], 1.5, False),
    ('huge folios, 1 MiB, 64 MiB and 4 GiB: zcopy, worst / best: within 5 %',
     [(c, 'zcopy') for c in ('flat-1m', 'flat-64m', 'flat-4g')], 1.105, True),
    ('64 KiB while 1, 100, 10,000 transfers are live: zcopy, one call',
     [(c, 'zcopy') for c in LIVE], 1.1, True),
    ('the same, started and waited for by number',
     [(c, 'zcopy_wait') for c in LIVE], 1.1, True),
]
FIGURES = ('ns_per_kib_total', 'ns_per_kib_sender')
SENDING = ('ns_per_kib_sending',)


def load(spec):
    kernel, path = spec.split('=', 1)
    with open(path, encoding='utf-8') as f:
        rows = json.load(f)
    for r in rows:
        r['ns_per_kib_sending'] = r['ns_per_kib_total'] - r['ns_per_kib_receiver']
    observed.merge(rows, os.path.dirname(path))
    return kernel, rows


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
            row = have.get(name)
            zcopy = (have.get((name[0], 'zcopy')) or
                     have.get((name[0], 'uring_zcopy')))
            if not row:
                cells += f'{"":26}'
                continue
            cells += '{:8.0f} /{:6.0f} '.format(*(row[f] for f in FIGURES))
            ratio = row[FIGURES[0]] / zcopy[FIGURES[0]] if zcopy else 0
            cells += f'{ratio:7.2f}x  ' if zcopy and row is not zcopy else f'{"":10}'
        print(f'    {name[1]:24}{cells}'.rstrip())


def verdict(kernel, good, cells):
    print(f'    {kernel:6} {"reached" if good else "MISSED ":8} {cells}')


def judge_ratio(row, rows, kernel, figures=FIGURES):
    """None if it was not measured, else whether it is reached."""
    _, above, below, how, asked, _ = row
    have = by_name(rows)
    if above not in have or below not in have or kernel not in asked:
        return None
    got = [have[above][f] / have[below][f] for f in figures]
    good = all(g >= a if how == 'least' else g <= a
               for g, a in zip(got, asked[kernel]))
    verdict(kernel, good, '   '.join(f'{g:.2f} ({"at " + how} {a:.2f})'
                                     for g, a in zip(got, asked[kernel])))
    return good


def judge_sending(row, rows, kernel):
    """As judge_ratio()."""
    return judge_ratio(row, rows, kernel, SENDING)


def judge_spread(spread, rows, kernel):
    """None if it was not measured, else whether it is reached."""
    _, names, most, _ = spread
    have = by_name(rows)
    if any(n not in have for n in names):
        return None
    each = [have[n][FIGURES[0]] for n in names]
    got = max(each) / min(each)
    text = (f'{got:.2f} (at most {most:.2f})   of ' +
            ' '.join(f'{e:.0f}' for e in each) + ' ns per KiB')
    if names[0][1] == 'uring_splice':
        # If a user has many pipes, new ones are small.
        text += ', through pipes of ' + ' '.join(
            str(have[n]['least_pipe'] // 1024) for n in names) + ' KiB at least'
    verdict(kernel, got <= most, text)
    return got <= most


def judge(kernels, part):
    """Returns the judged figures that are not reached, by name."""
    missed = []
    print('\nAsked for, and measured (in all, then of the sender)')
    for what, how in [(r, judge_ratio) for r in ROWS] + \
                     [(r, judge_sending) for r in SENDING_ROWS] + \
                     [(s, judge_spread) for s in SPREADS]:
        title, counts = what[0], what[-1]
        print(title + ('' if counts else '   [told, not judged]'))
        for kernel, rows in kernels.items():
            good = how(what, rows, kernel)
            if good is None and not part:
                print(f'    {kernel:6} NOT MEASURED')
            if counts and not (part if good is None else good):
                missed.append(f'{kernel}: {title}')
    return missed


def main():
    args = sys.argv[1:]
    part = args[0] == '--part'
    out, *specs = args[part:]
    kernels = dict(load(spec) for spec in specs)
    with open(out, 'w', encoding='utf-8') as f:
        rows = [r for rows in kernels.values() for r in rows]
        f.write('[\n' + ',\n'.join(json.dumps(r) for r in rows) + '\n]\n')
    show(kernels)
    observed.show_traffic(kernels)
    missed = judge(kernels, part)
    print(f'\nAll rows: {out}')
    if missed:
        print(f'{len(missed)} of the figures that are judged are not reached:')
        for m in missed:
            print(f'    {m}')
    return 1 if missed else 0


sys.exit(main())

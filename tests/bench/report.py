#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Joins the rows of all kernels, shows them beside zcopy's, and says which of
the contract's figures are reached.  report.py [--part] OUT RULER KERNEL=FILE...
RULER is what the measuring machine is called.  Exits 1 if a figure that is judged is
missed or, without --part, was not measured."""
import json
import os
import sys

import observed
from goals import GOALS, SENDER, SENDING, TOTAL, by_name

FIGURES = (TOTAL, SENDER)


def load(spec):
    """The kernel's name, its processor, and its rows."""
    kernel, path = spec.split('=', 1)
    with open(path, encoding='utf-8') as f:
        whole = json.load(f)
    for r in whole['rows']:
        r[SENDING] = r[TOTAL] - r['ns_per_kib_receiver']
    observed.merge(whole['rows'], os.path.dirname(path))
    return kernel, whole


def ruler(machine, kernels):
    """What the figures are measured with."""
    wholes = kernels.values()
    bent = sorted({f for w in wholes for f in ('erms', 'fsrm') if w[f]})
    caches = {r['simulated_caches'] for w in wholes for r in w['rows']
              if 'simulated_caches' in r}
    return {
        'machine': machine,
        'cpu': ', '.join(sorted({w['cpu'] for w in wholes})),
        'string_copies': f'bent: one instruction for each byte, for the CPU has {bent}'
                         if bent else
                         'one instruction for 8 bytes: the CPU has neither ERMS nor FSRM',
        'clock': 'a nanosecond is an instruction of the guest\'s only CPU',
        'caches': ', '.join(sorted(caches)) or 'not simulated',
        'kernels': {k: w['rows'][0]['kernel'] for k, w in kernels.items() if w['rows']},
    }


def show_ruler(r):
    print('\nThe ruler: ' + r['machine'])
    for key in ('cpu', 'clock', 'string_copies', 'caches'):
        print(f'    {key.replace("_", " "):14} {r[key]}')


def figures_of(row):
    """The figures of a row that are shown: of a response or of a KiB."""
    return [row[f.replace('_kib_', '_response_')] if 'ns_per_response_total' in row
            else row[f] for f in FIGURES]


def show(kernels):
    """All rows: total and sender of each kernel, and the ratio to zcopy."""
    names = []
    for rows in kernels.values():
        names += [n for n in by_name(rows) if n not in names]
    print('\nInstructions per KiB, or per response (lockstep, stream, call): in all / of '
          'the sender,\nand how many times zcopy\'s (of the sender\'s in lockstep)')
    print(f'{"":28}' + ''.join(f'{k:^26}' for k in kernels))
    last = None
    for name in names:
        if name[0] != last:
            print(name[0])
            last = name[0]
        cells = ''.join(cell(by_name(rows), name) for rows in kernels.values())
        print(f'    {name[1]:24}{cells}'.rstrip())


def cell(have, name):
    row = have.get(name)
    zcopy = have.get((name[0], 'zcopy')) or have.get((name[0], 'uring_zcopy'))
    if not row:
        return f'{"":26}'
    text = '{:8.0f} /{:6.0f} '.format(*figures_of(row))
    if not zcopy or row is zcopy:
        return text + f'{"":10}'
    of = SENDER if row.get('answers') else TOTAL
    return text + f'{row[of] / zcopy[of]:7.2f}x  '


def judge(kernels, part):
    """Returns the judged figures that are not reached, by name."""
    missed = []
    print('\nAsked for, and measured (in all, then of the sender, unless the row says)')
    for goal in GOALS:
        print(goal.title + ('' if goal.judged else '   [told, not judged]'))
        for kernel, rows in kernels.items():
            if kernel not in goal.limits:
                continue
            got = goal.measured(by_name(rows), kernel)
            if got:
                print(f'    {kernel:6} {"reached" if got[0] else "MISSED ":8} {got[1]}')
            elif not part:
                print(f'    {kernel:6} NOT MEASURED')
            if goal.judged and not (got[0] if got else part):
                missed.append(f'{kernel}: {goal.title}' +
                              (f': {got[1]}' if got else ': not measured'))
    return missed


def main():
    args = sys.argv[1:]
    part = args[0] == '--part'
    out, machine, *specs = args[part:]
    wholes = dict(load(spec) for spec in specs)
    kernels = {k: w['rows'] for k, w in wholes.items()}
    named = ruler(machine, wholes)
    with open(out, 'w', encoding='utf-8') as f:
        rows = [dict(r, name=k) for k, rows in kernels.items() for r in rows]
        f.write('{"ruler": ' + json.dumps(named, indent=1) + ',\n"rows": [\n' +
                ',\n'.join(json.dumps(r) for r in rows) + '\n]}\n')
    show_ruler(named)
    show(kernels)
    observed.show_traffic(kernels)
    observed.show_calls(kernels)
    missed = judge(kernels, part)
    print(f'\nAll rows: {out}')
    if missed:
        print(f'{len(missed)} of the figures that are judged are not reached:')
        for m in missed:
            print(f'    {m}')
    return 1 if missed else 0


if __name__ == '__main__':
    sys.exit(main())

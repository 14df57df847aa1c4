#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Compares rows with the stored baseline, or stores it.
check.py [--store | --part] KERNEL=FILE...

The rows are those of bench --guarded: zcopy's own, and a few that zcopy has no part in.
A figure is guarded if the rounds of its row spread by at most LIMIT when the baseline
was stored; the others are kept with the reason. Exits 1 if a guarded figure grew by more
than LIMIT or, without --part, was not measured. If a row without zcopy moved as far, the ruler or the kernel has changed, and
the baseline says nothing any more: that is 1, too."""
import json
import os
import sys

LIMIT = 3.0
FIGURES = ('total', 'sender')
DIRECTORY = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'baseline')
OURS = ('zcopy', 'interposed', 'uring_zcopy')


def is_ours(name):
    return name.split()[1].startswith(OURS)


def stored(kernel):
    return os.path.join(DIRECTORY, kernel + '.json')


def load(path):
    with open(path, encoding='utf-8') as f:
        return json.load(f)


def baseline_of(whole):
    """What is stored of the results of one kernel."""
    rows, loose = {}, {}
    for r in whole['rows']:
        name = f'{r["case"]} {r["method"]}'
        for figure in FIGURES:
            to = rows if r['spread_' + figure] <= LIMIT else loose
            to.setdefault(name, {})[figure] = r['ns_per_kib_' + figure]
            if to is loose:
                loose[name][figure] = f'spreads by {r["spread_" + figure]:.1f} %'
    return {'kernel': whole['rows'][0]['kernel'], 'cpu': whole['cpu'], 'guarded': rows,
            'not_guarded': loose}


def store(kernel, whole):
    def lines(rows):
        return ',\n'.join(f'  {json.dumps(n)}: {json.dumps(f)}' for n, f in rows.items())

    b = baseline_of(whole)
    os.makedirs(DIRECTORY, exist_ok=True)
    with open(stored(kernel), 'w', encoding='utf-8') as f:
        f.write(f'{{"kernel": {json.dumps(b["kernel"])}, "cpu": {json.dumps(b["cpu"])},\n'
                f' "guarded": {{\n{lines(b["guarded"])}\n }},\n'
                f' "not_guarded": {{\n{lines(b["not_guarded"])}\n }}}}\n')
    print(f'{kernel}: stored {len(b["guarded"])} guarded rows; not guarded: ' +
          (', '.join(f'{n} ({", ".join(f"{k} {w}" for k, w in why.items())})'
                     for n, why in b['not_guarded'].items()) or 'none'))


def compare(base, whole):
    """(name, figure, then, now, percent) of each guarded figure; now None: not measured."""
    have = {f'{r["case"]} {r["method"]}': r for r in whole['rows']}
    for name, figures in base['guarded'].items():
        for figure, then in figures.items():
            row = have.get(name)
            now = row and row['ns_per_kib_' + figure]
            yield name, figure, then, now, row and 100 * (now / then - 1)


def check(kernel, base, whole, part=False):
    """Prints what moved; returns whether nothing got dearer."""
    seen = [s for s in compare(base, whole) if s[3] is not None or not part]
    ours = [s for s in seen if is_ours(s[0])]
    moved = [s for s in seen if not is_ours(s[0]) and s[4] is not None and
             abs(s[4]) > LIMIT]
    dearer = [s for s in ours if s[4] is None or s[4] > LIMIT]
    cheaper = [s for s in ours if s[4] is not None and s[4] < -LIMIT]
    print(f'{kernel}: {len(ours)} figures of zcopy compared with the baseline '
          f'({base["kernel"]}), {len(seen) - len(ours)} without it')
    for title, some in (('RULER MOVED', moved), ('DEARER', dearer),
                        ('cheaper: store a new baseline', cheaper)):
        for name, figure, then, now, percent in some:
            print(f'    {title:12} {name}, {figure}: ' +
                  (f'{then} -> {now}, {percent:+.1f} %' if now else 'not measured'))
    if whole['rows'][0]['kernel'] != base['kernel']:
        print(f'    the kernel is {whole["rows"][0]["kernel"]} now')
    return not dearer and not moved


def main():
    args = sys.argv[1:]
    storing, part = args[0] == '--store', args[0] == '--part'
    good = True
    for spec in args[storing or part:]:
        kernel, path = spec.split('=', 1)
        if storing:
            store(kernel, load(path))
        elif not os.path.exists(stored(kernel)):
            print(f'{kernel}: no baseline is stored')
            good = False
        else:
            good = check(kernel, load(stored(kernel)), load(path), part) and good
    return 0 if good else 1


if __name__ == '__main__':
    sys.exit(main())

#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""What the QEMU plugin saw (plugin/): adds it to rows of results, and prints it.

observed.py RESULTS [CASE [METHOD]] prints the flat profile of each row, by instructions
per KiB sent."""
import bisect
import json
import os
import sys

TOP = 30
USER = '(user space)'
ELSEWHERE = '(elsewhere)'
# Of the columns: the key in a row, and the key of the plugin's sum
PER_KIB = (('l1_misses_per_kib', 'l1_misses'), ('last_misses_per_kib', 'last_misses'),
           ('write_backs_per_kib', 'write_backs'))
TRAFFIC = 'traffic_per_byte'
COLUMNS = (TRAFFIC, 'l1_misses_per_kib', 'last_misses_per_kib')
# For rows with responses: the key in a row, and the kernel function to count calls of.
# TCP clones each packet that has data, because it keeps one for retransmission.
# A thread that waits for bytes of a socket waits there.  In lockstep the receiver's
# answers, one data packet and one wait for each call of the sender, are left out.
CALLS = (('packets_per_response', 'skb_clone'), ('waits_per_response', 'sk_wait_data'))


class Symbols:
    """The functions of kernel and modules, from a copy of /proc/kallsyms."""

    def __init__(self, lines):
        found = {}
        for line in lines:
            words = line.split()
            if len(words) < 3 or words[1] not in set('tTwW'):
                continue
            module = ' ' + words[3] if len(words) > 3 else ''
            # Of several names of an address, a function's own comes before its aliases.
            found.setdefault(int(words[0], 16), words[2] + module)
        self.at = sorted(found)
        self.names = [found[a] for a in self.at]
        self.first = {found[a]: a for a in reversed(self.at)}

    def name(self, addr):
        i = bisect.bisect_right(self.at, addr) - 1
        return self.names[i] if i >= 0 else ELSEWHERE


def by_function(seen, symbols):
    """Instructions of one row of the plugin's, by function."""
    sums = {USER: seen['user'], ELSEWHERE: seen['not_counted_by_address']}
    for addr, count, _ in seen['blocks']:
        name = symbols.name(int(addr, 16))
        sums[name] = sums.get(name, 0) + count
    return {n: c for n, c in sums.items() if c}


def calls_of(seen, symbols, name):
    """How often a function was called in a row of the plugin's; None: not known here."""
    if name not in symbols.first:
        return None
    start = symbols.first[name]
    return sum(count / length for addr, count, length in seen['blocks']
               if int(addr, 16) == start)


def add_calls(row, seen, symbols):
    if 'marked_responses' not in row:
        return
    for column, name in CALLS:
        calls = calls_of(seen, symbols, name)
        if calls is not None:
            row[column] = round((calls - row['answers']) / row['marked_responses'], 3)


def add(row, seen, whole, symbols):
    kib = row['marked_bytes'] / 1024
    sums = by_function(seen, symbols)
    if seen['accesses']:
        for column, key in PER_KIB:
            row[column] = round(seen[key] / kib, 3)
        row[TRAFFIC] = round((seen['last_misses'] + seen['write_backs']) *
                             whole['line_bytes'] / row['marked_bytes'], 4)
        row['simulated_caches'] = whole['caches']
    row['instructions_per_kib'] = round(sum(sums.values()) / kib, 1)
    top = sorted(sums.items(), key=lambda s: -s[1])[:TOP]
    add_calls(row, seen, symbols)
    row['profile'] = [[name, round(count / kib, 2)] for name, count in top]


def merge(rows, directory):
    """Adds what the plugin saw to rows, or why it saw nothing."""
    def opened(name):
        return open(os.path.join(directory, name), encoding='utf-8')

    why = None
    try:
        with opened('plugin.json') as f:
            whole = json.load(f)
        with opened('kallsyms') as f:
            symbols = Symbols(f)
    except OSError as e:
        why = f'the guest ended without {os.path.basename(e.filename)}'
        if os.path.exists(os.path.join(directory, 'no-plugin')):
            with opened('no-plugin') as f:
                why = f.read().strip()
    if why:
        for row in rows:
            row['no_plugin'] = why
        return
    seen = {r['row']: r for r in whole['rows']}
    for row in rows:
        if row['mark'] in seen:
            add(row, seen[row['mark']], whole, symbols)
        else:
            row['no_plugin'] = 'the plugin saw no mark of this row'


def show_traffic(kernels):
    """The memory columns of all rows, by kernel."""
    names = []
    for rows in kernels.values():
        names += [n for n in map(name_of, rows) if n not in names]
    every = [r for rows in kernels.values() for r in rows]
    caches = next((r['simulated_caches'] for r in every if TRAFFIC in r), '')
    print('\nBytes of memory traffic per byte sent, and misses of both levels per KiB, of\n'
          'simulated caches' + (f' of {caches}' if caches else ''))
    for kernel, rows in kernels.items():
        for why in sorted({r['no_plugin'] for r in rows if 'no_plugin' in r}):
            print(f'    {kernel:6} not measured: {why}')
    if not caches:
        return
    print(f'{"":28}' + ''.join(f'{k:^26}' for k in kernels))
    for i, name in enumerate(names):
        if not i or name[0] != names[i - 1][0]:
            print(name[0])
        cells = ''
        for rows in kernels.values():
            row = next((r for r in rows if name_of(r) == name), {})
            cells += ('{:8.2f} {:7.2f} {:7.2f}  '.format(*(row[c] for c in COLUMNS))
                      if TRAFFIC in row else f'{"":26}')
        print(f'    {name[1]:24}{cells}'.rstrip())


def show_calls(kernels):
    """Data packets and waits for bytes of a response, by kernel."""
    columns = [c for c, _ in CALLS]
    seen = {k: {name_of(r): r for r in rows if columns[0] in r}
            for k, rows in kernels.items()}
    names = list(dict.fromkeys(n for rows in seen.values() for n in rows))
    if not names:
        return
    print('\nData packets of a response, and waits for its bytes')
    print(f'{"":28}' + ''.join(f'{k:^18}' for k in kernels))
    for i, name in enumerate(names):
        if not i or name[0] != names[i - 1][0]:
            print(name[0])
        cells = ''
        for rows in seen.values():
            row = rows.get(name, {})
            cells += ''.join(f'{row[c]:8.2f}' if c in row else f'{"":8}' for c in columns)
            cells += '  '
        print(f'    {name[1]:24}{cells}'.rstrip())


def name_of(row):
    return row['case'], row['method']


def show(row):
    print(f'\n{row["kernel"]} {row["case"]} {row["method"]}: '
          f'{row["instructions_per_kib"]:.0f} instructions per KiB' +
          (f', {row["ns_per_response"]:.0f} ns per response'
           if 'ns_per_response' in row else ''))
    for name, count in row['profile']:
        print(f'{count:10.1f} {100 * count / row["instructions_per_kib"]:5.1f} %  {name}')


def main():
    results, *only = sys.argv[1:]
    with open(results, encoding='utf-8') as f:
        rows = json.load(f)['rows']
    for row in rows:
        if all(row[k].startswith(w) for k, w in zip(('case', 'method'), only)):
            if 'profile' in row:
                show(row)
            else:
                print(f'\n{row["kernel"]} {row["case"]} {row["method"]}: '
                      f'no profile: {row["no_plugin"]}')


if __name__ == '__main__':
    main()

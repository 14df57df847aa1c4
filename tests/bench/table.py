#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Writes the tables of small responses as markdown.  table.py RESULTS [WAY...]
WAY is lockstep or stream; both if none is given."""
import json
import sys

from goals import RIVALS, SENDER, SIZES, by_name, cheapest

METHODS = (('pread_writev', 'pread + writev'),
           ('mmap_writev', 'mmap + writev'),
           ('more_sendfile', 'send, MSG_MORE + sendfile'),
           ('splice', 'send, MSG_MORE + splice'),
           ('uring_splice', 'io_uring: send + splice chain'),
           ('uring_read_send', 'io_uring: read + send chain'),
           ('interposed', 'the sendfile row, interposed'),
           ('zcopy', 'zcopy, one call'),
           ('zcopy_send', 'zcopy, the general call'),
           ('zcopy_batch', 'zcopy, 16 in a batch'),
           ('zcopy_ring', "zcopy, 16 in a ring's command"),
           ('zcopy_16', 'zcopy, 16 in a list'),
           ('floor', 'floor: send of ready bytes'))
WAYS = {'lockstep': 'in lockstep: the receiver answers each call with a byte',
        'stream': 'in a stream: the sender does not wait for the receiver'}
OF = {'sender': 'of the sender\'s process', 'total': 'of the whole machine'}


def size_name(size):
    return f'{size[:-1]} KiB' if size.endswith('k') else f'{size} B'


def cells(have, way, method, of):
    """A cell for each size: the median of the rounds, and their spread."""
    for size in SIZES:
        row = have.get((f'{way}-{size}', method))
        yield (f'{row[f"ns_per_response_{of}"]:,.0f} ({row[f"spread_{of}"]:.1f} %)'
               if row else '')


def ratios(have, way, method):
    """A cell for each size: how many times the cheapest rival's sender."""
    for size in SIZES:
        row = have.get((f'{way}-{size}', method))
        best = cheapest(have, (f'{way}-{size}', RIVALS), SENDER)
        yield f'{row[SENDER] / best[SENDER]:.2f}' if row and best else ''


def line(*words):
    return '| ' + ' | '.join(words) + ' |'


def table(have, kernel, way, of):
    rounds = {r['rounds'] for (case, _), r in have.items() if case.startswith(way)}
    yield (f'**{kernel}, {way}**: instructions {OF[of]} for a response, '
           f'median of {"/".join(map(str, sorted(rounds)))} rounds (spread: greatest less '
           'least, of the median)')
    yield ''
    yield line('200-byte header and a file of', *map(size_name, SIZES))
    yield line('---', *['---:'] * len(SIZES))
    for method, title in METHODS:
        yield line(title, *cells(have, way, method, of))
    if of == 'sender':
        yield line('zcopy / the cheapest of the first three', *ratios(have, way, 'zcopy'))
        yield line('16 in a batch / the same', *ratios(have, way, 'zcopy_batch'))
        yield line('zcopy / floor', *over_floor(have, way))
    yield ''


def over_floor(have, way):
    for size in SIZES:
        rows = [have.get((f'{way}-{size}', m)) for m in ('zcopy', 'floor')]
        yield f'{rows[0][SENDER] / rows[1][SENDER]:.2f}' if all(rows) else ''


def packets(have, kernel, way):
    """What the plugin saw: data packets, and waits of the receiver."""
    rows = {m: [have.get((f'{way}-{s}', m), {}) for s in SIZES] for m, _ in METHODS}
    if not any('packets_per_response' in r for each in rows.values() for r in each):
        return
    yield f'**{kernel}, {way}**: data packets, and waits for bytes, for a response'
    yield ''
    yield line('200-byte header and a file of', *map(size_name, SIZES))
    yield line('---', *['---:'] * len(SIZES))
    for method, title in METHODS:
        yield line(title, *(f'{r["packets_per_response"]:.2f}, {r["waits_per_response"]:.2f}'
                            if 'waits_per_response' in r else '' for r in rows[method]))
    yield ''


def ruler(named):
    yield (f'Measured with {named["machine"]} ({named["cpu"]}): {named["clock"]}; '
           f'a string copy is {named["string_copies"]}; simulated caches: {named["caches"]}.')
    yield ''


def main():
    path, *ways = sys.argv[1:]
    with open(path, encoding='utf-8') as f:
        whole = json.load(f)
    lines = list(ruler(whole['ruler']))
    for way in ways or WAYS:
        lines += [f'Responses {WAYS[way]}.', '']
        for kernel in whole['ruler']['kernels']:
            have = by_name([r for r in whole['rows'] if r['name'] == kernel])
            for of in OF:
                lines += table(have, kernel, way, of)
            lines += packets(have, kernel, way)
    print('\n'.join(lines).rstrip())


if __name__ == '__main__':
    main()

#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Writes the page of figures and its pictures from the summaries of the kernels.
page.py DIR OUT.md: DIR, which is called figures and lies beside OUT.md, has KERNEL.json
and gets the pictures."""
import os
import sys

import pictures
import quote
from said import (JAVA, NO_GATHER, SIZES, TRADITIONAL_2008, WAYS, WHY, WHY_NO_GATHER,
                  ZERO_COPY_2008)

FIRST = '6.12'
PICTURES = 'figures'  # the directory, as seen from the page


def load(directory):
    """The summaries, the one that the text speaks of first"""
    return sorted(quote.load(directory), key=lambda w: w['name'] != FIRST)


def line(*words):
    return '| ' + ' | '.join(words) + ' |'


def head(*words):
    return [line(*words), line('---', *['---:'] * (len(words) - 1))]


def rows_of(whole, kind):
    return {r['way']: r for r in whole['copies']
            if (r['device'], r['gather'], r['cold']) == quote.KINDS[kind]}


def number(v):
    return '?' if v is None else f'{v:,}'


def published(way, gather):
    told = NO_GATHER.get(way) if not gather else None
    told = told or WAYS[way][1:]
    return ' / '.join(map(str, told)) if told[0] is not None else ''


def copied(row):
    """Copies by the CPU, and by DMA"""
    if not row:
        return ''
    dma = row['block_copies'] + row['net_copies']
    return f'**{row["cpu_copies"]:.2f}** / {dma:.2f}'


def measured(row):
    """Copies by the CPU, by DMA, and switches, as the articles write them"""
    return f'{copied(row)} / {row["crossings"]:,}'


def copy_table(whole):
    cold, warm = rows_of(whole, 'cold'), rows_of(whole, 'warm')
    without = rows_of(whole, 'nogather')
    yield from head('way', 'published', 'cold: CPU / DMA copies / switches', 'warm',
                    'warm, no scatter/gather')
    for way, (title, *_) in WAYS.items():
        if way in warm:
            yield line(title, published(way, True), measured(cold[way]),
                       measured(warm[way]), measured(without[way]))
    yield ''


def card_table(whole):
    kinds = ('card-cold', 'card', 'virtio-cold', 'virtio')
    have = {k: rows_of(whole, k) for k in kinds}
    yield f'**{whole["name"]}, to a network card**'
    yield ''
    yield from head('way', 'published', 'vmxnet3, cold: CPU / DMA copies', 'warm',
                    'virtio-net, cold', 'warm')
    for way, (title, *_) in WAYS.items():
        yield line(title, published(way, True).rpartition(' / ')[0],
                   *(copied(have[k].get(way)) for k in kinds))
    yield ''


def why():
    for way, (title, *_) in WAYS.items():
        yield f'- **{title}**: {WHY[way]}'
    yield f'- **No scatter/gather**: {WHY_NO_GATHER}'
    yield ''


def work_table(whole, cold):
    """What the kernel and the caches had to do"""
    yield from head('way', 'system calls', 'page faults', 'TLB flushes',
                    'context switches: own, machine', 'pages by reference',
                    'CPU reads', 'memory traffic', 'sender', 'machine')
    for way, r in rows_of(whole, 'cold' if cold else 'warm').items():
        yield line(WAYS[way][0], number(r['syscalls']),
                   number(r['faults']), number(r['tlb_flushes']),
                   f'{r["switches_own"] + r["switches_forced"]:,}, '
                   f'{number(r["switches_machine"])}',
                   number(r['pages_referenced']), f'{r["cpu_reads"]:.2f}',
                   f'{r["traffic"]:.2f}', f'{r["sender_per_kib"]:,.0f}',
                   f'{r["machine_per_kib"]:,.0f}')
    yield ''


def map_table(whole):
    yield from head('', 'page faults', 'by an access in user space, in the kernel', 'TLB flushes',
                    'mmap, per page', 'munmap, per page', 'sender, per KiB',
                    'memory traffic')
    for way in pictures.MAPPING:
        for cold in (True, False):
            r = rows_of(whole, 'cold' if cold else 'warm')[way]
            pages = r['bytes'] / 4096
            yield line(f'{WAYS[way][0]}, {"cold" if cold else "warm"}',
                       number(r['faults']),
                       f'{number(r["faults_user"])}, {number(r["faults_kernel"])}',
                       number(r['tlb_flushes']),
                       f'{r["map_ns"] / pages:,.0f}' if r['map_ns'] else '',
                       f'{r["unmap_ns"] / pages:,.0f}' if r['unmap_ns'] else '',
                       f'{r["sender_per_kib"]:,.0f}', f'{r["traffic"]:.2f}')
    yield ''


def ms_of(whole):
    return {(r['way'], r['mb']): r['ms'] for r in whole['sizes']}


def size_table(whole, titles, traditional):
    ms = ms_of(whole)
    ways = [w for w in titles if (w, SIZES[0]) in ms]
    if not ways:
        return
    yield from head('MB', 'published: traditional / zero copy', '',
                    *(titles[w] for w in ways))
    for mb in SIZES:
        told = TRADITIONAL_2008[mb], ZERO_COPY_2008[mb]
        yield line(str(mb), f'{told[0]:,} / {told[1]:,} ms', f'{told[0] / told[1]:.1f} ×',
                   *(f'{ms[w, mb]:,.1f} ms' + against(ms, traditional, w, mb)
                     if (w, mb) in ms else '' for w in ways))
    yield ''


def against(ms, traditional, way, mb):
    """How many times faster than the traditional program"""
    if way == traditional:
        return ''
    return f' ({ms[traditional, mb] / ms[way, mb]:.1f} ×)'


def flat(whole):
    """How the cost of a byte depends on the size"""
    per, most = {}, max(r['mb'] for r in whole['sizes'])
    if most < SIZES[-1]:
        yield f'Files of more than {most} MB were left out here, because they take too long.'
        yield 'The others show how the cost of a byte depends on the size.'
        yield ''
    yield f'What a byte costs, {whole["name"]}, from the smallest file to the largest:'
    yield ''
    for r in whole['sizes']:
        per.setdefault(r['way'], []).append(r['total_per_kib'])
    for way, values in per.items():
        title = JAVA.get(way) or WAYS[way][0]
        yield (f'- {title}: {min(values):,.0f} to {max(values):,.0f} instructions '
               'per KiB')
    yield ''


def ruler(whole):
    r = whole['ruler']
    yield (f'**{whole["name"]}**: Linux {whole["kernel"]}, {r["machine"]}: {r["clock"]}; '
           f'a string copy is {r["string_copies"]}; simulated caches: {r["caches"]}; '
           f'the connection: {r["connection"]}.')
    yield ''


def template():
    with open(os.path.join(os.path.dirname(__file__), 'page.md'), encoding='utf-8') as f:
        return f.read().rstrip()


def picture(title, name):
    yield f'![{title}]({PICTURES}/{name}.svg)'
    yield ''


def section(words, *parts):
    yield words
    yield ''
    for part in parts:
        yield from part


def page(wholes):
    parts = quote.fill(quote.values_of(wholes), template()).split('\n%%\n')
    yield from section(parts[0])
    for whole in wholes:
        yield from ruler(whole)
    copied_ones = [w for w in wholes if 'copies' in w]
    sized = [w for w in wholes if 'sizes' in w]
    yield from section(parts[1],
                       picture('Copies by the CPU', 'copies'))
    for whole in copied_ones:
        yield (f'**{whole["name"]}**, a file of '
               f'{whole["copies"][0]["bytes"] / 2**20:g} MiB')
        yield ''
        yield from copy_table(whole)
    with_cards = [w for w in copied_ones if any(r['device'] != 'veth' for r in w['copies'])]
    if with_cards:
        yield from section(parts[2])
    for whole in with_cards:
        yield from card_table(whole)
    yield from section(parts[3], why())
    yield from section(parts[4],
                       picture('Memory traffic', 'traffic'))
    for whole in copied_ones:
        for cold in (False, True):
            yield f'**{whole["name"]}, {"cold" if cold else "warm"}**'
            yield ''
            yield from work_table(whole, cold)
    if sized:
        yield from section(parts[5],
                           picture('Times by size', 'sizes'), picture('Ratios', 'ratios'))
    else:
        yield '## The table of 2008'
        yield 'It is not in these summaries. `make figures` measures it, too.'
        yield ''
    for whole in sized:
        yield f'**{whole["name"]}**'
        yield ''
        yield from size_table(whole, {w: t[0] for w, t in WAYS.items()}, pictures.TRADITIONAL)
        yield from size_table(whole, JAVA, 'java_read_write')
        yield from flat(whole)
    if sized:
        yield from section(parts[6])
    yield from section(parts[7], picture('Page faults', 'faults'), picture('Mapping', 'mapping'))
    for whole in copied_ones:
        yield f'**{whole["name"]}**'
        yield ''
        yield from map_table(whole)


def main():
    directory, out = sys.argv[1:]
    wholes = load(directory)
    with open(out, 'w', encoding='utf-8') as f:
        f.write('\n'.join(page(wholes)).rstrip() + '\n')
    pictures.draw(wholes[0], directory)


if __name__ == '__main__':
    main()

#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""The pictures of the page, from the summary of one kernel.  pictures.py DIR makes PNGs of
those in DIR, if rsvg-convert is there."""
import os
import shutil
import subprocess
import sys

import svg
from quote import KINDS
from said import JAVA, SIZES, TRADITIONAL_2008, WAYS, ZERO_COPY_2008

TRADITIONAL = 'read_write_4k'
MAPPING = ('read_write', 'mmap_write', 'mmap_populate_write', 'vmsplice', 'msg_zerocopy',
           'sendfile', 'zcopy_send')
MAPPED = MAPPING[1:5]
BLUE, LIGHT, RED, AMBER, TEAL, VIOLET = ('#1457a8', '#8cb8e6', '#a0303c', '#d99a2b',
                                         '#2f8f83', '#7a5c99')
CURVES = {'read_write_4k': (RED, ''), 'mmap_write': (AMBER, ''), 'sendfile': (VIOLET, ''),
          'splice': (TEAL, '4 3'), 'interposed': (BLUE, '5 4'), 'zcopy_send': (BLUE, '')}
JAVA_CURVES = {'java_read_write': (RED, '6 3 2 3'), 'java_transfer_to': (VIOLET, '6 3 2 3'),
               'java_transfer_to_interposed': (LIGHT, '6 3 2 3')}


def foot(whole):
    r = whole['ruler']
    return (f'Linux {whole["kernel"]}; {r["clock"]}; a string copy: {r["string_copies"]}',
            r['machine'], f'simulated caches: {r["caches"]}')


def values(whole, name, *kinds):
    """Of each way, the value of each kind"""
    have = {(r['way'], r['device'], r['gather'], r['cold']): r[name]
            for r in whole['copies']}
    return [(title, [have.get((way, *KINDS[k])) for k in kinds])
            for way, (title, *_) in WAYS.items() if (way, *KINDS[kinds[0]]) in have]


def copies(whole):
    told = {title: cpu for title, cpu, *_ in WAYS.values() if cpu is not None}
    return svg.bars('Copies that the CPU makes of each byte of a file sent over TCP',
                    'bytes of the file that instructions store / bytes of the file',
                    (('device with scatter/gather', BLUE),
                     ('device without scatter/gather', AMBER)),
                    values(whole, 'cpu_copies', 'warm', 'nogather'),
                    foot(whole), told)


def traffic(whole):
    return svg.bars('Memory traffic of each byte sent, without that of devices',
                    'bytes that the last level of cache reads and writes back / bytes sent',
                    (('file in cache', BLUE), ('file on disk', LIGHT),
                     ('in cache, no scatter/gather', AMBER)),
                    values(whole, 'traffic', 'warm', 'cold', 'nogather'),
                    foot(whole))


def by_cache(whole, ways, figure):
    """Of each way, a figure of its row with the file in cache, and on disk"""
    have = {(r['way'], r['cold']): r for r in whole['copies']
            if r['device'] == 'veth' and r['gather']}
    return [(WAYS[w][0], [figure(have[w, cold]) for cold in (False, True)]) for w in ways]


IN_CACHE_OR_NOT = (('file in cache', BLUE), ('file on disk', LIGHT))


def faults(whole):
    return svg.bars("mmap's hidden price: page faults", 'page faults for each MiB sent',
                    IN_CACHE_OR_NOT,
                    by_cache(whole, MAPPING, lambda r: r['faults'] * 2**20 / r['bytes']),
                    foot(whole))


def mapping(whole):
    return svg.bars("mmap's hidden price: to make a mapping and to remove it",
                    'instructions of mmap and munmap for each page of 4 KiB',
                    IN_CACHE_OR_NOT,
                    by_cache(whole, MAPPED, lambda r: (r['map_ns'] + r['unmap_ns']) *
                             4096 / r['bytes']), foot(whole))


def times(whole):
    got = {}
    for r in whole['sizes']:
        got.setdefault(r['way'], {})[r['mb']] = r['ms']
    return got


def sizes(whole):
    got = times(whole)
    lines = [('published, traditional', '#000000', '2 3', list(TRADITIONAL_2008.items())),
             ('published, zero copy', '#888888', '2 3', list(ZERO_COPY_2008.items()))]
    lines += [(WAYS[w][0], *CURVES[w], sorted(got[w].items())) for w in CURVES if w in got]
    lines += [(JAVA[w], *JAVA_CURVES[w], sorted(got[w].items()))
              for w in JAVA_CURVES if w in got]
    return svg.curves('The table of 2008, measured today', ('size of the file, MB', 'ms'),
                      lines, foot(whole))


def ratios(whole):
    got = times(whole)
    lines = [('published, zero copy', '#888888', '2 3',
              [(mb, TRADITIONAL_2008[mb] / ZERO_COPY_2008[mb]) for mb in SIZES])]
    lines += [(WAYS[w][0], *CURVES[w],
               [(mb, got[TRADITIONAL][mb] / ms) for mb, ms in sorted(got[w].items())])
              for w in CURVES if w in got and w != TRADITIONAL]
    return svg.curves('How many times faster than the traditional program',
                      ('size of the file, MB', 'times faster than read + write of 4 KiB'),
                      lines, foot(whole), logarithmic=False)


PICTURES = {'copies': (copies, traffic, faults, mapping), 'sizes': (sizes, ratios)}


def draw(whole, directory):
    for part, makers in PICTURES.items():
        for make in makers if part in whole else ():
            with open(os.path.join(directory, make.__name__ + '.svg'), 'w',
                      encoding='utf-8') as f:
                f.write('\n'.join(make(whole)) + '\n')


def main():
    directory, = sys.argv[1:]
    if not shutil.which('rsvg-convert'):
        print('pictures.py: no PNG: install librsvg2-bin', file=sys.stderr)
        return
    for name in os.listdir(directory):
        if name.endswith('.svg'):
            path = os.path.join(directory, name)
            subprocess.run(['rsvg-convert', '-o', path[:-3] + 'png', path], check=True)


if __name__ == '__main__':
    main()

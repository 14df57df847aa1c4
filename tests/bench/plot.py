#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""Draws what a small response costs, by size of the file: for each kernel a panel of the
sender and one of the whole machine, which has zcopy's own threads, too.
plot.py RESULTS OUT.svg [WAY]: WAY is lockstep or stream, lockstep if it is not given.
OUT.png is made beside it if rsvg-convert is there."""
import json
import math
import shutil
import subprocess
import sys
from html import escape

from goals import SIZES, by_name
from table import METHODS, OF, WAYS, size_name

# Of each method: the colour, the width and the dashes of its line
STYLE = {
    'pread_writev': ('#b3661a', 1.6, ''), 'mmap_writev': ('#d99a2b', 1.6, ''),
    'more_sendfile': ('#a0303c', 1.6, ''), 'splice': ('#c97b84', 1.2, ''),
    'uring_splice': ('#7a5c99', 1.2, ''), 'uring_read_send': ('#b59ccc', 1.2, ''),
    'interposed': ('#2f8f83', 1.6, '5 3'), 'zcopy': ('#1457a8', 3.2, ''),
    'zcopy_send': ('#1457a8', 1.4, '6 2'), 'zcopy_batch': ('#3f8fd9', 1.8, '7 3'),
    'zcopy_ring': ('#5a7fb0', 1.6, '1 2 5 2'), 'zcopy_16': ('#8cc0ec', 1.8, '2 3'),
    'floor': ('#555555', 1.4, '1 3'),
}
WIDTH, HEIGHT = 330, 330
LEFT, TOP, GAP, UNDER = 62, 64, 26, 62
LEAST_WIDTH, LEGEND_WIDTH, LEGEND_LINE = 780, 235, 20
FONT = 'font-family="DejaVu Sans, Helvetica, sans-serif"'


def text(x, y, what, size=12, anchor='middle', more=''):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'{FONT} {more}>{escape(what)}</text>')


def ticks(low, high):
    """1, 2 and 5 of each power of ten"""
    power = 10 ** math.floor(math.log10(low))
    while power <= high:
        yield from (n * power for n in (1, 2, 5) if low <= n * power <= high)
        power *= 10


def short(n):
    return f'{n / 1000:g}k' if n >= 1000 else f'{n:g}'


class Panel:
    """One figure of one kernel"""

    def __init__(self, column, row, low, high):
        self.x0 = LEFT + column * (WIDTH + GAP)
        self.y0 = TOP + row * (HEIGHT + UNDER)
        self.low, self.high = math.log(low), math.log(high)

    def at(self, i, value):
        share = (math.log(value) - self.low) / (self.high - self.low)
        return (self.x0 + (i + 0.5) * WIDTH / len(SIZES), self.y0 + HEIGHT * (1 - share))

    def frame(self, title, first):
        yield (f'<rect x="{self.x0}" y="{self.y0}" width="{WIDTH}" height="{HEIGHT}" '
               'fill="none" stroke="#999"/>')
        yield text(self.x0 + WIDTH / 2, self.y0 - 8, title, 13, more='font-weight="bold"')
        for t in ticks(math.exp(self.low), math.exp(self.high)):
            y = self.at(0, t)[1]
            yield (f'<line x1="{self.x0}" x2="{self.x0 + WIDTH}" y1="{y:.1f}" '
                   f'y2="{y:.1f}" stroke="#e2e2e2"/>')
            if first:
                yield text(self.x0 - 6, y + 4, short(t), 11, 'end')
        for i, size in enumerate(SIZES):
            yield text(self.at(i, 1000)[0], self.y0 + HEIGHT + 16,
                       size_name(size).replace("iB", ""), 11)

    def curve(self, method, points):
        colour, width, dashes = STYLE[method]
        at = [self.at(i, v) for i, v in points]
        yield (f'<polyline fill="none" stroke="{colour}" stroke-width="{width}" '
               f'stroke-dasharray="{dashes}" points="' +
               ' '.join(f'{x:.1f},{y:.1f}' for x, y in at) + '"/>')
        yield from (f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{width:.1f}" fill="{colour}"/>'
                    for x, y in at)


def legend(width, y0):
    """The lines of the legend, which are as many as the width needs"""
    columns = (width - LEFT) // LEGEND_WIDTH
    for i, (method, title) in enumerate(METHODS):
        x, y = LEFT + i % columns * LEGEND_WIDTH, y0 + i // columns * LEGEND_LINE
        colour, stroke, dashes = STYLE[method]
        yield (f'<line x1="{x:.1f}" x2="{x + 30:.1f}" y1="{y - 4}" y2="{y - 4}" '
               f'stroke="{colour}" stroke-width="{stroke}" stroke-dasharray="{dashes}"/>')
        yield text(x + 36, y, title, 11, 'start')


def curves_of(have, way, of):
    """Of each method: the number of the size, and the figure"""
    return {m: [(i, have[f'{way}-{s}', m][f'ns_per_response_{of}'])
                for i, s in enumerate(SIZES) if (f'{way}-{s}', m) in have] for m in STYLE}


def draw(whole, way):
    kernels = [k for k in whole['ruler']['kernels']
               if any(r['name'] == k and r['case'].startswith(way) for r in whole['rows'])]
    have = {k: by_name([r for r in whole['rows'] if r['name'] == k]) for k in kernels}
    width = max(LEFT + len(kernels) * (WIDTH + GAP), LEAST_WIDTH)
    below = TOP + len(OF) * (HEIGHT + UNDER)
    lines = -(-len(METHODS) // ((width - LEFT) // LEGEND_WIDTH))
    height = below + lines * LEGEND_LINE + 24
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}">')
    yield f'<rect width="{width}" height="{height}" fill="white"/>'
    yield text(LEFT, 24, 'Instructions for a response: 200-byte header and a file of this '
               'size, ' + WAYS[way].split(':')[0], 14, 'start')
    for row, of in enumerate(OF):
        curves = {k: curves_of(have[k], way, of) for k in kernels}
        values = [v for c in curves.values() for points in c.values() for _, v in points]
        for column, kernel in enumerate(kernels):
            panel = Panel(column, row, min(values) / 1.15, max(values) * 1.15)
            yield from panel.frame(f'{kernel}, {OF[of]}', not column)
            for method in reversed(STYLE):
                if curves[kernel][method]:
                    yield from panel.curve(method, curves[kernel][method])
    yield from legend(width, below)
    yield text(LEFT, height - 10, whole['ruler']['machine'], 9, 'start', 'fill="#777"')
    yield '</svg>'


def main():
    path, out, *way = sys.argv[1:]
    with open(path, encoding='utf-8') as f:
        whole = json.load(f)
    with open(out, 'w', encoding='utf-8') as f:
        f.write('\n'.join(draw(whole, *way or ['lockstep'])) + '\n')
    if not shutil.which('rsvg-convert'):
        print('plot.py: no PNG: install librsvg2-bin', file=sys.stderr)
        return 0
    png = out.removesuffix('.svg') + '.png'
    return subprocess.run(['rsvg-convert', '-o', png, out], check=False).returncode


if __name__ == '__main__':
    sys.exit(main())

# SPDX-License-Identifier: GPL-2.0
"""Pictures of two kinds, as lines of SVG: bars beside the names of ways, and curves over
sizes of files with both axes logarithmic.  Each ends with what it was measured with."""
import math
from html import escape

FONT = 'font-family="DejaVu Sans, Helvetica, sans-serif"'
GREY = '#555555'


def text(x, y, what, size=12, anchor='start', more=''):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" '
            f'{FONT} {more}>{escape(what)}</text>')


def line(x1, y1, x2, y2, colour='#e2e2e2', more=''):
    return (f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
            f'stroke="{colour}" {more}/>')


def whole(width, height, title, parts, foot):
    """The picture with its title above, and the ruler below"""
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
           f'viewBox="0 0 {width} {height}">')
    yield f'<rect width="{width}" height="{height}" fill="white"/>'
    yield text(16, 24, title, 15, more='font-weight="bold"')
    yield from parts
    for i, words in enumerate(foot):
        yield text(16, height - 12 - 13 * (len(foot) - 1 - i), words, 9.5,
                   more='fill="#666"')
    yield '</svg>'


def steps(most):
    """About five round numbers from 0 to @most"""
    power = 10 ** math.floor(math.log10(most / 5))
    step = next(n * power for n in (1, 2, 5, 10) if most / (n * power) <= 6)
    return [i * step for i in range(int(most / step) + 1)]


def bars(title, unit, groups, rows, foot, published=None):
    """@groups: the title and colour of each bar of a row.  @rows: the name and a value for
    each group (or None).  @published: marks a value of each name, if there is one."""
    left, width, top, bar = 232, 860, 74, 13
    high = len(groups) * bar + 9
    bottom = top + high * len(rows)
    height = bottom + 52 + 13 * len(foot)
    most = max(v for _, values in rows for v in values if v is not None) or 1
    most = max([most, *(published or {}).values()]) * 1.08
    scale = (width - left - 70) / most

    def parts():
        x = left
        for name, colour in groups:
            yield f'<rect x="{x}" y="40" width="12" height="12" fill="{colour}"/>'
            yield text(x + 17, 50, name, 11.5)
            x += 32 + 7 * len(name)
        if published:
            yield line(x + 6, 38, x + 6, 54, '#000', 'stroke-width="2"')
            yield text(x + 14, 50, 'published', 11.5)
        for tick in steps(most):
            at = left + tick * scale
            yield line(at, top - 6, at, bottom)
            yield text(at, bottom + 15, f'{tick:g}', 11, 'middle')
        yield text((left + width - 70) / 2, bottom + 33, unit, 12, 'middle')
        for i, (name, values) in enumerate(rows):
            y = top + i * high
            yield text(left - 8, y + high / 2 - 1, name, 12, 'end')
            for n, v in enumerate(values):
                if v is None:
                    continue
                yield (f'<rect x="{left}" y="{y + n * bar:.1f}" height="{bar - 2}" '
                       f'width="{max(v * scale, 0.8):.1f}" fill="{groups[n][1]}"/>')
                yield text(left + v * scale + 5, y + n * bar + 10, shown(v), 10.5,
                           more=f'fill="{GREY}"')
            if published and name in published:
                at = left + published[name] * scale
                yield line(at, y - 3, at, y + high - 7, '#000', 'stroke-width="2"')

    return whole(width, height, title, parts(), foot)


def shown(v):
    return f'{v:,.0f}' if v >= 100 else f'{v:.2f}' if v < 10 else f'{v:.1f}'


def powers(low, high):
    """1, 2 and 5 of each power of ten"""
    n = 10.0 ** math.floor(math.log10(low))
    while n <= high:
        yield from (m * n for m in (1, 2, 5) if low <= m * n <= high)
        n *= 10


def curves(title, units, lines, foot, logarithmic=True):
    """@units: of both axes.  @lines: name, colour, dashes, and points of each curve."""
    left, width, top, right, tall = 72, 900, 46, 250, 430
    height = top + tall + 50 + 13 * len(foot) + 12
    xs = [x for *_, points in lines for x, _ in points]
    ys = [y for *_, points in lines for _, y in points]
    low = min(ys) / 1.3 if logarithmic else 0
    high = max(ys) * (1.3 if logarithmic else 1.08)

    def across(x):
        share = math.log(x / min(xs)) / math.log(max(xs) / min(xs))
        return left + 12 + share * (width - left - right - 24)

    def up(y):
        share = math.log(y / low) / math.log(high / low) if logarithmic else y / high
        return top + tall * (1 - share)

    def parts():
        for t in powers(low, high) if logarithmic else steps(high):
            yield line(left, up(t), width - right, up(t))
            yield text(left - 6, up(t) + 4, f'{t:,g}', 11, 'end')
        for x in sorted(set(xs)):
            yield line(across(x), top, across(x), top + tall)
            yield text(across(x), top + tall + 16, f'{x:,g}', 11, 'middle')
        yield (f'<rect x="{left}" y="{top}" width="{width - left - right}" '
               f'height="{tall}" fill="none" stroke="#999"/>')
        yield text((left + width - right) / 2, top + tall + 36, units[0], 12, 'middle')
        yield text(18, top + tall / 2, units[1], 12, 'middle',
                   f'transform="rotate(-90 18 {top + tall / 2})"')
        for i, (name, colour, dashes, points) in enumerate(lines):
            stroke = f'stroke-width="2.2" stroke-dasharray="{dashes}"'
            yield (f'<polyline fill="none" stroke="{colour}" {stroke} points="' +
                   ' '.join(f'{across(x):.1f},{up(y):.1f}' for x, y in points) + '"/>')
            yield from (f'<circle cx="{across(x):.1f}" cy="{up(y):.1f}" r="2.8" '
                        f'fill="{colour}"/>' for x, y in points)
            y = top + 14 + 22 * i
            yield line(width - right + 14, y - 4, width - right + 44, y - 4, colour, stroke)
            yield text(width - right + 50, y, name, 11.5)

    return whole(width, height, title, parts(), foot)

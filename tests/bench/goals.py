#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""The figures that zcopy is to reach, and how far measured rows are from them."""

KERNELS = ('6.1', '6.12', '7.2')
SIZES = ('512', '1k', '2k', '4k', '8k', '16k', '32k', '64k')
LARGER = ('16k', '32k', '64k')
# Each of them sends a small response with a file by its own system calls.
RIVALS = ('pread_writev', 'mmap_writev', 'more_sendfile')
TOTAL, SENDER, SENDING = 'ns_per_kib_total', 'ns_per_kib_sender', 'ns_per_kib_sending'


def by_name(rows):
    return {(r['case'], r['method']): r for r in rows}


def kernels(total, sender=None):
    """The same limit for each kernel."""
    return {k: (total,) if sender is None else (total, sender) for k in KERNELS}


class Ratio:
    """A ratio of two rows.  Instead of one method there can be several: the cheapest.
    @limits has for each kernel one limit for each of @figures."""

    def __init__(self, title, above, below, how, limits, figures=(TOTAL, SENDER),
                 judged=True):
        self.title, self.judged, self.how = title, judged, how
        self.above, self.below = above, below
        self.limits, self.figures = limits, figures

    def measured(self, have, kernel):
        """None if it was not measured, else whether it is reached, and in words."""
        if kernel not in self.limits:
            return None
        good, words = True, []
        for figure, limit in zip(self.figures, self.limits[kernel]):
            rows = [cheapest(have, names, figure) for names in (self.above, self.below)]
            if None in rows:
                return None
            got = rows[0][figure] / rows[1][figure]
            over = limit / got if self.how == 'least' else got / limit
            good = good and over <= 1
            words.append(f'{got:.2f} (at {self.how} {limit:.2f}' +
                         (f', missed by {100 * (over - 1):.0f} %)' if over > 1 else ')'))
        text = '   '.join(words)
        if not isinstance(self.below[1], str):
            text += f'   beside {rows[1]["method"]}'
        return good, text


class Flat:
    """Rows that differ in one number: the largest ratio of worst to best."""

    def __init__(self, title, names, limits, judged=True):
        self.title, self.judged = title, judged
        self.names, self.limits = names, limits

    def measured(self, have, kernel):
        """As Ratio.measured()."""
        if any(n not in have for n in self.names) or kernel not in self.limits:
            return None
        each = [have[n][TOTAL] for n in self.names]
        got, most = max(each) / min(each), self.limits[kernel][0]
        text = (f'{got:.2f} (at most {most:.2f}' +
                (f', missed by {100 * (got / most - 1):.0f} %' if got > most else '') +
                ')   of ' + ' '.join(f'{e:.0f}' for e in each) + ' per KiB')
        if self.names[0][1] == 'uring_splice':
            # If a user has many pipes, new ones are small.
            text += ', through pipes of ' + ' '.join(
                str(have[n]['least_pipe'] // 1024) for n in self.names) + ' KiB at least'
        return got <= most, text


def cheapest(have, names, figure):
    """The row with the least of a figure; None if one of them was not measured."""
    case, methods = names
    rows = [have.get((case, m)) for m in ([methods] if isinstance(methods, str)
                                          else methods)]
    return None if None in rows else min(rows, key=lambda r: r[figure])


BULK = [
    Ratio('16 MiB, 4 KiB folios: sendfile / zcopy',
          ('bulk-4k', 'sendfile'), ('bulk-4k', 'zcopy'), 'least',
          {'6.1': (2.5, 3.0), '6.12': (2.3, 2.7), '7.2': (1.6, 2.2)}),
    Ratio('16 MiB, huge folios: sendfile / zcopy',
          ('bulk-huge', 'sendfile'), ('bulk-huge', 'zcopy'), 'least',
          {'6.1': (3.1, 4.3), '6.12': (2.9, 3.8), '7.2': (1.9, 2.6)}),
    Ratio('16 MiB, huge folios: zcopy / floor',
          ('bulk-huge', 'zcopy'), ('bulk-huge', 'floor'), 'most',
          {'6.1': (1.03,), '6.12': (0.85,), '7.2': (0.75,)}),
    Ratio('16 MiB, 4 KiB folios: read + write / zcopy',
          ('bulk-4k', 'read_write'), ('bulk-4k', 'zcopy'), 'least',
          {'6.1': (5.0,), '6.12': (4.5,), '7.2': (5.0,)}),
    Ratio('16 MiB, 4 KiB folios: io_uring splice chain / zcopy, sender with its workers',
          ('bulk-4k', 'uring_splice'), ('bulk-4k', 'zcopy'), 'least',
          {'6.1': (2.5,), '6.12': (2.2,), '7.2': (2.2,)}, (SENDER,)),
    # The CPU time of the kernel's threads, which may work for zcopy, is no process's.
    Ratio('1 MiB, one ring: io_uring splice chain / zcopy, all but the receiver',
          ('uring', 'uring_splice'), ('uring', 'uring_zcopy'), 'least',
          {'6.1': (2.5,), '6.12': (2.2,), '7.2': (2.2,)}, (SENDING,), judged=False),
    Ratio('16 MiB: unmodified sendfile program, without / with the interposer',
          ('interposed', 'sendfile'), ('interposed', 'interposed'), 'least',
          {'6.1': (2.3,), '6.12': (2.3,), '7.2': (1.6,)}),
]

# Small responses, of the sender; in a stream they are told, because there they jump
# between regimes.  The time of zcopy's own threads, which send large batches, is only in
# the figure of the whole machine.
SMALL = [
    Ratio(f'header + {size}: zcopy / the cheapest of {", ".join(RIVALS)}',
          (f'lockstep-{size}', 'zcopy'), (f'lockstep-{size}', RIVALS), 'most',
          kernels(0.8 if size in LARGER else 1.0), (SENDER,))
    for size in SIZES
] + [
    Ratio(f'header + {size}, in a stream: zcopy / the cheapest of them',
          (f'stream-{size}', 'zcopy'), (f'stream-{size}', RIVALS), 'most',
          kernels(0.8 if size in LARGER else 1.0), (SENDER,), judged=False)
    for size in SIZES
] + [
    Ratio(f'header + {size}: zcopy / floor, a send of ready bytes',
          (f'lockstep-{size}', 'zcopy'), (f'lockstep-{size}', 'floor'), 'most',
          kernels(1.15), (SENDER,))
    for size in SIZES
] + [
    Ratio('header + 4k: zcopy, 16 in a batch / the cheapest of them, one each',
          ('lockstep-4k', 'zcopy_batch'), ('lockstep-4k', RIVALS), 'most',
          kernels(0.5), (SENDER,)),
    Ratio('header + 4k: zcopy, 16 in a list / the cheapest of them, one each',
          ('lockstep-4k', 'zcopy_16'), ('lockstep-4k', RIVALS), 'most',
          kernels(0.5), (SENDER,), judged=False),
] + [
    Ratio(f'sendfile of {size}: with / without the interposer',
          (f'call-{size}', 'interposed'), (f'call-{size}', 'sendfile'), 'most',
          kernels(1.0), (SENDER,))
    for size in SIZES[:-1]
]

CONNECTIONS = [f'uring-conns-{n}' for n in (1, 64, 1024, 4096)]
LIVE = [f'live-{n}' for n in (1, 100, 10000)]
# Within 5 % of what is between best and worst
WITHIN_5 = 1.05 / 0.95
FLAT = [
    Flat('huge folios, 1 MiB, 64 MiB and 4 GiB: zcopy, worst / best: within 5 %',
         [(c, 'zcopy') for c in ('flat-1m', 'flat-64m', 'flat-4g')],
         {k: (WITHIN_5,) for k in ('6.1', '6.12')}),
    Flat('the same',
         [(c, 'zcopy') for c in ('flat-1m', 'flat-64m', 'flat-4g')],
         {'7.2': (WITHIN_5,)}, judged=False),
    Flat('64 KiB while 1, 100, 10,000 transfers are live: zcopy, one call',
         [(c, 'zcopy') for c in LIVE], kernels(WITHIN_5)),
    Flat('the same, started and waited for by number',
         [(c, 'zcopy_wait') for c in LIVE], kernels(WITHIN_5)),
    Flat('64 KiB to each of 1 to 4,096 connections, one ring: zcopy, worst / best',
         [(c, 'uring_zcopy') for c in CONNECTIONS], kernels(1.5)),
    Flat('the same for zcopy, 64 to 4,096: within 10 %',
         [(c, 'uring_zcopy') for c in CONNECTIONS[1:]], kernels(1.22)),
    Flat('the same for splice chains, 1 to 4,096',
         [(c, 'uring_splice') for c in CONNECTIONS], kernels(1.5), judged=False),
]

GOALS = BULK + SMALL + FLAT

# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The counters as the module's tables have them, and what zcctl makes of them for
Prometheus."""
import re

from nlrec import Recording
from replay import zcctl


def counters():
    """Name and help of each counter, from the tables of the module."""
    stats = re.findall(r'X\((\w+), "([^"]*)"\)', open("kmod/stats.h").read())
    rejects = re.findall(r'X\((\w+), E\w+,\s*"([^"]*)"\)', open("kmod/reject.h").read())
    return stats + [("reject_" + name, "refused: " + words) for name, words in rejects]


def metrics():
    """Exit code and output of zcctl, for counters with the values 0, 1, 2 and so on."""
    rec = Recording()
    rec.answer("stats", {"counter": [
        {"name": name, "value": i, "help": words}
        for i, (name, words) in enumerate(counters())]})
    return zcctl(rec, "stats", "--prometheus")[:2]

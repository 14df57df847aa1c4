#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The benchmark judges ratios of rows, also to the cheapest of several rivals, and says by
how much a figure is missed; its table has the same figures."""
import sys
from xml.etree import ElementTree

sys.path.insert(0, "tests/bench")
# pylint: disable=wrong-import-position
import plot
import table
from goals import RIVALS, SENDER, SIZES, SMALL, Flat, Ratio, by_name
from ktap import done, ok


def row(case, method, total, sender):
    return {"case": case, "method": method, "rounds": 9, "spread_total": 1.25,
            "spread_sender": 0.5, "ns_per_kib_total": total, "ns_per_kib_sender": sender,
            "ns_per_response_total": 10 * total, "ns_per_response_sender": 10 * sender}


HAVE = by_name([row("c", "a", 30, 20), row("c", "b", 10, 20), row("c", "d", 40, 10)])

least = Ratio("t", ("c", "a"), ("c", "b"), "least", {"6.1": (3.0, 1.25)})
good, text = least.measured(HAVE, "6.1")
ok(not good and text == "3.00 (at least 3.00)   1.00 (at least 1.25, missed by 25 %)",
   "both figures are judged, each with its limit", text)
ok(least.measured(HAVE, "7.2") is None, "a kernel without a limit is not judged")
ok(Ratio("t", ("c", "a"), ("c", "x"), "least", {"6.1": (1,)}).measured(HAVE, "6.1") is None,
   "a row that is not there is not judged")
most = Ratio("t", ("c", "a"), ("c", ("b", "d")), "most", {"6.1": (1.0,)}, (SENDER,))
good, text = most.measured(HAVE, "6.1")
ok(not good and text == "2.00 (at most 1.00, missed by 100 %)   beside d",
   "the cheapest of several rivals counts", text)
ok(most.measured(by_name([row("c", "a", 1, 1), row("c", "b", 1, 1)]), "6.1") is None,
   "but only if all of them are there")
flat = Flat("t", [("c", "a"), ("c", "b")], {"6.1": (2.0,)})
good, text = flat.measured(HAVE, "6.1")
ok(not good and "3.00 (at most 2.00, missed by 50 %)" in text, "worst to best", text)

ok(all((f"lockstep-{s}", RIVALS) in [g.below for g in SMALL] for s in SIZES),
   "a small response of each size is compared with its rivals")
ok({g.limits["7.2"] for g in SMALL if g.title.startswith("header + 16k:")} ==
   {(0.8,), (1.15,)}, "and needs to be cheaper from 16 KiB on")

lines = list(table.table(by_name([row("lockstep-1k", m, 20, 10) for m in RIVALS] +
                                 [row("lockstep-1k", "zcopy", 20, 15)]),
                         "6.12", "lockstep", "sender"))
ok("| mmap + writev |  | 100 (0.5 %) |" in "\n".join(lines),
   "the table has median and spread", "\n".join(lines))
drawn = ElementTree.fromstring("\n".join(plot.draw(
    {"ruler": {"machine": "<m>", "kernels": ["6.12"]},
     "rows": [dict(row(f"lockstep-{s}", m, 20, 10), name="6.12")
              for s in SIZES for m in RIVALS]}, "lockstep")))
ok([len(line.get("points").split()) for line in drawn.iter() if line.get("points")] ==
   [len(SIZES)] * 2 * len(RIVALS), "the plot has a point for each size, in two panels")
ok("first three |  | 1.50 |" in "\n".join(lines), "and the ratio", "\n".join(lines))
done()

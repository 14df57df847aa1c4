#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""A summary of figures joins what three passes and the plugin say of a row, and what is not
measured is left out."""
import json
import os
import sys
import tempfile

sys.path.insert(0, "tests/figures")
# pylint: disable=wrong-import-position
import join
import page
import pictures
import svg
from ktap import done, ok
from said import SIZES, WAYS

KINDS = (("veth", True, False), ("veth", True, True), ("veth", False, False),
         ("vmxnet3", True, True))
RULER = {"machine": "m", "caches": "c", "clock": "t", "string_copies": "s",
         "connection": "n"}


def row(way, kind, **more):
    return {"kernel": "6.99", "way": way, "device": kind[0], "gather": kind[1],
            "cold": kind[2], "bytes": 8192, **more}


def passes(way, kind, mark):
    if kind[0] == "veth":
        yield row(way, kind, **{"pass": "time"}, rounds=3, ns_total=9, ns_sender=80,
                  ns_busy=160, ns_map=5, ns_unmap=7)
    yield row(way, kind, **{"pass": "count"}, syscalls=3, faults_user=2, faults_kernel=4,
              tlb_flushes=-1, switches_machine=9, faults_minor=5, faults_major=1,
              switches_own=1, switches_forced=2, block_bytes=8192 * kind[2],
              net_bytes=8400, referenced_bytes=8192)
    yield row(way, kind, **{"pass": "plugin"}, mark=mark)


def seen(mark):
    return {"row": mark, "content_stored": 16384, "content_loaded": 24576,
            "last_misses": 64, "write_backs": 64, "l1_misses": 256}


def put(directory, name, what):
    os.makedirs(os.path.dirname(os.path.join(directory, name)), exist_ok=True)
    with open(os.path.join(directory, name), "w", encoding="utf-8") as f:
        json.dump(what, f)


with tempfile.TemporaryDirectory() as d:
    rows = [r for i, way in enumerate(WAYS) for n, kind in enumerate(KINDS)
            for r in passes(way, kind, len(KINDS) * i + n + 1)]
    put(d, "copies/copies.json", rows)
    put(d, "copies/plugin.json", {"caches": "c", "line_bytes": 64,
                                  "rows": [seen(i + 1)
                                           for i in range(len(KINDS) * len(WAYS))]})
    kernel, caches, have = join.copies(d)
    one = have[1]
    ok(kernel == "6.99" and caches == "c" and len(have) == len(KINDS) * len(WAYS),
       "every row is there once")
    ok((one["cpu_copies"], one["cpu_reads"], one["traffic"]) == (2, 3, 1),
       "copies and traffic are in bytes of the file", one)
    ok(one["crossings"] == 10 and one["faults"] == 6 and one["pages_referenced"] == 2 and
       one["tlb_flushes"] is None, "events are counted, or not known", one)
    ok((one["block_copies"], one["net_copies"]) == (1, 1.03) and
       one["sender_per_kib"] == 10, "devices, and time", one)

    ok("sender_per_kib" not in have[3] and have[3]["cpu_copies"] == 2,
       "cards have no time, only counts", have[3])

    put(d, "sizes/kallsyms", "")
    put(d, "sizes/sizes.json", [
        {"kernel": "6.99", "way": w, "bytes": mb * 10**6, "rounds": 1, "ns_total": mb * ns,
         "ns_sender": 1} for mb in SIZES[:2]
        for w, ns in ((pictures.TRADITIONAL, 3e6), ("sendfile", 2e6),
                      ("zcopy_send", 1e6))])
    whole = {"name": "6.12", "kernel": kernel, "ruler": RULER, "copies": have,
             "sizes": join.sizes(d, ["sizes"])[1]}
    text = "\n".join(page.page([whole]))
    ok("| **2.00** / 2.03 / 10 | **2.00** / 1.03 / 10 |" in text, "the table of copies")
    ok("| 2 / 2 | **2.00** / 2.03 |  |  |  |" in text, "the table of cards")
    ok("| 2.6 × | 63.0 ms | 42.0 ms (1.5 ×) | 21.0 ms (3.0 ×) |" in text and
       "| 1000 | 18,399 / 8,537 ms | 2.2 × |  |  |  |" in text,
       "the table of 2008 has what was measured", text)
    ok("of more than 21 MB were left out" in text and
       "largest file (21 MB) takes the traditional program\n  3.0 times" in text,
       "and the page says what was not", text)
    pictures.draw(whole, d)
    with open(os.path.join(d, "copies.svg"), encoding="utf-8") as f:
        drawn = f.read()
    ok("Linux 6.99; t" in drawn and "simulated caches: c" in drawn,
       "a picture names kernel and ruler")
    sizes = whole.pop("sizes")
    text = "\n".join(page.page([whole]))
    ok("not in these summaries" in text and "largest file" not in text and
       "moves\n  1.00" in text,
       "a table may be missing, and what is said of it", text)
    whole["copies"] = [r for r in have if r["device"] == "veth"]
    ok("network card**" not in "\n".join(page.page([whole])), "cards may be missing")
    del whole["copies"]
    whole["sizes"] = sizes
    ok("6.12, warm" not in "\n".join(page.page([whole])), "so may the other")
ok(svg.steps(3.2) == [0, 1, 2, 3] and svg.steps(0.9)[1] == 0.2 and
   [round(p, 3) for p in svg.powers(3, 60)] == [5, 10, 20, 50], "axes have round numbers")
done()

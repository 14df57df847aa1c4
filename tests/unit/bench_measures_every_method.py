#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""zcctl bench measures every method over loopback, each byte arriving, with no
module; what it cannot measure it says."""
import html.parser
import json
import os
import re
import subprocess
import tempfile

import schema
from ktap import done, ok

ZCCTL = os.environ.get("ZCCTL", "build/user/zcctl")
METHODS = ["read_write", "mmap_write", "sendfile", "sendfile_gather", "splice",
           "tee", "zcopy"]
LOADED = os.path.exists("/dev/zcopy")


def bench(*words):
    run = subprocess.run([ZCCTL, "bench", "-t", "0.01", *words], text=True,
                         capture_output=True, timeout=100, check=False)
    return run.returncode, run.stdout, run.stderr


code, out, _ = bench("-j", "200+4K", "100000")
rows = json.loads(out)
ok(code == 0 and not schema.check(rows, "bench"), "fits its schema",
   schema.check(rows, "bench"))
ok([r["method"] for r in rows] == METHODS * 2, "every method in every case", out)
measured = [r for r in rows if not r["skipped"]]
ok(len(measured) >= 11 and all(
    r["bytes"] == r["responses"] * (r["header_bytes"] + r["file_bytes"]) > 0 and
    r["responses"] >= 2 and r["bytes_per_second"] > 0 and r["duration_ns"] > 0 and
    r["sender_cpu_ns_per_gb"] > 0 and not r["errno"] for r in measured),
   "figures of all that was measured", out)
ok([r["header_bytes"] for r in rows[::7]] == [200, 0] and
   [r["file_bytes"] for r in rows[::7]] == [4096, 100000], "cases: header and file")
ok(all(bool(r[f"{who}_not_counted"]) != bool(r[f"{who}_instructions"] and
                                             r[f"{who}_cycles"])
       for r in measured for who in ("sender", "machine")),
   "the processor's counters, or why there are none", measured)
ok("header" in rows[10]["skipped"] and not rows[3]["skipped"],
   "gathering needs a header")
if not LOADED:
    ok(rows[6]["skipped"] == "the module is not loaded" and
       rows[6]["bytes_per_second"] == 0, "without the module that is said", rows[6])
    code, out, _ = bench("-j", "4K", "-m", "zcopy")
    ok(code == 3 and not schema.check(json.loads(out), "error") and
       "the module is not loaded" in out, "zcopy alone without it is exit 3", out)
code, out, _ = bench("4K", "-m", "splice", "-m", "tee")
lines = out.splitlines()
ok(code == 0 and [line.split()[:2] for line in lines[1:3]] ==
   [["4K", "splice"], ["4K", "tee"]], "chosen methods, in words", out)
spread = [re.fullmatch(r"\S+ +\S+ +\S+ +(\S+) +(\S+)-(\S+) +\S+.*", line) for line in lines[1:3]]
ok("LEAST-MOST" in lines[0] and
   all(s and 0 < float(s[2]) <= float(s[3]) and float(s[2]) <= float(s[1]) for s in spread),
   "with the least and the most of the sender's time", out)
ok(all(("CYC/KiB" in lines[0]) != ("were not counted: " in last) or "whole" in last
       for last in lines[3:]) and ("ALL CYC" in lines[0]) == (len(lines) == 3),
   "and in words what was not counted", out)
class Page(html.parser.HTMLParser):
    """What the page has: tags and texts, and anything that it would fetch"""

    def __init__(self, text):
        super().__init__()
        self.tags, self.texts, self.fetched = [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.fetched += [v for k, v in attrs if k in ("src", "href")]

    def handle_data(self, data):
        self.texts.append(data.strip())


with tempfile.TemporaryDirectory() as d:
    code, out, _ = bench("200+4K", "64K", "-m", "sendfile", "-m", "zcopy", "--report",
                         d + "/new")
    with open(d + "/new/zcopy-bench.html", encoding="utf-8") as f:
        page = Page(f.read())
    ok(code == 0 and d + "/new/zcopy-bench.html" in out and
       page.tags.count("svg") == 2 and page.tags.count("h2") == 3 and
       "200+4K" in page.texts and page.texts.count("sendfile") == 4 and
       "lo" in page.texts, "a page with pictures of each case", page.texts)
    ok(not page.fetched and "script" not in page.tags and "link" not in page.tags,
       "that fetches nothing", page.fetched)
    ok(LOADED or page.texts.count("the module is not loaded") == 2,
       "and says what was not measured", page.texts)
    code, out, _ = bench("-j", "4K", "-m", "splice", "--report", "/proc/none")
    ok(code == 1 and not schema.check(json.loads(out), "error") and
       "--report" in json.loads(out)["hint"], "a page that cannot be written", out)
ok(all(0 < r["sender_cpu_ns_per_gb_least"] <= r["sender_cpu_ns_per_gb_most"]
       for r in measured), "least and most of the parts", measured)
code, out, _ = bench("-j", "4K", "--dir", "/nonexistent")
ok(code == 1 and json.loads(out)["errno"] == 2 and "--dir" in json.loads(out)["hint"],
   "a directory that is not there is exit 1", out)
done()

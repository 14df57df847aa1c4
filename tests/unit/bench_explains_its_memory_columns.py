#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Rows of the benchmark get memory traffic and a profile by function from what QEMU's
plugin saw, or they say why there is none."""
import contextlib
import io
import os
import sys
import tempfile

sys.path.insert(0, "tests/bench")
# pylint: disable=wrong-import-position
import observed
from ktap import done, ok

KALLSYMS = """\
ffffffff81000000 T first
ffffffff81000000 T alias
ffffffff81000040 t second
ffffffff81000050 d data
ffffffff81000060 T skb_clone
ffffffffc0000000 t third\t[zcopy]
"""
PLUGIN = """{"caches": "small and large", "line_bytes": 64, "rows": [
{"row": 1, "rounds": 2, "accesses": 999, "l1_misses": 64, "last_misses": 32,
 "write_backs": 32, "user": 128, "not_counted_by_address": 0, "blocks": [
 ["ffffffff81000010", 4, 4], ["ffffffff81000050", 40, 8], ["ffffffff81000060", 24, 3],
 ["ffffffff81000064", 6, 6], ["ffffffffc0000008", 640, 5], ["ffff888000000000", 2, 2]]}]}"""


def rows():
    return [{"kernel": "k", "case": "c", "method": m, "mark": i, "marked_bytes": 2048,
             "marked_responses": 8, "answers": 4}
            for i, m in ((1, "seen"), (2, "unseen"))]


def printed(call, *args):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        call(*args)
    return out.getvalue()


with tempfile.TemporaryDirectory() as d:
    def put(name, text):
        with open(os.path.join(d, name), "w", encoding="utf-8") as f:
            f.write(text)

    put("no-plugin", "no header\n")
    seen, unseen = rows()
    observed.merge([seen, unseen], d)
    ok(seen["no_plugin"] == unseen["no_plugin"] == "no header" and "profile" not in seen,
       "without the plugin, each row says why", seen)
    out = printed(observed.show_traffic, {"6.12": [seen, unseen]})
    ok("6.12   not measured: no header" in out and "seen" not in out,
       "and so does the table", out)

    put("plugin.json", PLUGIN)
    put("kallsyms", KALLSYMS)
    seen, unseen = rows()
    observed.merge([seen, unseen], d)
    ok(seen["traffic_per_byte"] == 2 and seen["l1_misses_per_kib"] == 32 and
       seen["last_misses_per_kib"] == 16, "traffic is reads and write-backs", seen)
    ok(seen["profile"] == [["third [zcopy]", 320], ["(user space)", 64], ["second", 20],
                           ["skb_clone", 15], ["first", 2], ["(elsewhere)", 1]] and
       seen["instructions_per_kib"] == 422, "instructions by function", seen)
    ok(seen["packets_per_response"] == 0.5 and "waits_per_response" not in seen,
       "calls of a function, without the receiver's answers, if the kernel has it", seen)
    ok("no mark" in unseen["no_plugin"], "a row without a mark says so", unseen)
    out = printed(observed.show_traffic, {"6.12": [seen, unseen]})
    ok("small and large" in out and "2.00   32.00   16.00" in out, "the table", out)
    out = printed(observed.show_calls, {"6.12": [seen, unseen]})
    ok("    seen                        0.50\n" in out and "unseen" not in out,
       "the table of packets", out)
    out = printed(observed.show, {**seen, "ns_per_response": 5})
    ok("422 instructions per KiB, 5 ns per response" in out and
       "320.0  75.8 %  third [zcopy]" in out, "the profile", out)
done()

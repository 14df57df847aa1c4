#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The benchmark's baseline fails on what got dearer by more than three percent, says what
is not guarded and why, and tells zcopy's growth from a ruler that moved."""
import contextlib
import io
import os
import sys
import tempfile

sys.path.insert(0, "tests/bench")
# pylint: disable=wrong-import-position
import check
from ktap import done, ok


def whole(zcopy, floor=100.0, release="6.12.1", spread=1.0):
    rows = [{"kernel": release, "case": "lockstep-1k", "method": m, "spread_total": 9.0,
             "spread_sender": spread, "ns_per_kib_total": 1.0, "ns_per_kib_sender": v}
            for m, v in (("zcopy", zcopy), ("floor", floor))]
    return {"cpu": "c", "erms": False, "fsrm": False, "rows": rows}


def checked(now):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        good = check.check("6.12", check.load(check.stored("6.12")), now)
    return good, out.getvalue()


with tempfile.TemporaryDirectory() as d:
    check.DIRECTORY = os.path.join(d, "baseline")
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        check.store("6.12", whole(200.0))
    base = check.load(check.stored("6.12"))
    ok(base["guarded"] == {"lockstep-1k zcopy": {"sender": 200.0},
                           "lockstep-1k floor": {"sender": 100.0}},
       "steady figures are stored", base)
    ok(base["not_guarded"]["lockstep-1k zcopy"] == {"total": "spreads by 9.0 %"} and
       "lockstep-1k zcopy (total spreads by 9.0 %)" in said.getvalue(),
       "and why others are not guarded", said.getvalue())
    good, out = checked(whole(205.9))
    ok(good and "DEARER" not in out, "within three percent is good", out)
    good, out = checked(whole(206.1))
    ok(not good and "DEARER       lockstep-1k zcopy, sender: 200.0 -> 206.1, +3.0 %" in out,
       "more is not", out)
    good, out = checked(whole(150.0))
    ok(good and "cheaper" in out, "a gain is told", out)
    good, out = checked(whole(230.0, 115.0, "6.12.2"))
    ok(not good and "RULER MOVED  lockstep-1k floor" in out and
       "the kernel is 6.12.2 now" in out, "and so is a ruler that moved", out)
    now = whole(200.0)
    del now["rows"][0]
    good, out = checked(now)
    ok(not good and "lockstep-1k zcopy, sender: not measured" in out,
       "a row that is gone is no success", out)
done()

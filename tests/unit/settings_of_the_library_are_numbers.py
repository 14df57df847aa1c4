#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""ZCOPY_SENDFILE_LEAST counts only if it is a number; else the default does, and
zcctl run says so."""
import json
import os
import subprocess
import sys
import tempfile

from ktap import done, ok

ZCCTL = os.path.abspath(os.environ.get("ZCCTL", "build/user/zcctl"))
work = tempfile.TemporaryDirectory()
REPORT = os.path.join(work.name, "report")
# Two calls, for fewer and for more bytes than the default
PROGRAM = """
import os
a, b = os.memfd_create("a"), os.memfd_create("b")
os.write(a, bytes(40000))
assert os.sendfile(b, a, 0, 1000) == 1000
assert os.sendfile(b, a, 0, 40000) == 40000
"""


def few(least):
    """How many of the two calls were for too few bytes, and what was said"""
    ended = subprocess.run([ZCCTL, "run", "-r", REPORT, "--", sys.executable, "-c", PROGRAM],
                           env=dict(os.environ, ZCOPY_SENDFILE_LEAST=least),
                           capture_output=True, text=True, check=False, timeout=60)
    with open(REPORT) as file:
        line = json.loads(file.readline())
    return line["passed"].get("too_small", 0), ended.stderr


for least, want in (("0", 0), ("1000", 0), ("1001", 1), ("40001", 2),
                    (str((1 << 63) - 1), 2)):
    got, err = few(least)
    ok(got == want and "LEAST" not in err, f"{least} is a number", f"{got} {err}")
for least in ("", "x", "64K", "-1", " 5", "0x10", "1e3", str(1 << 63), str(1 << 64),
              "18446744073709551617"):
    got, err = few(least)
    ok(got == 1, f"'{least}' is none: the default counts", got)
    ok("ZCOPY_SENDFILE_LEAST" in err and "no number" in err, f"'{least}': and is told", err)
done()

# SPDX-License-Identifier: GPL-2.0 OR MIT
"""KTAP for tests in Python: ok(), skip(), done()."""
import sys

_count = _failed = 0


def ok(cond, name, note=""):
    global _count, _failed
    _count += 1
    _failed += not cond
    print(f"{'' if cond else 'not '}ok {_count} - {name}")
    if not cond and note:
        print("\n".join(f"# {line}" for line in str(note).splitlines()))
    return bool(cond)


def skip(why):
    global _count
    _count += 1
    print(f"ok {_count} # SKIP {why}")


def done():
    print(f"1..{_count}")
    sys.exit(1 if _failed or not _count else 0)

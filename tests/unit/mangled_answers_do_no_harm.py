#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Answers with random bytes changed, cut or doubled never crash or hang zcctl,
and what it prints with -j stays JSON.  ROUNDS=N tries more of them."""
import json
import os
import random
import subprocess
import tempfile

from ktap import done, ok
from nlrec import Recording

ZCCTL = os.environ.get("ZCCTL", "build/user/zcctl")
ROUNDS = int(os.environ.get("ROUNDS", "40"))
SEED = int(os.environ.get("SEED", "1"))


def recordings():
    transfer = {"id": 42, "status": 10, "bytes": 7, "bytes-asked": 9,
                "copied": b"\1" * 64, "comm": "httpd", "file": "/srv/a",
                "local": b"\2\0\0\x50\x7f\0\0\1" + b"\0" * 8,
                "peer": b"\x0a\0\0\x50" + b"\0" * 24}
    rec = Recording()
    rec.dump("get", [{"transfer": transfer}] * 3)
    yield "list", rec.data
    rec = Recording()
    rec.answer("get", {"transfer": transfer})
    yield "show 42", rec.data
    rec = Recording()
    rec.answer("get", {"transfer": dict(transfer, **{
        "turn-ns": 1 << 40, "turn-in": "reading", "worker": 3, "netns": 7})})
    yield "show -A 42", rec.data
    rec = Recording()
    rec.answer("stats", {"counter": [{"name": "a_b", "value": 3, "help": "x"}] * 3})
    yield "stats", rec.data
    rec = Recording()
    rec.answer("query", {"query": {"features": 1, "max-elems": 2, "version": "1"}})
    rec.answer("limits-get", {"limit": [{"name": "references", "value": 1}]})
    yield "features", rec.data
    rec = Recording()
    rec.answer("limits-get", {"limit": [
        {"name": "a_b", "value": 3, "used": 1, "help": "x"}] * 3})
    yield "limits", rec.data
    rec = Recording()
    for _ in range(3):
        rec.dump("get", [{"transfer": transfer}] * 3)
        rec.answer("stats", {"counter": [{"name": "bytes_by_ref", "value": 3}]})
    yield "top -n 3 -d 0.1", rec.data
    rec = Recording()
    rec.event(1, transfer)
    rec.event(4, transfer)
    yield "monitor -q", rec.data
    rec = Recording()
    rec.refuse(22, "a sentence of the kernel")
    yield "cancel 5", rec.data
    rec = Recording()
    rec.answer("cancel", {"count": 3})
    for _ in range(4):
        rec.dump("get", [{"transfer": dict(transfer, **{
            "duration-ns": 1 << 50, "turn-ns": 1 << 40, "turn-in": "reading",
            "worker": 3})}] * 3)
    yield "cancel -a", rec.data


def mangle(data, rng):
    data = bytearray(data)
    for _ in range(rng.randint(1, 4)):
        pos = rng.randrange(len(data))
        what = rng.randrange(4)
        if what == 0:
            data[pos] = rng.randrange(256)
        elif what == 1:
            data[pos] ^= 1 << rng.randrange(8)
        elif what == 2:
            del data[pos:pos + rng.randint(1, 40)]
        else:
            data[pos:pos] = data[pos:pos + rng.randint(1, 40)]
        data = data or bytearray(1)
    return bytes(data)


def fault(words, path):
    """What went wrong with a run, or nothing."""
    try:
        run = subprocess.run([ZCCTL, *words, "-j"], capture_output=True, timeout=20,
                             env=dict(os.environ, ZCCTL_REPLAY=path), check=False)
    except subprocess.TimeoutExpired:
        return "hangs"
    if run.returncode not in (0, 1, 3):
        return f"status {run.returncode}: {run.stderr.decode(errors='replace')}"
    try:
        for line in run.stdout.decode().splitlines():
            json.loads(line)
    except ValueError as err:
        return f"{err}: {run.stdout!r}"
    return ""


rng = random.Random(SEED)
with tempfile.TemporaryDirectory() as work:
    path = os.path.join(work, "rec")
    for verb, data in recordings():
        bad = ""
        for i in range(ROUNDS):
            with open(path, "wb") as out:
                out.write(mangle(data, rng) if i else data)
            bad = fault(verb.split(), path)
            if bad:
                bad = f"round {i} of seed {SEED}: {bad}\n{open(path, 'rb').read().hex()}"
                break
        ok(not bad, f"{verb}: {ROUNDS} mangled answers", bad)
done()

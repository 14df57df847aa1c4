#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""zcctl top on a terminal of a given size, fed with recorded answers: what the
screen shows, how it sorts, how it cancels and sets a rate.  The terminal is
tmux's; without tmux only what is printed without a terminal is looked at."""
import json
import os
import shlex
import shutil
import socket
import struct
import subprocess
import tempfile
import time

import schema
from ktap import done, ok, skip
from nlrec import Recording

ZCCTL = os.path.abspath(os.environ.get("ZCCTL", "build/user/zcctl"))
work = tempfile.TemporaryDirectory()
PATH = os.path.join(work.name, "rec")


def transfer(number, **more):
    values = {
        "id": number, "status": 10, "bytes-asked": 100 << 20,
        "bytes": number << 20, "duration-ns": 1000000000, "uid": 0, "pid": 7,
        "comm": "httpd", "state": 2, "file": f"/srv/file{number}",
        "peer": struct.pack("=H", socket.AF_INET) + struct.pack(">H", 5000 + number) +
        socket.inet_aton("10.0.0.1") + b"\0" * 8,
    }
    values.update({k.replace("_", "-"): v for k, v in more.items()})
    return {"transfer": values}


def counters(rec, by_ref):
    rec.answer("stats", {"counter": [
        {"name": "bytes_by_ref", "value": by_ref, "help": "x"},
        {"name": "transfers_completed", "value": 5}]})


def look(rec, rows, by_ref=1 << 30):
    rec.dump("get", rows)
    counters(rec, by_ref)


def recording():
    rec = Recording()
    look(rec, [transfer(1), transfer(2, state=5, rate=3 << 20),
               transfer(3, state=1), transfer(40, uid=54321)])
    return rec


def run(rec, *words):
    rec.write(PATH)
    got = subprocess.run([ZCCTL, "top", *words], capture_output=True, text=True,
                         env=dict(os.environ, ZCCTL_REPLAY=PATH), timeout=30,
                         stdin=subprocess.DEVNULL, check=False)
    return got.returncode, got.stdout, got.stderr


def check_printed():
    code, out, _ = run(recording(), "-j")
    value = json.loads(out)
    wrong = schema.check(value, "top")
    ok(code == 0 and not wrong, "-j fits its schema", wrong)
    ok(value["live"] == 4 and value["bytes_per_second"] == 46 << 20 and
       value["counters"]["bytes_by_ref"] == 1 << 30 and
       {t["id"] for t in value["transfers"]} == {1, 2, 3, 40}, "-j: values", out)
    code, out, err = run(recording())
    rows = [line.split()[0] for line in out.splitlines()[4:]]
    ok(code == 0 and rows == ["40", "3", "2", "1"] and "no terminal" in err and
       "46.0 MiB/s" in out and "socket 2  rate 1" in out and "3.00 MiB/s" in out,
       "without a terminal: one look, by rate", out + err)
    rec = recording()
    look(rec, [transfer(1, bytes=11 << 20, duration_ns=1500000000)])
    code, out, err = run(rec, "-n", "2", "-d", "0.1", "-s", "id")
    rows = [line.split() for line in out.splitlines() if "10.0.0.1" in line]
    ok(code == 0 and [r[0] for r in rows] == ["1", "2", "3", "40", "1"] and
       "20.0 MiB/s" in " ".join(rows[-1]) and not err,
       "-n: looks, sorted by id, rates since the look before", out)
    rec = Recording()
    look(rec, [])
    ok("no live transfers" in run(rec, "-n", "1")[1], "nothing live is said")


class Screen:
    """zcctl top in a terminal of tmux."""

    def __init__(self, rec, width, height, delay="3600"):
        rec.write(PATH)
        self.sock = tempfile.mktemp(dir=work.name)
        self.tmux("new-session", "-d", "-x", str(width), "-y", str(height),
                  f"ZCCTL_REPLAY={PATH} {shlex.quote(ZCCTL)} top -d {delay}; "
                  "echo left with $?; sleep 60")

    def tmux(self, *words):
        env = {k: v for k, v in os.environ.items() if k != "TMUX"}
        return subprocess.run(["tmux", "-f", "/dev/null", "-S", self.sock, *words],
                              capture_output=True, text=True, timeout=30, env=env,
                              check=False).stdout

    def text(self):
        return self.tmux("capture-pane", "-p")

    def shows(self, words, rows=None):
        """Wait until the words are there, and the rows if given; the screen as it is
        then."""
        for _ in range(300):
            text = self.text()
            if words in text and rows in (None, ids(text)):
                return text
            time.sleep(0.1)
        return text

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def end(self):
        self.keys("q")
        text = self.shows("left with")
        self.tmux("kill-server")
        return text


def ids(text):
    return [line.split()[0] for line in text.splitlines()
            if "10.0.0.1" in line and line.split()[0].isdigit()]


def check_screen():
    rec = recording()
    rec.answer("cancel", {"count": 1})
    rec.refuse(2, "no such transfer")
    rec.answer("set-rate", {})
    screen = Screen(rec, 80, 24)
    text = screen.shows("q quit")
    lines = text.splitlines()
    ok(len(lines) <= 24 and all(len(line) <= 80 for line in lines) and
       lines[0].startswith("zcopy: 4 live, 46.0 MiB/s") and
       "done 5" in lines[2] and "*RATE" in lines[4] and "PEER" in lines[4] and
       "FILE" not in lines[4] and lines[23].startswith("q quit"),
       "80x24: sums, headings, keys", text)
    ok(ids(text) == ["40", "3", "2", "1"], "80x24: by rate", text)
    screen.keys("i")
    text = screen.shows("sorted by ID", ["1", "2", "3", "40"])
    ok(ids(text) == ["1", "2", "3", "40"], "i: by number", text)
    screen.keys("v")
    text = screen.shows("*ID", ["40", "3", "2", "1"])
    ok(ids(text) == ["40", "3", "2", "1"], "v: turned round", text)
    screen.keys(">")
    ok("*STATE" in screen.shows("sorted by STATE"),
       "> goes to the next column that is shown", screen.text())
    screen.keys("i", "v", "Home", "Down", "k")
    ok("cancel transfer 2 to 10.0.0.1:5002? y/n" in screen.shows("y/n"),
       "k asks, with number and peer", screen.text())
    screen.keys("x")
    ok("nothing was cancelled" in screen.shows("nothing was"), "any other key is no")
    screen.keys("k", "y")
    ok("cancelled transfer 2" in screen.shows("cancelled transfer 2"), "y cancels",
       screen.text())
    screen.keys("k", "y")
    ok("cannot cancel transfer 2: no such transfer" in screen.shows("cannot cancel"),
       "a refusal is told in the kernel's words", screen.text())
    screen.keys("End", "l", "9", "q", "BSpace", "M", "Enter")
    ok("transfer 40 is held to 9.00 MiB/s" in screen.shows("is held"),
       "l asks for a rate", screen.text())
    screen.keys("h")
    ok("cancel the selected transfer" in screen.shows("cancel the"), "h helps")
    screen.keys("h")
    screen.tmux("resize-window", "-x", "140", "-y", "30")
    text = screen.shows("/srv/file40", ["1", "2", "3", "40"])
    ok("/srv/file40" in text and "USER" in text and "LIMIT" in text and
       "54321" in text, "wider: user, limit, file", text)
    screen.tmux("resize-window", "-x", "80", "-y", "7")
    text = screen.shows("q quit", ["40"])
    ok(len(ids(text)) == 1, "smaller: as many rows as there is room for", text)
    ok("left with 0" in screen.end(), "q leaves")


def check_looks():
    rec = recording()
    look(rec, [transfer(3, state=1, bytes=13 << 20, duration_ns=2000000000),
               transfer(50)])
    screen = Screen(rec, 100, 24, "0.2")
    text = screen.shows("the recording ends here")
    ok(ids(text) == ["50", "3"] and "10.0 MiB/s" in text and "2 live" in text,
       "a later look: rates since the one before", text)
    ok("left with 0" in screen.end(), "and q leaves")


check_printed()
if shutil.which("tmux"):
    check_screen()
    check_looks()
else:
    skip("the live screen: there is no tmux")
done()

#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""zcctl started without standard input, output or error: nothing else that it opens
takes their place, output that is lost is exit 1, and a program that zcctl runs gets
the same descriptors closed."""
import itertools
import os
import socket
import subprocess
import tempfile
import time

from ktap import done, ok
from nlrec import Recording

ZCCTL = os.path.abspath(os.environ.get("ZCCTL", "build/user/zcctl"))
DATA = bytes(i * 31 >> 3 & 255 for i in range(300000))
LOST = "not all could be written to standard output"
work = tempfile.TemporaryDirectory()
CLOSED = [c for n in range(4) for c in itertools.combinations(range(3), n)]


def closing(closed):
    return lambda: [os.close(fd) for fd in closed]


def start(closed, *words, **more):
    return subprocess.Popen([ZCCTL, *words], stdin=subprocess.DEVNULL,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                            preexec_fn=closing(closed), **more)


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


def connect(port, run):
    until = time.monotonic() + 20
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), 10)
        except ConnectionRefusedError:
            if time.monotonic() > until or run.poll() is not None:
                raise
            time.sleep(0.01)


def exchange(port, run):
    """Send to it; what comes back, or the error's name."""
    try:
        with connect(port, run) as sock:
            sock.sendall(DATA)
            sock.shutdown(socket.SHUT_WR)
            return sock.recv(4096)
    except OSError as err:
        return type(err).__name__


def check_recv(closed, *words):
    port = free_port()
    got = os.path.join(work.name, "got")
    name = f"without {closed}: recv {' '.join(words)}"
    run = start(closed, "recv", "-1", "-o", got, *words, str(port))
    back = exchange(port, run)
    out, err = run.communicate(timeout=20)
    ok(back == b"", f"{name}: the peer gets nothing", back)
    ok(run.returncode == (1 in closed), f"{name}: exit status", run.returncode)
    ok(bool(out) == (1 not in closed), f"{name}: the report", out)
    ok((LOST in err) == (1 in closed and 2 not in closed), f"{name}: what is lost", err)
    ok(os.path.exists(got) and open(got, "rb").read() == DATA,
       f"{name}: the bytes are written")
    if os.path.exists(got):
        os.unlink(got)


def check_recorded(closed, *words):
    rec = Recording()
    rec.dump("get", [{"transfer": {"id": 42}}])
    path = os.path.join(work.name, "rec")
    rec.write(path)
    run = start(closed, *words, env=dict(os.environ, ZCCTL_REPLAY=path))
    out, err = run.communicate(timeout=20)
    name = f"without {closed}: {' '.join(words)}"
    ok(run.returncode == (1 in closed) and bool(out) == (1 not in closed) and
       (LOST in err) == (1 in closed and 2 not in closed), name,
       f"{run.returncode} {out} {err}")


def check_run(closed, *words):
    """A program that writes down which descriptors it has, and ends with 7."""
    seen = os.path.join(work.name, "seen")
    # A shell, because Python may open descriptors of its own.
    program = f"""for fd in 0 1 2; do [ ! -e /proc/$$/fd/$fd ] || has="$has$fd "; done
                  echo "$has" >{seen}; exit 7"""
    want = "".join(f"{fd} " for fd in range(3) if fd not in closed) + "\n"
    run = start(closed, "run", "-q", *words, "--", "sh", "-c", program)
    run.communicate(timeout=20)
    has = open(seen).read() if os.path.exists(seen) else "nothing"
    ok(has == want and run.returncode == 7,
       f"without {closed}: what run {' '.join(words[:1])} hands on",
       f"{run.returncode}: {has}, not {want}")
    if os.path.exists(seen):
        os.unlink(seen)


for without in CLOSED:
    check_recv(without)
    check_recv(without, "-j")
    check_recorded(without, "list")
    check_recorded(without, "list", "-j")
    check_recorded(without, "help")
    check_recorded(without, "--version")
    check_run(without)
    check_run(without, "-r", os.path.join(work.name, "report"))
done()

#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""zcctl run with a report waits for its program: what is sent to zcctl reaches
the program, the terminal's keys reach it once, also if it left zcctl's process
group, it learns that the terminal is gone, and a caller that ignores SIGCHLD gets the
exit status all the same."""
import fcntl
import os
import pty
import signal
import struct
import subprocess
import tempfile
import termios
import time

from ktap import done, ok

ZCCTL = os.path.abspath(os.environ.get("ZCCTL", "build/user/zcctl"))
work = tempfile.TemporaryDirectory()
SEEN = os.path.join(work.name, "seen")
REPORT = os.path.join(work.name, "report")
# Writes down each signal, once it is there to; ends with 5 on SIGTERM.  Its argument says
# which process group it leaves for.
PROGRAM = os.path.join(work.name, "program.py")
with open(PROGRAM, "w") as file:
    file.write(f"""
import os, signal, sys
if sys.argv[1:] == ["session"]:
    os.setsid()
if sys.argv[1:] == ["another"]:
    os.setpgid(0, 0)
out = os.open({SEEN!r}, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
all = [getattr(signal, "SIG" + s) for s in "HUP USR1 USR2 INT QUIT TERM WINCH".split()]
signal.pthread_sigmask(signal.SIG_BLOCK, all)
signal.alarm(60)
os.write(out, b"ready\\n")
while True:
    number = signal.sigwaitinfo(all).si_signo
    os.write(out, signal.Signals(number).name.encode() + b"\\n")
    if number == signal.SIGTERM:
        os._exit(5)
""")
# Two signals may be merged, but not so often.
KEYS = 10
RUN = [ZCCTL, "run", "-q", "-r", REPORT, "--"]


def seen():
    try:
        with open(SEEN) as lines:
            return lines.read().split()
    except FileNotFoundError:
        return []


def saw(name, times=1):
    until = time.monotonic() + 20
    while seen().count(name) < times and time.monotonic() < until:
        time.sleep(0.02)
    return seen().count(name) >= times


def to_zcctl_alone():
    child = subprocess.Popen(RUN + ["python3", PROGRAM], start_new_session=True)
    ok(saw("ready"), "the program runs")
    for name in "SIGHUP SIGUSR1 SIGUSR2 SIGINT SIGQUIT SIGWINCH SIGTERM".split():
        os.kill(child.pid, getattr(signal, name))
        ok(saw(name), f"{name} is handed on", seen())
    ok(child.wait(20) == 5, "and the program's exit status handed back", child.returncode)
    ok(len(seen()) == 8, "each once", seen())


def on_a_terminal(*words):
    os.unlink(SEEN)
    pid, master = pty.fork()
    if not pid:
        os.execv(RUN[0], RUN + ["python3", PROGRAM, *words])
    place = f"on a terminal, {words[0] if words else 'in the same'} group"
    ok(saw("ready"), f"{place}: the program runs")
    return pid, master, place


def ends(pid, place):
    os.kill(pid, signal.SIGTERM)
    _, status = os.waitpid(pid, 0)
    ok(os.WIFEXITED(status) and os.WEXITSTATUS(status) == 5, f"{place}: it ends as told",
       status)


def press(master, name, key):
    for i in range(KEYS):
        if name == "SIGWINCH":
            fcntl.ioctl(master, termios.TIOCSWINSZ, struct.pack("HHHH", 20 + i, 80, 0, 0))
        else:
            os.write(master, key)
        if not saw(name, i + 1):
            break
        time.sleep(0.02)


def from_a_terminal(*words):
    pid, master, place = on_a_terminal(*words)
    for name, key in {"SIGINT": b"\x03", "SIGQUIT": b"\x1c", "SIGWINCH": None}.items():
        press(master, name, key)
        ok(seen().count(name) == KEYS, f"{place}: {name} reaches it, once each", seen())
    os.close(master)
    ok(saw("SIGHUP"), f"{place}: that the terminal is gone reaches it", seen())
    time.sleep(0.1)
    ok(seen().count("SIGHUP") == 1, f"{place}: once", seen())
    ends(pid, place)


def from_who_waits_for_nobody():
    ended = subprocess.run(RUN + ["sh", "-c", "exit 7"], check=False, timeout=20,
                           preexec_fn=lambda: signal.signal(signal.SIGCHLD,
                                                            signal.SIG_IGN))
    ok(ended.returncode == 7, "SIGCHLD ignored: the exit status is the program's",
       ended.returncode)
    ignored = subprocess.run(RUN + ["python3", "-c", "import signal; print("
                                    "signal.getsignal(signal.SIGCHLD).name)"],
                             check=False, timeout=20, stdout=subprocess.PIPE,
                             preexec_fn=lambda: signal.signal(signal.SIGCHLD,
                                                              signal.SIG_IGN))
    ok(ignored.stdout == b"SIG_IGN\n", "and it is ignored by the program still",
       ignored.stdout)


to_zcctl_alone()
from_a_terminal()
from_a_terminal("another")
from_a_terminal("session")
from_who_waits_for_nobody()
done()

#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""zcctl run: where no process called sendfile, the report and standard error say
why, and what can be done: static programs, scripts of such, other architectures,
another C library, set-user-ID programs and those with capabilities, a cleared
environment, daemons, programs that never call.  All of them run as they would."""
import json
import os
import struct
import subprocess
import tempfile
import time

import schema
from ktap import done, ok, skip

ZCCTL = os.path.abspath(os.environ.get("ZCCTL", "build/user/zcctl"))
LIBRARY = os.path.join(os.path.dirname(ZCCTL), "libzcopy-sendfile.so")
work = tempfile.TemporaryDirectory()
DIR = work.name
os.chmod(DIR, 0o755)
REPORT = os.path.join(DIR, "report")
NOBODY = 65534


def path(name):
    return os.path.join(DIR, name)


def build(name, *flags, source="int main(void) { return 5; }"):
    """None where this machine cannot."""
    made = subprocess.run(["gcc", "-x", "c", "-", "-o", path(name), *flags],
                          input=source, text=True, capture_output=True, check=False)
    return None if made.returncode else path(name)


def script(name, first):
    with open(path(name), "w") as file:
        file.write(first + "\n")
    os.chmod(path(name), 0o755)
    return path(name)


def run(*words, options=(), **more):
    ended = subprocess.run([ZCCTL, "run", "-r", REPORT, *options, "--", *words],
                           capture_output=True, text=True, check=False, timeout=60,
                           **more)
    with open(REPORT) as file:
        lines = [json.loads(line) for line in file]
    for line in lines:
        wrong = schema.check(line, "run")
        if wrong:
            ok(False, "the line fits its schema", "\n".join(wrong))
    return ended, lines


def check(name, words, why, says, status=5, **more):
    if words[0] is None:
        skip(f"{name}: cannot be built here")
        return
    ended, lines = run(*words, **more)
    ok(ended.returncode == status, f"{name}: it runs as it would",
       f"{ended.returncode} {ended.stderr}")
    ok([line.get("why") for line in lines] == [why], f"{name}: the report says why", lines)
    ok(lines and says in lines[0].get("text", ""), f"{name}: in words", lines)
    ok(says in ended.stderr, f"{name}: to the user, too", ended.stderr)
    ended, _ = run(*words, options=["-q"], **more)
    ok(says not in ended.stderr, f"{name}: unless that was not asked for", ended.stderr)


fits = build("fits")
static = build("static", "-static")
check("no call", [fits], "no_call", "called no sendfile")
check("static", [static], "static", "linked statically")
check("static, anywhere in memory", [build("pie", "-static-pie")], "static",
      "linked statically")
check("found by its name", ["static"], "static", "linked statically",
      env=dict(os.environ, PATH=f"/nowhere:{DIR}:{os.environ['PATH']}"))
if static:
    check("a script of a static program", [script("one", f"#! {static} -x")], "static",
          static)
    check("a script of a script", [script("two", f"#!{path('one')}")], "static", static)
check("a script of one that fits", [script("three", f"#!{fits}")], "no_call",
      "called no sendfile")
check("another architecture", [
    build("other", "-m32", "-nostdlib", "-static", source='__asm__(".globl _start\\n_start: '
          'movl $1, %eax\\nmovl $5, %ebx\\nint $0x80");')],
      "other_architecture", "32 bits")
check("loaded by the loader by name", ["/lib64/ld-linux-x86-64.so.2", fits], "no_call",
      "called no sendfile")

# Glibc's loader by the name of the other: what it is told in its environment shows.
os.symlink("/lib64/ld-linux-x86-64.so.2", path("ld-musl-x86_64.so.1"))
check("musl", [build("musl", f"-Wl,--dynamic-linker={path('ld-musl-x86_64.so.1')}",
                     source="#include <stdlib.h>\nint main(void) { "
                            'return getenv("LD_PRELOAD") ? 6 : 5; }')],
      "other_libc", "musl")

for words in (["env", "-i"], ["env", "-"], ["env", "-u", "LD_PRELOAD"],
              ["env", "-C", "/", "--ignore-environment", "A=b"]):
    check(" ".join(words), words + [fits], "environment", "LD_PRELOAD away")
check("env with its environment", ["env", "A=b", "-i", "true"], "no_call",
      "called no sendfile", status=127)
check("env behind another", ["nice", "env", "-i", fits], "became_another", "ended as fits")
check("a static one behind another", ["nice", static], "became_another", "ended as static")


def is_nosuid():
    return os.statvfs(DIR).f_flag & os.ST_NOSUID


def privileged():
    if os.getuid() or is_nosuid():
        skip("rights of a program: takes root, and a file system with such")
        return
    build("rights")
    os.chown(path("rights"), NOBODY, NOBODY)
    os.chmod(path("rights"), 0o4755)
    check("set-user-ID", [path("rights")], "privileged", "is set-user-ID")
    os.chmod(path("rights"), 0o2755)
    check("set-group-ID", [path("rights")], "privileged", "is set-group-ID")
    check("the same where it changes nothing", ["setpriv", "--no-new-privs", path("rights")],
          "no_call", "called no sendfile")
    os.chown(path("rights"), 0, 0)
    os.chmod(path("rights"), 0o4755)
    check("set to who it is", [path("rights")], "no_call", "called no sendfile")
    os.chmod(path("rights"), 0o755)
    # VFS_CAP_REVISION_2, CAP_NET_RAW permitted and effective
    os.setxattr(path("rights"), "security.capability",
                struct.pack("<5I", 0x02000001, 1 << 13, 0, 0, 0))
    check("capabilities, for root", [path("rights")], "no_call", "called no sendfile")


def for_nobody():
    """The tree may be closed to others: it is copied."""
    global ZCCTL, REPORT
    if os.getuid() or is_nosuid():
        return
    for name in (ZCCTL, LIBRARY):
        subprocess.run(["cp", name, DIR], check=True)
    ZCCTL = path("zcctl")
    os.mkdir(path("theirs"))
    os.chown(path("theirs"), NOBODY, NOBODY)
    REPORT = path("theirs/report")
    check("capabilities", [path("rights")], "privileged", "has capabilities",
          user=NOBODY, group=NOBODY, extra_groups=[])


def watches(pid):
    """Wait until zcctl has a pidfd: its command has ended, and it waits for others."""
    for _ in range(300):
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                if "pidfd" in os.readlink(f"/proc/{pid}/fd/{name}"):
                    return
            except FileNotFoundError:
                pass
        time.sleep(0.1)


def daemons():
    ended, lines = run("sh", "-c", "setsid sleep 50 >/dev/null 2>&1 & exit 5")
    for line in lines:
        if line["running"]:
            os.kill(line["pid"], 9)
    ok(any(line["running"] for line in lines) and ended.returncode == 5,
       "nobody waits for a daemon", ended)
    ok([(line["running"], line.get("why"), line["calls"]) for line in lines] ==
       [(True, "running", 0)], "the report says that it runs on", lines)
    ok("1 of its processes run on" in ended.stderr and "--wait" in ended.stderr,
       "the user is told, too, and what to do", ended.stderr)
    leaves = ["sh", "-c", "setsid sleep 3 >/dev/null 2>&1 & exit 5"]
    before = time.monotonic()
    ended, lines = run(*leaves, options=["--wait"])
    ok(time.monotonic() - before >= 2.5 and ended.returncode == 5,
       "unless it was asked to", ended)
    ok([line["running"] for line in lines] == [False] and "run on" not in ended.stderr,
       "then none runs on", lines)
    with open(path("late.py"), "w") as file:
        file.write("import os, time\n"
                   "if os.fork(): os._exit(0)\n"
                   "os.setsid(); time.sleep(1)\n"
                   "a, b = os.memfd_create('a'), os.memfd_create('b'); os.write(a, b'1')\n"
                   "os.sendfile(b, a, 0, 1)\n")
    _, lines = run("python3", path("late.py"), options=["-w"])
    ok([(line["calls"], line["running"]) for line in lines] == [(1, False)],
       "and what it sent late is in the report", lines)
    child = subprocess.Popen([ZCCTL, "run", "-q", "-w", "-r", REPORT, "--", "sh", "-c",
                              "setsid sleep 60 >/dev/null 2>&1 & exit 5"])
    watches(child.pid)
    child.terminate()
    ok(child.wait(20) == 5, "a signal ends the waiting")
    with open(REPORT) as file:
        lines = [json.loads(line) for line in file]
    ok([line["running"] for line in lines] == [True], "with a report of what runs", lines)
    for line in lines:
        os.kill(line["pid"], 9)


def has_controls(raw):
    """Is there a byte that a terminal obeys, or bad UTF-8?"""
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return True
    return any(ord(c) < 0x20 and c != "\n" or 0x7f <= ord(c) < 0xa0 for c in text)


def odd_names():
    """Names with control characters, C0 and C1, and bytes that are no UTF-8"""
    for odd in (b"\x1b]0;x\x07", b"\xc2\x9b7m", b"\x9b7m", b"\xff\n", b"\x7f"):
        for source in (fits, static):
            if not source:
                continue
            name = os.fsencode(DIR) + b"/" + odd
            subprocess.run(["cp", source, name], check=True)
            report = os.fsencode(DIR) + b"/report " + odd
            ended = subprocess.run([ZCCTL, "run", "-r", report, "--", name],
                                   capture_output=True, check=False, timeout=60)
            ok(ended.returncode == 5 and ended.stderr and not has_controls(ended.stderr),
               f"{odd} {os.path.basename(source)}: no control character on the terminal",
               ended.stderr)
            with open(report, "rb") as file:
                raw = file.read()
            ok(raw and not has_controls(raw) and json.loads(raw),
               f"{odd} {os.path.basename(source)}: nor in the report", raw)
            os.unlink(name)
            os.unlink(report)
        ended = subprocess.run([ZCCTL, "run", "-r", b"/nowhere" + odd, "--", fits],
                               capture_output=True, check=False, timeout=60)
        ok(ended.stderr and not has_controls(ended.stderr),
           f"{odd}: nor if the report cannot be made", ended.stderr)


privileged()
odd_names()
daemons()
ended = subprocess.run([ZCCTL, "run", "-w", "--", "true"], capture_output=True, check=False)
ok(ended.returncode == 2, "--wait without a report is misuse", ended)
for_nobody()
done()

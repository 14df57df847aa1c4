# SPDX-License-Identifier: GPL-2.0 OR MIT
"""For tests of zcctl with recorded netlink answers: run it, look at its JSON, and a
transfer as the kernel tells of it."""
import json
import os
import socket
import struct
import subprocess
import tempfile

import schema
from ktap import ok

ZCCTL = os.environ.get("ZCCTL", "build/user/zcctl")
work = tempfile.TemporaryDirectory()


def zcctl(recording, *words, stdout=subprocess.PIPE):
    """Exit code, standard output, standard error."""
    path = os.path.join(work.name, "rec")
    recording.write(path)
    run = subprocess.run([ZCCTL, *words], stdout=stdout, stderr=subprocess.PIPE,
                         timeout=30, env=dict(os.environ, ZCCTL_REPLAY=path, TZ="UTC"))
    return run.returncode, (run.stdout or b"").decode(), run.stderr.decode()


def as_json(text):
    try:
        return json.loads(text)
    except ValueError as err:
        return {"not json": f"{err}: {text!r}"}


def fits(value, verb, name):
    wrong = schema.check(value, verb)
    return ok(not wrong, name, "\n".join(wrong[:5]))


def transfer(**more):
    values = {
        "id": 42, "cookie": 9, "status": 10, "error": 0,
        "bytes-asked": 4 << 20, "bytes": 1 << 20, "bytes-by-ref": (1 << 20) - 220,
        "bytes-copied": 220, "copied": struct.pack("=8Q", 0, 0, 0, 0, 0, 0, 120, 50),
        "copied-small": 30, "copied-policy": 20,
        "cache-hit-bytes": 1 << 20, "cache-miss-bytes": 0, "socket-waits": 3,
        "disk-waits": 0, "retrans": 1, "queued-ns": 1000, "first-byte-ns": 2000,
        "last-byte-ns": 500000000, "duration-ns": 500000000, "uid": 0, "pid": 77,
        "comm": "httpd", "state": 2, "file": "/srv/a.bin",
        "local": struct.pack("=H", socket.AF_INET) + struct.pack(">H", 80) +
        socket.inet_aton("10.0.0.1") + b"\0" * 8,
        "peer": struct.pack("=H", socket.AF_INET6) + struct.pack(">HI", 5000, 0) +
        socket.inet_pton(socket.AF_INET6, "2001:db8::7") + b"\0" * 4,
        "sink": 0, "rate": 3 << 20, "until": 1, "netns": 4026531840,
    }
    values.update({k.replace("_", "-"): v for k, v in more.items()})
    return values

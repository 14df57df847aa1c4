#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""zcctl recv: bytes, SHA-256, file, discarding, IPv4 and IPv6, many at once."""
import hashlib
import json
import os
import socket
import subprocess
import tempfile

import schema
from ktap import done, ok

ZCCTL = os.environ.get("ZCCTL", "build/user/zcctl")
DATA = bytes(i * 31 >> 3 & 255 for i in range(3 << 20)) + b"tail"
SUM = hashlib.sha256(DATA).hexdigest()


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as sock:
        return sock.getsockname()[1]


class Recv:
    def __init__(self, *words, host=""):
        self.port = free_port()
        self.run = subprocess.Popen(
            [ZCCTL, "recv", *words, f"{host}{self.port}"], text=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.ready = self.run.stderr.readline()

    def send(self, data, host="127.0.0.1"):
        with socket.create_connection((host, self.port), 10) as sock:
            sock.sendall(data)

    def end(self):
        out, err = self.run.communicate(timeout=20)
        return self.run.returncode, out, err


peer = Recv("-1", "-j")
ok(peer.ready == f"listening on {peer.port}\n", "says when it is ready", peer.ready)
peer.send(DATA)
code, out, _ = peer.end()
value = json.loads(out)
ok(not schema.check(value, "recv"), "fits its schema", schema.check(value, "recv"))
ok(code == 0 and value["bytes"] == len(DATA) and value["sha256"] == SUM and
   value["error"] == 0 and value["peer"].startswith("127.0.0.1:"),
   "bytes and hash", out)

if socket.has_ipv6 and os.path.exists("/proc/net/if_inet6"):
    peer = Recv("-1", "-j")
    peer.send(DATA, "::1")
    value = json.loads(peer.end()[1])
    ok(value["sha256"] == SUM and value["peer"].startswith("[::1]:"),
       "one socket serves IPv6 as well", value)

peer = Recv("-1", "--discard", "-j", host="127.0.0.1:")
peer.send(DATA)
value = json.loads(peer.end()[1])
ok(value["bytes"] == len(DATA) and value["sha256"] == "",
   "--discard counts without hashing", value)

with tempfile.TemporaryDirectory() as work:
    peer = Recv("-1", "-o", f"{work}/got")
    peer.send(DATA)
    code, out, _ = peer.end()
    ok(code == 0 and SUM in out and f"{len(DATA)} bytes" in out, "in words", out)
    ok(open(f"{work}/got", "rb").read() == DATA, "-o writes the bytes")
    for words in ([], ["-j"]):
        none = subprocess.Popen([ZCCTL, "recv", "-1", *words, "-o", f"{work}/none/got",
                                 "0"], text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        try:
            out, err = none.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            none.kill()
            out, err = none.communicate()
        ok(none.returncode == 1 and f"cannot write {work}/none/got" in out + err and
           "listening" not in err, f"-o that cannot be written is exit 1 at once {words}",
           f"{none.returncode} {out} {err}")
    peer = Recv("-1", "-o", f"{work}/got")
    ok(os.path.getsize(f"{work}/got") == len(DATA), "-o stays as it is until a peer comes")
    busy = subprocess.run([ZCCTL, "recv", "-1", "-o", f"{work}/got", f"{peer.port}"],
                          capture_output=True, text=True, timeout=20, check=False)
    ok(busy.returncode == 1 and os.path.getsize(f"{work}/got") == len(DATA),
       "or if the port is taken", busy.stderr)
    peer.send(b"anew")
    peer.end()
    ok(open(f"{work}/got", "rb").read() == b"anew", "and is overwritten then")
    os.mkfifo(f"{work}/fifo")
    peer = Recv("-1", "-o", f"{work}/fifo")
    ok(peer.ready.startswith("listening"), "-o: a pipe without a reader yet", peer.ready)
    reader = subprocess.Popen(["cat", f"{work}/fifo"], stdout=subprocess.PIPE)
    peer.send(DATA)
    ok(reader.communicate(timeout=20)[0] == DATA and peer.end()[0] == 0,
       "gets the bytes once it has one")
    peer = Recv("-o", f"{work}/two")
    for data in (b"first", b"2nd"):
        peer.send(data)
        peer.run.stdout.readline()
        ok(open(f"{work}/two", "rb").read() == data, "-o: each connection overwrites", data)
        os.unlink(f"{work}/two")
    peer.run.terminate()
    peer.end()

peer = Recv("-j")
slow = socket.create_connection(("127.0.0.1", peer.port), 10)
slow.send(b"x")
peer.send(DATA)
line = peer.run.stdout.readline()
ok(json.loads(line)["sha256"] == SUM, "a slow connection holds up no other", line)
slow.close()
line = peer.run.stdout.readline()
ok(json.loads(line)["bytes"] == 1, "and is served to its end", line)
busy = subprocess.run([ZCCTL, "recv", "-j", f"127.0.0.1:{peer.port}"],
                      capture_output=True, text=True, timeout=20, check=False)
ok(busy.returncode == 1 and json.loads(busy.stdout)["errno"] == 98,
   "a port that is taken is exit 1", busy.stdout)
peer.run.terminate()
peer.end()

for host, to in (("", "127.0.0.1"), ("127.0.0.1:", "127.0.0.1"), ("[::1]:", "::1")):
    run = subprocess.Popen([ZCCTL, "recv", "-1", f"{host}0"], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    ready = run.stderr.readline().strip()
    told = ready.removeprefix(f"listening on {host}")
    ok(told.isdigit() and int(told) > 0, f"{host}0: the port is told", ready)
    with socket.create_connection((to, int(told)), 10) as sock:
        sock.sendall(b"abc")
    ok("3 bytes" in run.communicate(timeout=20)[0], f"{host}0: and serves")

peer = Recv("-1", "-j")
sock = socket.create_connection(("127.0.0.1", peer.port), 10)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
sock.send(b"abc")
sock.close()
code, out, _ = peer.end()
ok(code == 1 and json.loads(out)["error"] == 104, "a reset is exit 1", out)
done()

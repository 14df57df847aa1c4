#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""What zcctl send makes of recorded answers and events: JSON by its schema, a summary,
and exit codes, to one and to several destinations, with no kernel."""
import socket
import threading

from ktap import done, ok
from nlrec import Recording
from replay import as_json, fits, transfer, zcctl


class Peer:
    """A listening port that takes one connection and reads it to its end."""

    def __enter__(self):
        self.sock = socket.create_server(("127.0.0.1", 0))
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return f"127.0.0.1:{self.sock.getsockname()[1]}"

    def serve(self):
        conn, _ = self.sock.accept()
        while conn.recv(4096):
            pass
        conn.close()

    def __exit__(self, *_):
        self.thread.join()
        self.sock.close()


def send(rec, *words):
    with Peer() as peer:
        return zcctl(rec, "send", *words, "/etc/passwd", peer)


def check_send():
    rec = Recording()
    rec.answer("submit", {"transfer": {"id": 42}})
    rec.event(4, transfer(id=41, status=0))
    rec.event(2, transfer())
    rec.event(4, transfer(status=1, bytes=4 << 20))
    code, out, _ = send(rec, "-j")
    value = as_json(out)
    fits(value, "send", "send: fits its schema")
    ok(code == 0 and value["id"] == 42 and value["status"] == "changed" and
       value["bytes"] == 4 << 20 and value["file"] == "/etc/passwd",
       "send: the completion of this transfer, no other", out)
    early = Recording()
    early.event(4, transfer(id=41, status=3))
    early.event(4, transfer(status=0))
    early.event(4, transfer(id=43, status=3))
    early.answer("submit", {"transfer": {"id": 42}})
    ok(as_json(send(early, "-j")[1]).get("status") == "done",
       "send: a completion that overtakes the answer is not lost")
    code, out, err = send(rec)
    ok(code == 0 and out.startswith("changed: 4.00 MiB to 127.0.0.1:") and
       "memory 120 B, released 50 B, small 30 B" in out and not err, "send: a summary", out + err)
    ok(send(rec, "-q") == (0, "", ""), "send: -q says nothing")
    code, out, _ = send(rec, "--detach")
    ok(code == 0 and out == "42\n", "send: --detach prints the number", out)
    value = as_json(send(rec, "--detach", "-j")[1])
    fits(value, "send", "send: --detach fits the schema")

    rec = Recording()
    rec.answer("submit", {"transfer": {"id": 42}})
    rec.event(4, transfer(status=5, error=32))
    code, out, _ = send(rec, "-j")
    value = as_json(out)
    ok(code == 1 and value["status"] == "socket_error" and value["error"] == 32,
       "send: a socket's failure is exit 1", out)
    code, out, err = send(rec)
    ok(code == 1 and "after 1048576 bytes" in err and "Broken pipe" in err,
       "send: and is told in words", err)

    rec = Recording()
    rec.answer("submit", {"transfer": {"id": 42}})
    code, out, _ = send(rec, "-j")
    ok(code == 1 and "error" in as_json(out), "send: no completion is exit 1", out)

    rec = Recording()
    rec.refuse(95, "the source is a pipe")
    code, out, _ = send(rec, "-j")
    ok(code == 1 and as_json(out)["error"].endswith(": the source is a pipe"),
       "send: a source of a wrong kind is exit 1, with the kernel's sentence", out)


def check_send_offers():
    """What the kernel has not is exit 3, before anybody is connected to."""
    every = (1 << 13) - 1
    for words, name, bit in ((["--until", "acked"], "--until acked", 3),
                             (["--until", "released"], "--until released", 4),
                             (["--end", "shutdown"], "--end shutdown", 9),
                             (["--header", "x"], "header", 1),
                             (["--rate", "1M"], "--rate", 5),
                             (["--deadline", "5"], "--deadline", 6),
                             (["--idle", "0.5"], "--idle", 7),
                             (["--readahead", "1M"], "--readahead", 8),
                             (["--drop-behind"], "--drop-behind", -1),
                             (["127.0.0.1:1"], "more than one destination", 2)):
        # all but the one that is needed
        rec = Recording()
        rec.answer("query", {"query": {
            "features": every & ~(1 << bit if bit >= 0 else 0),
            "send-flags": 127 & ~(2 if bit < 0 else 0), "max-sinks": 64}})
        code, out, _ = zcctl(rec, "send", "-j", "/etc/passwd", "127.0.0.1:1", *words)
        fits(as_json(out), "error", f"send: without {name}: fits its schema")
        ok(code == 3 and f"does not offer {name}" in as_json(out)["error"] or
           code == 3 and name == "header" and "header" in as_json(out)["error"],
           f"send: without {name} exit 3, in words", out)
    rec = Recording()
    rec.answer("query", {"query": {"features": 4, "max-sinks": 2}})
    code, out, _ = zcctl(rec, "send", "-j", "/etc/passwd", *["127.0.0.1:1"] * 3)
    ok(code == 3 and "2 destinations at most, not 3" in as_json(out)["error"],
       "send: more destinations than allowed are exit 3", out)
    rec = Recording()
    rec.answer("query", {"query": {"features": (1 << 13) - 1, "send-flags": 127,
                                   "max-sinks": 64}})
    rec.answer("submit", {"transfer": {"id": 42}})
    rec.event(4, transfer(status=8, error=110))
    code, out, _ = send(rec, "-j", "--rate", "1M", "--deadline", "1.5", "--idle",
                        "300ms", "--readahead", "1M", "--until", "released",
                        "--end", "shutdown", "--drop-behind", "--nowait")
    ok(code == 1 and as_json(out)["status"] == "deadline",
       "send: all options are taken where they are offered", out)


def send_two(rec, *words):
    with Peer() as one, Peer() as two:
        return zcctl(rec, "send", *words, "/etc/passwd", one, two), (one, two)


def fanout():
    rec = Recording()
    rec.answer("query", {"query": {"features": 4, "max-sinks": 64}})
    rec.answer("submit", {"transfer": [{"id": 42}, {"id": 43}]})
    return rec


def check_fanout():
    rec = fanout()
    rec.event(4, transfer(id=43, sink=1, status=0, bytes=4 << 20,
                          duration_ns=900000000))
    rec.event(4, transfer(id=42, sink=0, status=1, bytes=4 << 20))
    (code, out, _), peers = send_two(rec, "-j")
    value = as_json(out)
    fits(value, "send", "fan-out: fits its schema")
    ok(code == 0 and value["id"] == 42 and value["status"] == "changed" and
       value["bytes"] == 8 << 20 and value["duration_ns"] == 900000000 and
       value["copied_reasons"]["memory"] == 240 and
       value["copied_reasons"]["small"] == 60 and
       value["copied_reasons"]["policy"] == 40, "fan-out: sums", out)
    ok([(s["id"], s["peer"], s["status"]) for s in value["sinks"]] ==
       [(42, peers[0], "changed"), (43, peers[1], "done")],
       "fan-out: each destination, in the order given", out)
    (code, out, err), peers = send_two(rec)
    ok(code == 0 and not err and out.splitlines()[1].startswith(
        f"done: 4.00 MiB to {peers[1]} in 900 ms") and
       "changed: 8.00 MiB to 2 destinations in 900 ms" in out,
       "fan-out: in words", out + err)
    (code, out, _), _ = send_two(rec, "--detach")
    ok(code == 0 and out == "42\n43\n", "fan-out: --detach prints both numbers", out)
    (_, out, _), _ = send_two(rec, "--detach", "-j")
    fits(as_json(out), "send", "fan-out: --detach fits the schema")

    rec = fanout()
    rec.event(4, transfer(id=42, status=0, bytes=4 << 20))
    rec.event(4, transfer(id=43, sink=1, status=5, error=104))
    (code, out, err), peers = send_two(rec)
    ok(code == 1 and out.startswith("done:") and
       f"to {peers[1]} ended after 1048576 bytes" in err and peers[0] not in err,
       "fan-out: one that fails is exit 1, and is named", out + err)
    (_, out, _), _ = send_two(rec, "-j")
    ok(as_json(out)["status"] == "socket_error" and as_json(out)["error"] == 104,
       "fan-out: the failure is the status of all", out)


for check in (check_send, check_send_offers, check_fanout):
    check()
done()

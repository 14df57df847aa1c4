# SPDX-License-Identifier: GPL-2.0
"""The kernel's own netlink client submits, lists, cancels and hears of transfers, and does
what else the family has, by the spec alone: ynl.py KERNEL-SOURCE SPEC. The schema of the
kernel's source must allow the spec."""
import errno
import os
import select
import socket
import struct
import sys
import time

sys.path[:0] = ["/tests/lib", sys.argv[1] + "/tools/net/ynl"]
# pylint: disable=import-error,wrong-import-position
from ktap import done, ok
from lib import NlError, YnlFamily

SCHEMA = sys.argv[1] + "/Documentation/netlink/genetlink.yaml"
SIZE = os.stat("big").st_size
STABLE = 4		# of enum zcopy_copy


# The client of Linux 6.12 fails if an event comes between a request and its answer. So
# each submitter, which hears of its transfer's end, asks for nothing else.
def client(schema=""):
    return YnlFamily(sys.argv[2], schema)


def same(got, want, name):
    ok(got == want, name, f"got: {got}\nwant: {want}")


def pair():
    """A socket to send to, and its peer."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname())
        far = listener.accept()[0]
    return near, far


def read_all(sock):
    return b"".join(iter(lambda: sock.recv(1 << 20), b""))


def events(of, number):
    """The events of a transfer until its end, but no longer than 20 seconds."""
    limit = time.monotonic() + 20
    while True:
        of.check_ntf()
        heard = [m["msg"] for m in of.async_msg_queue
                 if m["msg"]["transfer"][0]["id"] == number]
        if heard and heard[-1]["event"] == "completed" or time.monotonic() > limit:
            return heard
        select.select([of.sock], [], [], 1)


def refused(call, *args):
    """The errno and the sentence of a refusal."""
    try:
        return 0, call(*args)
    except NlError as err:
        return err.error, (err.nl_msg.extack or {}).get("msg")


def submit(near, submitter=None, **more):
    values = {"dev": device, "elem": [{"fd": content.fileno()}],
              "sink": [{"fd": near.fileno()}], **more}
    return (submitter or client()).do("submit", values)["transfer"][0]["id"]


def questions():
    with open("/proc/zcopy/stats") as f:
        names = [line.split()[0] for line in f]
    counters = ynl.do("stats", {})["counter"]
    same([c["name"] for c in counters], names, "stats: the counters, in their order")
    ok(all(c["help"] and c["value"] >= 0 for c in counters), "stats: each with its help")
    query = ynl.do("query", {})["query"]
    ok({"by-ref", "lists", "fanout"} <= query["features"] and
       {"stable", "as-read"} <= query["send-flags"] and query["max-sinks"] == 64 and
       query["version"], "query: features and limits", query)
    limits = {x["name"]: x for x in ynl.do("limits-get", {})["limit"]}
    most = limits["max_transfers"]["value"]
    ynl.do("limits-set", {"limit": [{"name": "max_transfers", "value": most - 1},
                                    {"name": "copy_small_bytes", "value": 100}]})
    after = {x["name"]: x["value"] for x in ynl.do("limits-get", {})["limit"]}
    same((after["max_transfers"], after["copy_small_bytes"]), (most - 1, 100),
         "limits-set: both are set")
    ynl.do("limits-set", {"limit": [{"name": n, "value": limits[n]["value"]}
                                    for n in ("max_transfers", "copy_small_bytes")]})


def whole_transfer():
    near, far = pair()
    submitter = client()
    number = submit(near, submitter, elem=[{"data": b"head"}, {"fd": content.fileno()},
                                {"fd": content.fileno(), "off": 1000, "len": 5000}],
                    cookie=77, until="acked", end="shutdown", flags=["stable"])
    with open("big", "rb") as f:
        data = f.read()
    ok(read_all(far) == b"head" + data + data[1000:6000], "submit: the bytes arrive")
    heard = events(listener, number)
    same([e["event"] for e in heard if e["event"] != "progress"],
         ["submitted", "completed"], "events: of a start and an end")
    end = heard[-1]["transfer"][0]
    same([end[k] for k in ("status", "error", "cookie", "until", "bytes", "bytes-asked")],
         ["done", 0, 77, "acked", SIZE + 5004, SIZE + 5004], "events: how it ended")
    same((end["bytes-by-ref"], end["copied"][STABLE]), (0, SIZE + 5000),
         "events: what was copied, and why")
    same([e["event"] for e in events(submitter, number)], ["completed"],
         "events: a submitter hears of the end without joining")


def live_transfer():
    near, far = pair()
    port = struct.pack(">H", near.getpeername()[1])
    number = submit(near, rate=1000)
    listed = [x["transfer"][0] for x in ynl.dump("get", {})]
    same([x["id"] for x in listed], [number], "get: the list has it")
    one = ynl.do("get", {"id": number})["transfer"][0]
    same([one[k] for k in ("status", "pid", "comm", "file", "rate", "bytes-asked", "uid")],
         ["running", os.getpid(), "python3", os.path.realpath("big"), 1000, SIZE, 0],
         "get: what it is")
    ok(one["state"] != "ended" and one["peer"][2:4] == port,
       "get: what it does, and for which peer", one)
    ynl.do("set-rate", {"id": number, "rate": 2000})
    same(ynl.do("get", {"id": number})["transfer"][0]["rate"], 2000, "set-rate")
    same(ynl.do("cancel", {"id": number})["count"], 1, "cancel: one")
    end = events(listener, number)[-1]["transfer"][0]
    ok(end["status"] == "cancelled" and end["bytes"] < SIZE, "events: it was cancelled", end)
    near.close()
    ok(len(read_all(far)) == end["bytes"], "cancel: what went before arrives")
    near, far = pair()
    numbers = [submit(near, rate=1000) for _ in range(3)]
    same(ynl.do("cancel", {"all": True})["count"], 3, "cancel: all")
    same({events(listener, n)[-1]["transfer"][0]["status"] for n in numbers}, {"cancelled"},
         "events: all were cancelled")
    same(ynl.dump("get", {}) or [], [], "get: the list is empty")


def refusals():
    near, _ = pair()
    same(refused(ynl.do, "submit", {"sink": [{"fd": near.fileno()}]}),
         (errno.EINVAL, "no descriptor of /dev/zcopy given"), "refusals: no device")
    same(refused(ynl.do, "submit", {"dev": content.fileno()}),
         (errno.EACCES, "the descriptor given is not an open /dev/zcopy"),
         "refusals: another file")
    same(refused(ynl.do, "cancel", {"id": 999999}),
         (errno.ENOENT, "no such transfer"), "refusals: no such transfer")


try:
    ynl, listener = client(SCHEMA), client()
    listener.ntf_subscribe("events")
    ok(True, "the schema allows the spec, and the family is there")
    device = os.open("/dev/zcopy", os.O_RDWR | os.O_CLOEXEC)
    content = open("big", "rb")
    questions()
    whole_transfer()
    live_transfer()
    refusals()
except Exception as err:	# pylint: disable=broad-except
    ok(False, "no exception", repr(err))
done()

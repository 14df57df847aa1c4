#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""What zcctl makes of recorded netlink answers: JSON by its schema, text, and
exit codes, with no kernel.  recorded_sends_become_json.py has the verb send."""
import os

from ktap import done, ok
from nlrec import Recording
from replay import as_json, fits, transfer, zcctl

STUCK = {"turn_ns": 12300000000, "turn_in": "reading", "worker": 123}
STUCK_WORDS = "worker 123 has been reading for 12.30 s; it ends when that does"


def check_list():
    rec = Recording()
    rec.dump("get", [{"transfer": transfer()}, {"transfer": {"id": 43}}])
    code, out, _ = zcctl(rec, "list", "-j")
    rows = as_json(out)
    ok(code == 0, "list: exit 0")
    fits(rows, "list", "list: fits its schema")
    ok(rows[0]["id"] == 42 and rows[0]["percent"] == 25 and
       rows[0]["peer"] == "[2001:db8::7]:5000" and
       rows[0]["local"] == "10.0.0.1:80" and rows[0]["state"] == "socket" and
       rows[0]["copied_reasons"]["memory"] == 120 and
       rows[0]["copied_reasons"]["small"] == 30 and
       rows[0]["copied_reasons"]["policy"] == 20 and
       rows[0]["copied_reasons"]["released"] == 50 and
       rows[0]["rate_limit"] == 3 << 20 and rows[0]["until"] == "acked" and
       rows[0]["bytes_per_second"] == 2 << 20, "list: values", out)
    code, out, _ = zcctl(rec, "list")
    ok(out.splitlines()[0].split()[0] == "ID" and "/srv/a.bin" in out and
       "25%" in out, "list: a table", out)
    rec = Recording()
    rec.dump("get", [])
    ok(zcctl(rec, "list", "-j")[1] == "[]\n", "list: empty is an empty array")
    rec = Recording()
    rec.dump("get", [{"transfer": {"id": 1}}], torn=True)
    rec.dump("get", [{"transfer": {"id": 2}}])
    rows = as_json(zcctl(rec, "list", "-j")[1])
    ok([r["id"] for r in rows] == [2], "list: a torn dump is read again", rows)


def check_show():
    rec = Recording()
    rec.answer("get", {"transfer": transfer(file=b"/a\xff\x1b[31m\n\xc2\x9b\xc3\xa9",
                                             comm=b"x\ty\x7f\xed\xa0\x80\xe0\x80\x80")})
    code, out, _ = zcctl(rec, "show", "42", "-j")
    ok(code == 0, "show: exit 0")
    fits(as_json(out), "show", "show: fits its schema")
    ok(as_json(out).get("file") == "/a\ufffd\x1b[31m\n\x9b\u00e9",
       "show: a name that is no UTF-8 is valid JSON", out)
    ok(not any(c in out for c in "\x1b\x9b\x7f") and "\\u009b" in out,
       "show: JSON has no control characters, 8 bits neither", repr(out))
    out = zcctl(rec, "show", "42", "-p")[1]
    ok(not any(c in out for c in "\x1b\x9b\x7f") and out.count("\n") > 10,
       "show: nor if it is indented", repr(out))
    out = zcctl(rec, "show", "42")[1]
    ok("\x1b" not in out and "?[31m?" in out, "show: no control characters", out)
    ok("x?y?" + 6 * "\ufffd" in out, "show: nor what is no UTF-8", repr(out))
    ok("\x9b" not in out and "[31m???\u00e9" in out, "show: nor those of 8 bits", out)
    rec = Recording()
    rec.answer("get", {"transfer": transfer(**STUCK)})
    code, out, _ = zcctl(rec, "show", "42", "-j")
    fits(as_json(out), "show", "show: one whose worker is stuck fits the schema")
    ok(as_json(out)["turn_ns"] == 12300000000 and as_json(out)["worker"] == 123 and
       as_json(out)["turn_in"] == "reading" and as_json(out)["stuck"] == STUCK_WORDS,
       "show: what its worker is in", out)
    out = zcctl(rec, "show", "42")[1]
    ok(STUCK_WORDS in out, "show: in words", out)
    rec = Recording()
    rec.answer("get", {"transfer": {"id": 42, "turn-ns": 99 * 10**6}})
    code, out, _ = zcctl(rec, "show", "42")
    ok("worker" not in out and "process" not in out and "program" not in out,
       "show: neither a short turn nor what is not told", out)
    rec = Recording()
    rec.refuse(2, "no such transfer")
    code, out, _ = zcctl(rec, "show", "7", "-j")
    fits(as_json(out), "error", "show: an error fits its schema")
    ok(code == 1 and as_json(out)["errno"] == 2 and
       "no such transfer" in as_json(out)["error"],
       "show: exit 1, the kernel's sentence, the errno", out)
    code, out, err = zcctl(rec, "show", "7")
    ok(code == 1 and not out and "no such transfer" in err,
       "show: an error for people is on standard error", err)


def check_cancel():
    rec = Recording()
    rec.answer("cancel", {"count": 1})
    rec.refuse(2)
    rec.refuse(2)
    code, out, _ = zcctl(rec, "cancel", "-j", "5", "6")
    value = as_json(out)
    fits(value, "cancel", "cancel: fits its schema")
    ok(code == 1 and value["cancelled"] == 1 and value["errors"][0]["id"] == 6,
       "cancel: one failure does not stop the next", out)
    rec = Recording()
    rec.answer("cancel", {"count": 0})
    ok(zcctl(rec, "cancel", "--all")[:2] == (0, "0 cancelled\n"), "cancel: --all of none")
    rec = Recording()
    rec.refuse(1, "only root may do this")
    ok(zcctl(rec, "cancel", "5")[0] == 3, "cancel: no right is exit 3")
    rec = Recording()
    rec.answer("cancel", {"count": 1})
    rec.answer("get", {"transfer": transfer(**STUCK)})
    code, out, _ = zcctl(rec, "cancel", "-j", "42")
    fits(as_json(out), "cancel", "cancel: one whose worker is stuck fits the schema")
    ok(code == 0 and as_json(out)["stuck"] == [{"id": 42, "stuck": STUCK_WORDS}],
       "cancel: it says what it ends with", out)
    code, out, _ = zcctl(rec, "cancel", "42")
    ok(out == f"transfer 42: {STUCK_WORDS}\n1 cancelled\n", "cancel: in words", out)
    rec = Recording()
    rec.answer("cancel", {"count": 1})
    rec.answer("get", {"transfer": transfer(turn_ns=100 * 10**6, turn_in="reading")})
    ok(zcctl(rec, "cancel", "42")[1] == "1 cancelled\n",
       "cancel: a short turn is not told")


# The most looks at the transfers that cancel --all has told to stop
LOOKS = 4
OLD = {"duration_ns": 3600 * 10**9}


def cancel_all(*looks, count=3):
    """What is recorded when --all is followed by looks at these transfers."""
    rec = Recording()
    rec.answer("cancel", {"count": count})
    for rows in looks:
        rec.dump("get", [{"transfer": row} for row in rows])
    return rec


def check_cancel_all():
    rec = cancel_all([])
    code, out, _ = zcctl(rec, "cancel", "--all")
    ok(code == 0 and out == "3 cancelled\n", "cancel --all: all ended", out)
    ok(zcctl(rec, "cancel", "-A", "-a")[1] == "3 cancelled\n", "cancel: -A -a", out)
    stuck = [transfer(id=i, **OLD, **STUCK) for i in range(1, 13)]
    others = [transfer(id=50, **OLD),
              transfer(id=51, **OLD, turn_ns=9 * 10**7, turn_in="reading"),
              transfer(id=52, **dict(STUCK, duration_ns=0))]
    rec = cancel_all(*[stuck + others] * LOOKS, count=15)
    code, out, _ = zcctl(rec, "cancel", "--all")
    ok(code == 0 and out.splitlines() ==
       [f"transfer {i}: {STUCK_WORDS}" for i in range(1, 11)] +
       ["2 more transfers end when their workers are done, too", "15 cancelled"],
       "cancel --all: names what has not ended, and counts the rest", out)
    code, out, _ = zcctl(rec, "cancel", "--all", "-j")
    fits(as_json(out), "cancel", "cancel --all: fits its schema")
    ok(code == 0 and as_json(out) == {
        "cancelled": 15, "errors": [],
        "stuck": [{"id": i, "stuck": STUCK_WORDS} for i in range(1, 13)]},
       "cancel --all: all of them are in JSON", out)
    rec = cancel_all(*[stuck[:11]] * LOOKS)
    ok("\n1 more transfer ends when its worker is done, too\n" in
       zcctl(rec, "cancel", "--all")[1], "cancel --all: one more")
    code, out, _ = zcctl(cancel_all(stuck, []), "cancel", "--all")
    ok(code == 0 and out == "3 cancelled\n",
       "cancel --all: what ends at once is not named", out)
    fresh = [transfer(id=1, **OLD, turn_ns=10**6, turn_in="reading", worker=123)]
    out = zcctl(cancel_all(*[fresh] * (LOOKS - 1), stuck[:1]), "cancel", "--all")[1]
    ok(out == f"transfer 1: {STUCK_WORDS}\n3 cancelled\n",
       "cancel --all: what just began to sleep is named, too", out)
    check_cancel_all_unknown(stuck)


def check_cancel_all_unknown(stuck):
    rec = cancel_all(*[stuck] * (LOOKS - 1))
    rec.dump("get", [{"transfer": stuck[0]}], torn=True)
    rec.dump("get", [{"transfer": stuck[1]}])
    out = zcctl(rec, "cancel", "--all")[1]
    ok(out == f"transfer 2: {STUCK_WORDS}\n3 cancelled\n",
       "cancel --all: a torn dump is read again", out)
    rec = cancel_all()
    rec.refuse(12, "no memory for the list")
    code, out, err = zcctl(rec, "cancel", "--all")
    ok(code == 1 and not out and "3 cancelled, but cannot tell" in err and
       "no memory for the list" in err, "cancel --all: what cannot be told is exit 1",
       out + err)
    code, out, _ = zcctl(rec, "cancel", "--all", "-j")
    fits(as_json(out), "error", "cancel --all: which fits the schema")
    rec = cancel_all()
    rec.refuse(19)
    ok(zcctl(rec, "cancel", "--all")[:2] == (0, "3 cancelled\n"),
       "cancel --all: a module that is gone has none")


def check_all_namespaces():
    here = os.stat("/proc/self/ns/net").st_ino
    rec = Recording()
    rec.dump("get", [{"transfer": transfer(netns=here)},
                     {"transfer": transfer(id=43, netns=7)}])
    code, out, _ = zcctl(rec, "list", "-A", "-j")
    rows = as_json(out)
    fits(rows, "list", "all namespaces: fits its schema")
    ok(code == 0 and [(r["netns"], r["netns_process"]) for r in rows] ==
       [(here, True), (7, False)], "all namespaces: which has a process", out)
    lines = zcctl(rec, "list", "--all-namespaces")[1].splitlines()
    ok(lines[0].split()[:2] == ["NETNS", "ID"] and
       lines[1].split()[:2] == [str(here), "42"] and
       lines[2].startswith("7 (no process)  43 "), "all namespaces: a table", lines)
    ok("NETNS" not in zcctl(rec, "list")[1], "all namespaces: only if asked for")
    rec = Recording()
    rec.answer("get", {"transfer": transfer(netns=7)})
    out = zcctl(rec, "show", "-A", "42")[1]
    ok("7 (no process)" in out, "all namespaces: one in full", out)
    rec = Recording()
    rec.answer("set-rate", {})
    ok(zcctl(rec, "rate", "-A", "42", "0")[0] == 0, "all namespaces: a rate")
    rec = Recording()
    rec.dump("get", [{"transfer": transfer()}])
    code, _, err = zcctl(rec, "drain", "-A", "-t", "0")
    ok(code == 1 and "cancel -A --all" in err, "all namespaces: what drain says", err)
    rec = Recording()
    rec.refuse(13, "transfers of all namespaces are for root")
    code, out, _ = zcctl(rec, "list", "-A", "-j")
    fits(as_json(out), "error", "all namespaces: no right fits the schema")
    ok(code == 3, "all namespaces: no right is exit 3", out)


def check_drain():
    rec = Recording()
    rec.dump("get", [{"transfer": transfer()}])
    rec.dump("get", [])
    rec.answer("stats", {"counter": []})
    code, out, _ = zcctl(rec, "drain", "-j")
    fits(as_json(out), "drain", "drain: fits its schema")
    ok(code == 0 and as_json(out)["waited_ns"] > 0, "drain: waits for the last", out)
    code, out, _ = zcctl(rec, "drain", "-j", "--timeout", "0")
    ok(code == 1 and as_json(out)["errno"] == 110, "drain: gives up in time", out)
    rec = Recording()
    rec.dump("get", [])
    rec.answer("stats", {"counter": [{"name": "transfers_active", "value": 0},
                                     {"name": "devices_open", "value": 2},
                                     {"name": "transfers_held", "value": 3}]})
    code, out, _ = zcctl(rec, "drain", "-j")
    held = as_json(out)
    fits(held, "drain", "drain: what else holds the module fits its schema")
    ok(code == 0 and held["holders"]["devices_open"] == 2 and
       held["holders"]["transfers_held"] == 3, "drain: and is told", out)
    code, out, _ = zcctl(rec, "drain")
    ok(code == 0 and "2 open /dev/zcopy" in out and "3 ended transfers" in out,
       "drain: in words", out)
    code, out, err = zcctl(rec, "drain", "-A", "-t", "0")
    ok(code == 1 and not out and "2 open /dev/zcopy" in err and "3 ended" in err,
       "drain: to unload the module, that is a failure", err)
    code, out, _ = zcctl(rec, "drain", "-A", "-t", "0", "-j")
    fits(as_json(out), "error", "drain: which fits the schema")
    ok(as_json(out)["errno"] == 16, "drain: as busy", out)
    for args in ((), ("-A",)):
        check_drain_unknown(args)


def check_drain_unknown(args):
    rec = Recording()
    rec.dump("get", [])
    rec.refuse(12, "no memory for the counters")
    code, out, err = zcctl(rec, "drain", *args)
    ok(code == 1 and not out and "what else uses the module" in err and
       "no memory for the counters" in err,
       f"drain {args}: users that cannot be looked for are a failure", out + err)
    code, out, _ = zcctl(rec, "drain", "-j", *args)
    fits(as_json(out), "error", f"drain {args}: which fits the schema")
    rec = Recording()
    rec.dump("get", [])
    rec.refuse(19, "")
    code, out, _ = zcctl(rec, "drain", "-j", *args)
    ok(code == 0 and as_json(out)["gone"], f"drain {args}: gone at that moment is none", out)


def check_stats():
    rec = Recording()
    rec.answer("stats", {"counter": [
        {"name": "transfers_active", "value": 2, "help": "live \\ now"},
        {"name": "bytes_by_ref", "value": 1 << 63, "help": "bytes"}]})
    code, out, _ = zcctl(rec, "stats", "-j")
    fits(as_json(out), "stats", "stats: fits its schema")
    ok(code == 0 and as_json(out) == {"transfers_active": 2,
                                      "bytes_by_ref": 1 << 63},
       "stats: names and numbers, in 64 bits", out)
    out = zcctl(rec, "stats", "--prometheus")[1]
    ok(out == "# HELP zcopy_transfers_active live \\\\ now\n"
       "# TYPE zcopy_transfers_active gauge\nzcopy_transfers_active 2\n"
       "# HELP zcopy_bytes_by_ref_total bytes\n"
       "# TYPE zcopy_bytes_by_ref_total counter\n"
       f"zcopy_bytes_by_ref_total {1 << 63}\n", "stats: Prometheus", out)
    ok("live \\ now" in zcctl(rec, "stats")[1], "stats: a table with help")
    ok(zcctl(rec, "stats", "-j", "--prometheus")[0] == 2,
       "stats: --prometheus is no JSON")


def check_sentences():
    """The kernel's sentence is told, but not beside a general one that says the same."""
    for err, sentence, want in ((2, "no such transfer", "no such transfer, or not yours"),
                                (22, "unknown flag", "unknown flag"),
                                (22, "", "a value is wrong")):
        rec = Recording()
        rec.refuse(err, sentence)
        said = as_json(zcctl(rec, "rate", "-j", "7", "1M")[1])["error"]
        ok(said.endswith(": " + want) and said.count(": ") == 1,
           f"sentences: {want}", said)


def check_metrics():
    """The samples of a metric follow each other, under one head."""
    rec = Recording()
    rec.answer("stats", {"counter": [
        {"name": name, "value": value, "help": name + "!"}
        for value, name in enumerate(("copied_tls", "turns", "reject_a",
                                      "copied_small", "reject_b"))]})
    out = zcctl(rec, "stats", "--prometheus")[1].splitlines()
    ok(out == ["# HELP zcopy_turns_total turns!", "# TYPE zcopy_turns_total counter",
               "zcopy_turns_total 1",
               "# HELP zcopy_copied_bytes_total bytes that were copied, by reason",
               "# TYPE zcopy_copied_bytes_total counter",
               'zcopy_copied_bytes_total{reason="tls"} 0',
               'zcopy_copied_bytes_total{reason="small"} 3',
               "# HELP zcopy_refusals_total requests that were refused, by reason",
               "# TYPE zcopy_refusals_total counter",
               'zcopy_refusals_total{reason="a"} 2',
               'zcopy_refusals_total{reason="b"} 4'],
       "stats: counters with a reason are one metric", out)


def check_odd_counters():
    """Only names of a counter's characters are shown, and help is made harmless."""
    rec = Recording()
    rec.answer("stats", {"counter": [
        {"name": b"a\x1b[7m", "value": 1, "help": "x"},
        {"name": "b\n# TYPE b gauge\nb", "value": 1, "help": "x"},
        {"name": "c", "value": 5, "help": b"\x1b]0;x\x07 \xc2\x9b \xff \n y"}]})
    for args in ((), ("--prometheus",)):
        code, out, _ = zcctl(rec, "stats", *args)
        ok(code == 0 and "y" in out and "gauge" not in out and
           all(c == "\n" or " " <= c < "\x7f" for c in out),
           f"stats {args}: no control character", repr(out))


def check_large_numbers():
    most = (1 << 64) - 1
    rec = Recording()
    rec.answer("get", {"transfer": transfer(**{"bytes": most, "bytes-asked": 1,
                                               "duration-ns": 1})})
    code, out, _ = zcctl(rec, "show", "42", "-j")
    shown = as_json(out)
    ok(code == 0 and shown["percent"] == most and shown["bytes_per_second"] == most,
       "numbers that do not fit are the highest one", out)


def check_features():
    rec = Recording()
    rec.answer("query", {"query": {
        "features": 1 | 1 << 9, "send-flags": 5, "verbs": 31, "max-elems": 1024,
        "max-sinks": 1, "max-memory": 65536, "max-transfers": 4096,
        "version": "1.2"}})
    rec.answer("limits-get", {"limit": [
        {"name": "max_transfers", "value": 7}, {"name": "references", "value": 1}]})
    code, out, _ = zcctl(rec, "features", "-p")
    value = as_json(out)
    fits(value, "features", "features: fits its schema")
    ok(code == 0 and value["features"]["by_ref"] and value["features"]["end"] and
       not value["features"]["rate"] and value["flags"]["nowait"] and
       not value["flags"]["drop_behind"] and value["version"] == "1.2" and
       value["limits"]["max_memory"] == 65536 and value["references"] == "own" and
       value["references_userns"] is None, "features: values", out)
    ok(out.startswith("{\n  "), "features: -p is indented")
    out = zcctl(rec, "features")[1]
    ok("yes  by_ref" in out and
       "references      own; in other user namespaces: -" in out, "features: words", out)


def check_monitor():
    rec = Recording()
    rec.event(1, transfer(bytes=0))
    rec.event(4, transfer(status=0, bytes=4 << 20))
    code, out, _ = zcctl(rec, "monitor", "-j")
    lines = [as_json(line) for line in out.splitlines()]
    ok(code == 0 and [x["event"] for x in lines] == ["submitted", "completed"],
       "monitor: a line an event", out)
    for line in lines:
        fits(line, "monitor", f"monitor: {line['event']} fits the schema")
    out = zcctl(rec, "monitor", "-q", "-n", "1")[1]
    ok(len(out.splitlines()) == 1 and " submitted 42 " in out,
       "monitor: --count", out)


def check_rate():
    rec = Recording()
    rec.answer("set-rate", {})
    code, out, _ = zcctl(rec, "rate", "-j", "42", "3M")
    fits(as_json(out), "rate", "rate: fits its schema")
    ok(code == 0 and as_json(out) == {"id": 42, "rate_limit": 3 << 20},
       "rate: number and rate", out)
    ok(zcctl(rec, "rate", "42", "3M")[1] ==
       "transfer 42 is held to 3.00 MiB/s\n", "rate: in words")
    ok("no rate" in zcctl(rec, "rate", "42", "0")[1], "rate: 0 is none")
    rec = Recording()
    rec.refuse(2, "no such transfer")
    ok(zcctl(rec, "rate", "42", "3M")[0] == 1, "rate: no such transfer is exit 1")
    rec = Recording()
    rec.refuse(95, "rates are not built in")
    code, out, _ = zcctl(rec, "rate", "-j", "42", "3M")
    ok(code == 3 and "not built in" in as_json(out)["error"],
       "rate: no rates in this module is exit 3", out)


def check_full_disk():
    """What cannot be written was not told: no verb ends as if it were."""
    rows = {"list": ["list"], "list -j": ["list", "-j"], "show": ["show", "42"],
            "show -j": ["show", "42", "-j"]}
    for name, words in rows.items():
        rec = Recording()
        if words[0] == "list":
            rec.dump("get", [{"transfer": transfer()}])
        else:
            rec.answer("get", {"transfer": transfer()})
        with open("/dev/full", "wb") as full:
            code, _, err = zcctl(rec, *words, stdout=full)
        ok(code == 1 and "standard output" in err, f"{name}: a full disk is exit 1",
           f"{code} {err}")


def check_limits():
    table = {"limit": [
        {"name": "max_transfers", "value": 1 << 40, "used": 3, "help": "live"},
        {"name": "max_pinned_bytes", "value": 7},
        {"name": "references", "value": 2}, {"name": "references_userns", "value": 3}]}
    rec = Recording()
    rec.answer("limits-get", table)
    code, out, _ = zcctl(rec, "limits", "-j")
    fits(as_json(out), "limits", "limits: fits its schema")
    ok(code == 0 and as_json(out)[0] == {
        "name": "max_transfers", "value": 1 << 40, "used": 3, "help": "live"} and
       as_json(out)[1]["used"] is None and as_json(out)[2]["value"] == "never" and
       as_json(out)[3]["value"] == 3, "limits: values", out)
    ok("max_pinned_bytes" in zcctl(rec, "limits")[1], "limits: a table")
    rec = Recording()
    rec.answer("limits-set", {})
    rec.answer("limits-get", table)
    code, out, _ = zcctl(rec, "limits", "-j", "max_pinned_bytes", "64M")
    ok(code == 0 and len(as_json(out)) == 4, "limits: set, then shown", out)
    code, out, _ = zcctl(rec, "limits", "-j", "references_userns", "own")
    ok(code == 0 and len(as_json(out)) == 4, "limits: a word is set", out)
    for word in ("1", "Own", "", "max"):
        code, out, _ = zcctl(rec, "limits", "-j", "references", word)
        ok(code == 2, f"limits: references {word!r} is misuse", out)
    for err, want in ((1, 3), (2, 1), (22, 1)):
        rec = Recording()
        rec.refuse(err, "no")
        code, out, _ = zcctl(rec, "limits", "-j", "x", "1")
        fits(as_json(out), "error", f"limits: errno {err} fits the schema")
        ok(code == want, f"limits: errno {err} is exit {want}", out)


for check in (check_list, check_show, check_cancel, check_cancel_all, check_drain,
              check_stats, check_sentences, check_metrics, check_odd_counters, check_large_numbers,
              check_features, check_monitor, check_rate, check_full_disk, check_limits,
              check_all_namespaces):
    check()
done()

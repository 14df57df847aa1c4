#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Each metric and label that the dashboard for Grafana asks for is in what zcctl prints,
and the dashboard shows what an administrator looks for first."""
import json
import re

from counters import metrics
from ktap import done, ok

# When node_exporter last read the file: its own metric
OTHERS = {"node_textfile_mtime_seconds": {"file"}}
# Those that Prometheus gives every metric
LABELS = {"instance"}
FIRST = {"zcopy_bytes_by_ref_total", "zcopy_copied_bytes_total", "zcopy_transfers_active",
         "zcopy_refusals_total", "zcopy_socket_waits_total", "zcopy_disk_waits_total",
         "zcopy_workers_stuck_total", "zcopy_transfers_failed_total"}


def known(text):
    """The labels of each metric of the output."""
    labels = {name: set(LABELS) | more for name, more in OTHERS.items()}
    for name, label in re.findall(r"^(\w+)(?:{(\w+)=.*})? \d+$", text, re.M):
        labels.setdefault(name, set(LABELS)).update({label} - {""})
    return labels


def asked(query):
    """The metrics of a query, each with its labels."""
    for name, selector in re.findall(r"(\w+){([^}]*)}", query):
        yield name, set(re.findall(r"(\w+)=", selector))
    for grouped in re.findall(r"\bby \(([^)]*)\) \(.*?(\w+){", query):
        yield grouped[1], set(grouped[0].split(", "))


def unknown(queries, labels):
    return [f"{name} {sorted(wanted)}" for query in queries for name, wanted in asked(query)
            if name not in labels or not wanted <= labels[name]]


code, out = metrics()
labels = known(out)
board = json.load(open("user/watch/grafana.json"))
panels = board["panels"]
queries = [target["expr"] for panel in panels for target in panel["targets"]]
bare = [q for q in queries if not list(asked(q)) or
        set(re.findall(r"\b(?:zcopy|node)_\w+", q)) != {name for name, _ in asked(q)}]
ok(code == 0 and len(labels) > 20, "zcctl prints metrics")
ok(not bare, "each query names metrics, each with the machine", bare)
ok(not unknown(queries, labels), "all of them are known", unknown(queries, labels))
ok(unknown([q.replace("zcopy_", "zcpy_") for q in queries], labels) and
   unknown(['sum by (why) (rate(zcopy_refusals_total{instance="a"}[5m]))'], labels),
   "other names are noticed")
shown = {name for q in queries for name, _ in asked(q)}
ok(FIRST <= shown, "what is looked for first is there", FIRST - shown)
ok(all("$instance" in q for q in queries), "each query is of the chosen machines")
variable = next(v for v in board["templating"]["list"] if v["name"] == "instance")
metric, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]).groups()
ok(metric in labels and label in labels[metric], "machines are chosen among those known")
ok(len({p["id"] for p in panels}) == len(panels) and
   len({p["title"] for p in panels}) == len(panels), "panels have numbers and titles")
ok(len({tuple(p["gridPos"].values()) for p in panels}) == len(panels),
   "no panel hides another")
done()

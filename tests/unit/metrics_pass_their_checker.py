#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""All counters of the module, printed for Prometheus, keep the rules of its text format;
promtool says so, too, where it is installed."""
import re
import shutil
import subprocess

from counters import counters, metrics
from ktap import done, ok, skip

NAME = r"[a-z][a-z0-9_]*"


def faults(text):
    """What is wrong: heads come first and once, samples once, counters end in _total."""
    metric, kind, seen = None, None, set()
    for line in text.splitlines():
        if head := re.fullmatch(rf"# HELP (zcopy_{NAME}) \S.*", line):
            metric, kind = head[1], None
            if metric in seen:
                yield f"{metric} has two heads"
            seen.add(metric)
        elif head := re.fullmatch(rf"# TYPE (zcopy_{NAME}) (counter|gauge)", line):
            kind = head[2]
            if head[1] != metric or (kind == "counter") != metric.endswith("_total"):
                yield line
        elif sample := re.fullmatch(rf'((zcopy_{NAME})(?:{{reason="{NAME}"}})?) \d+',
                                    line):
            if sample[2] != metric or not kind or sample[1] in seen - {metric}:
                yield line
            seen.add(sample[1])
        else:
            yield line


def main():
    names = counters()
    code, out = metrics()
    values = sorted(int(line.split()[-1]) for line in out.splitlines() if line[0] != "#")
    ok(code == 0 and len(names) > 80 and values == list(range(len(names))),
       "each counter has one sample")
    ok(not list(faults(out)), "the rules of the format are kept", list(faults(out)))
    ok(list(faults(out.replace("_total ", " "))) and list(faults(out + out)),
       "their breach is noticed")
    if not shutil.which("promtool"):
        skip("promtool is not installed")
        return
    said = subprocess.run(["promtool", "check", "metrics"], input=out, text=True,
                          capture_output=True)
    ok(said.returncode == 0, "promtool check metrics", said.stderr)


main()
done()

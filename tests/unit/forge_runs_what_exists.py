#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0
"""What the forge runs for each change: targets of the Makefile, and guests of every
kernel."""
import re

import yaml

from ktap import done, ok

FILE = ".github/workflows/check.yml"


def main():
    with open(FILE) as f:
        matrix = yaml.safe_load(f)["jobs"]["run"]["strategy"]["matrix"]["include"]
    with open("Makefile") as f:
        targets = set(re.findall(r"^([a-z-]+):", f.read(), re.M))
    with open("tests/vm/kernels.list") as f:
        kernels = [line.split() for line in f if line.strip() and line[0] != "#"]
        kernels = {k[0] for k in kernels if k[4] in ("stock", "debug")}
    runs = [row["run"] for row in matrix]
    wrong = [run for run in runs if not re.fullmatch(r"make ([a-z-]+)( KERNELS=\S+)?", run)
             or run.split()[1] not in targets]
    ok(runs and not wrong, f"{FILE}: runs targets of the Makefile", f"not: {wrong}")
    guests = {run.split("=")[1] for run in runs if "KERNELS=" in run}
    ok(guests == kernels, "and guests of every kernel", f"{guests ^ kernels}")
    ok(all(row.get("when", "schedule") == "schedule" for row in matrix),
       "each change, or every week")


main()
done()

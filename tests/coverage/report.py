#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""What the guest tests run through: report.py [--check] DIR

DIR has, for each kernel, built/KERNEL/zcopy.ko and marks/KERNEL, a line for each test:
its path, its seconds of CPU, and the numbers that the hook has marked. Prints the
figures and writes DIR/index.html. With --check it also compares the lines that no test
on 6.12 reaches with uncovered.list: each must have a reason, and each reason a line.

A line counts as reached when an instruction compiled from it is in a block that ran. A
block is a basic block of the compiled code, so that each outcome of a branch that the
compiler keeps is one; a copy in each place where a function is inlined counts, and
so it is a stricter measure than the branches of the source.
"""
import collections
import html
import os
import re
import sys

import blocks

HERE = os.path.dirname(os.path.abspath(__file__))
KMOD = os.path.join(HERE, "../../kmod")
LIST = os.path.join(HERE, "uncovered.list")
STYLE = ("body{font:14px sans-serif} pre{font:13px monospace} td{padding:0 1em}"
         ".no{background:#fbb} .part{background:#fe9} .yes{background:#dfd}")


class Kernel:
    """The blocks of one build and the tests that have marked each."""

    def __init__(self, ko, marks):
        self.blocks = blocks.blocks(ko)
        self.tests = collections.defaultdict(set)   # number of a block: names of tests
        self.cost = {}                              # name of a test: seconds of CPU
        with open(marks, encoding="utf-8") as file:
            for line in file:
                self.test(line.split())

    def test(self, words):
        number = 0
        self.cost[words[0]] = int(words[1])
        for distance in words[2:]:
            number += int(distance, 16)
            self.tests[number].add(words[0])

    def lines(self):
        """For each line: how many of its blocks have run, and how many there are."""
        seen = collections.defaultdict(lambda: [0, 0])
        for block in self.blocks:
            for line in block.lines:
                seen[line][0] += block.number in self.tests
                seen[line][1] += 1
        return seen

    def tests_of(self, line):
        found = set()
        for block in self.blocks:
            if line in block.lines:
                found |= self.tests.get(block.number, set())
        return found


def load(directory):
    marks = os.path.join(directory, "marks")
    return {name: Kernel(os.path.join(directory, "built", name, "zcopy.ko"),
                         os.path.join(marks, name))
            for name in sorted(os.listdir(marks))}


def share(part, whole):
    return f"{part} of {whole} ({100 * part / whole:.1f} %)" if whole else "none"


def merged(kernels):
    total = collections.defaultdict(lambda: [0, 0])
    for kernel in kernels.values():
        for line, (ran, all_) in kernel.lines().items():
            total[line][0] += ran
            total[line][1] += all_
    return total


def source(name):
    with open(os.path.join(KMOD, name), encoding="utf-8") as file:
        return file.read().splitlines()


def reasons(path):
    """The list: {(file, text): [reason, used]}"""
    found, reason = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file.read().splitlines():
            if line.startswith("= "):
                reason = line[2:]
            elif line and not line.startswith("#"):
                name, text = line.split("\t", 1)
                found[name, text] = [reason, False]
    return found


def check(lines, listed, text_of=source):
    """Sentences about what is wrong with the list."""
    wrong = []
    for (name, number), (ran, _) in sorted(lines.items()):
        if ran:
            continue
        text = text_of(name)[number - 1].strip()
        if not re.search(r"\w", text):
            continue    # a brace, which says nothing
        entry = listed.get((name, text))
        if not entry:
            wrong.append(f"{name}:{number}: not reached, and without a reason: {text}")
        else:
            entry[1] = True
    wrong += [f"{name}: a reason, but each such line is reached: {text}"
              for (name, text), (_, used) in listed.items() if not used]
    return wrong


def page(name, lines):
    rows = []
    for number, text in enumerate(source(name), 1):
        ran, all_ = lines.get((name, number), (0, 0))
        kind = "" if not all_ else "yes" if ran == all_ else "part" if ran else "no"
        note = f"{ran}/{all_}" if all_ else ""
        rows.append(f'<span class="{kind}">{number:4} {note:>6}  {html.escape(text)}</span>')
    return (f'<h2 id="{name}">{name}</h2><pre>' + "\n".join(rows) + "</pre>")


def write_html(path, lines, summary):
    names = sorted({name for name, _ in lines})
    table = []
    for name in names:
        mine = [ran for (where, _), (ran, _) in lines.items() if where == name]
        table.append(f'<tr><td><a href="#{name}">{name}</a><td>'
                     + share(sum(map(bool, mine)), len(mine)))
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"<!DOCTYPE html><meta charset=utf-8><style>{STYLE}</style>"
                   "<h1>Lines and blocks of kmod/</h1><pre>" + "\n".join(summary)
                   + "</pre><p>Beside each line: how many of its blocks have run, of how"
                   " many.<table>" + "\n".join(table) + "</table>"
                   + "\n".join(page(name, lines) for name in names))


def main(arguments):
    must_check = "--check" in arguments
    directory = [a for a in arguments if not a.startswith("--")][0]
    kernels = load(directory)
    lines = merged(kernels)
    summary = []
    for name, kernel in kernels.items():
        seen = kernel.lines()
        summary.append(
            f"{name}: {len(kernel.cost)} tests reach lines: "
            + share(sum(bool(ran) for ran, _ in seen.values()), len(seen)) + ", blocks: "
            + share(sum(b.number in kernel.tests for b in kernel.blocks),
                    len(kernel.blocks)))
    summary.append("all kernels: lines: "
                   + share(sum(bool(ran) for ran, _ in lines.values()), len(lines)))
    print("\n".join(summary))
    write_html(os.path.join(directory, "index.html"), lines, summary)
    if not must_check:
        return 0
    wrong = check(kernels["6.12"].lines(), reasons(LIST))
    print("\n".join(wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

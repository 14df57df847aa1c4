#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Where the calls of the hook are in an instrumented module.

blocks(KO) returns a Block for each basic block that calls the hook. A block reaches from
its call to the next call or to a jump that is always taken; the instructions between a
function's begin and its first call belong to the first block. The place of an
instruction is the line of zcopy's own source that it was compiled from: in an inlined
function of the kernel, the line that calls it. A block without such a place is left out.
"""
import collections
import os
import re
import subprocess
import sys

HOOK = "__sanitizer_cov_trace_pc"
# As in kernel/sections.h
SECTIONS = (("text", ".text"), ("unlikely", ".text.unlikely"),
            ("init", ".init.text"), ("exit", ".exit.text"))
HEAD = re.compile(r"Disassembly of section (\S+):")
FUNCTION = re.compile(r"[0-9a-f]{16} <(\S+)>:")
PLACE = re.compile(r"(inlined by )?(/\S+):(\d+)(?: \(discriminator (\d+)\)| \(\S+\))*$")
INSTRUCTION = re.compile(r"\s+([0-9a-f]+):\t(\S+)")
RELOCATION = re.compile(r"\s+[0-9a-f]+: R_X86_64_PLT32\s+(\S+?)-0x4$")
ENDS = ("jmp", "ret", "ud2", "jmpq", "retq")

# number: what the hook marks; place: (file, line, discriminator) where the block begins;
# lines: the (file, line) of its instructions
Block = collections.namedtuple("Block", "number place function lines")


def offsets(ko):
    """The number of the first byte of each section, less its begin's offset."""
    symbols = {}
    for line in run("nm", ko).splitlines():
        value, _, name = line.rpartition(" ")
        if re.match("zc_(begin|end)_", name):
            symbols[name] = int(value.split()[0], 16)
    total, first = 0, {}
    for name, section in SECTIONS:
        begin, end = symbols["zc_begin_" + name], symbols["zc_end_" + name]
        first[section] = total - begin
        total += end - begin
    return first


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


class Parser:
    def __init__(self, first, own):
        self.first, self.own = first, own
        self.blocks = []
        self.section = self.function = None
        self.chain, self.after = [], True
        self.block = None       # of the instructions that follow
        self.early = set()      # lines before a function's first call
        self.address = self.ended = 0

    def place(self):
        """(file, line, discriminator) of the innermost own source line."""
        for depth, (name, line, discriminator) in enumerate(self.chain):
            at = name.find(self.own)
            # Kbuild makes that one; it only includes the others.
            if at >= 0 and not name.endswith("/whole.c"):
                name = os.path.normpath(name[at + len(self.own):])
                # The kernel's macros include trace.h again, and gcc takes it for trace.c.
                return (name.replace("trace.c", "trace.h"), line,
                        0 if depth else discriminator)
        return None

    def feed(self, text):
        """One line of objdump"""
        if found := HEAD.match(text):
            self.section = found[1]
        elif found := FUNCTION.match(text):
            self.function, self.block, self.early = found[1], None, set()
            self.chain, self.ended = [], False
        elif found := PLACE.match(text):
            if not found[1] or self.after:
                self.chain = self.chain[:1] if found[1] else []
            self.after = False
            self.chain.append((found[2], int(found[3]), int(found[4] or 0)))
        elif found := INSTRUCTION.match(text):
            self.instruction(int(found[1], 16), found[2])
        elif (found := RELOCATION.match(text)) and found[1] == HOOK:
            self.call()

    def instruction(self, address, name):
        self.address, self.after = address, True
        place = self.place()
        if place and not self.ended:
            if self.block:
                self.block.lines.add(place[:2])
            elif not self.function.startswith("__pfx_"):
                self.early.add(place[:2])
        if name in ENDS:
            self.ended = True

    def call(self):
        if self.section not in self.first:
            sys.exit(f"blocks.py: calls in {self.section}, which sections.h lacks")
        place = self.place()
        number = self.first[self.section] + self.address + 5
        self.block = Block(number, place, self.function, self.early)
        self.early, self.ended = set(), False
        if place:
            self.block.lines.add(place[:2])
            self.blocks.append(self.block)


def blocks(ko, own="/covered/"):
    parser = Parser(offsets(ko), own)
    for line in run("objdump", "-dr", "-l", "--inlines", "--no-show-raw-insn",
                    ko).splitlines():
        parser.feed(line)
    return parser.blocks


if __name__ == "__main__":
    for block in blocks(sys.argv[1]):
        print(block.number, block.function, *block.place, len(block.lines))

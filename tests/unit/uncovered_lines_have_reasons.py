#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Coverage: objdump's lines become blocks with their source lines, the marks of a test are
added up, and a line that no test reaches needs a reason, as a reason needs such a line."""
import sys
import tempfile

sys.path.insert(0, "tests/coverage")
# pylint: disable=wrong-import-position
import blocks
import report
from ktap import done, ok

DUMP = """
Disassembly of section .text:

0000000000000080 <zc_f>:
zc_f():
/t/covered/./f.c:10
  80:\tendbr64
/t/covered/./f.c:11 (discriminator 2)
  84:\tcall   89 <zc_f+0x9>
\t\t\t85: R_X86_64_PLT32\t__sanitizer_cov_trace_pc-0x4
  89:\tjne    a0 <zc_f+0x20>
  8b:\tjmp    b0 <zc_f+0x30>
/t/covered/./f.c:12
  90:\tnop
folio_put():
/usr/include/linux/mm.h:7
inlined by /usr/include/linux/mm.h:9 (put_it)
inlined by /t/covered/./f.c:13 (zc_f)
  a0:\tcall   a5 <zc_f+0x25>
\t\t\ta1: R_X86_64_PLT32\t__sanitizer_cov_trace_pc-0x4
"""


def dumped():
    parser = blocks.Parser({".text": 1000}, "/covered/")
    for line in DUMP.splitlines():
        parser.feed(line)
    return parser.blocks


def listed(text):
    with tempfile.NamedTemporaryFile("w", suffix=".list") as file:
        file.write(text)
        file.flush()
        return report.reasons(file.name)


one, two = dumped()
ok(one.number == 1000 + 0x89 and one.place == ("f.c", 11, 2),
   "a block has the number of its return address, and a place", one)
ok(one.lines == {("f.c", 10), ("f.c", 11)},
   "it begins with its function and ends at a jump", one.lines)
ok(two.place == ("f.c", 13, 0) and two.lines == {("f.c", 13)},
   "code of the kernel belongs to the line that has it inlined", two)

kernel = report.Kernel.__new__(report.Kernel)
kernel.tests, kernel.cost = report.collections.defaultdict(set), {}
kernel.test("guest/a/b 4 471 98".split())
kernel.blocks = [one, two]
ok(set(kernel.tests) == {one.number, one.number + 0x98},
   "marks are distances", dict(kernel.tests))
ok(kernel.lines()["f.c", 11] == [1, 1] and kernel.lines()["f.c", 13] == [0, 1],
   "lines say how many of their blocks ran", dict(kernel.lines()))
ok(kernel.tests_of(("f.c", 10)) == {"guest/a/b"}, "and which tests reach them")


def text_of(_):
    return ["zero"] * 12 + ["\tput_it(folio);"]


ok(len(report.check(kernel.lines(), {}, text_of)) == 1, "a line needs a reason")
ok(not report.check(kernel.lines(), listed("= it is rare\nf.c\tput_it(folio);\n"), text_of),
   "a line with a reason passes")
ok(len(report.check(kernel.lines(), listed(
    "= it is rare\nf.c\tput_it(folio);\nf.c\tzero\n"), text_of)) == 1,
   "a reason without such a line does not")
done()

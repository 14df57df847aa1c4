# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Structs and numbers are those of the C header, as a C compiler sees it."""

import ctypes
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from zcopy import Copy, End, Feature, Flag, Status, Until, _abi

UAPI = pathlib.Path(__file__).resolve().parents[4] / "kmod" / "uapi"
HEADER = UAPI / "linux" / "zcopy.h"


def structs():
    return [value for name, value in vars(_abi).items() if name.startswith("zcopy_")]


def expected():
    """The same expressions in C as in Python, and what Python thinks that they are."""
    for struct in structs():
        name = struct.__name__
        yield f"sizeof(struct {name})", ctypes.sizeof(struct)
        for field, _ in struct._fields_:
            at = getattr(struct, field)
            yield f"offsetof(struct {name}, {field})", at.offset
            yield f"sizeof(((struct {name} *)0)->{field})", at.size
    for name in dir(_abi):
        if name.startswith(
            ("IOC_", "ELEM_", "LEN_", "ID_", "WAIT_", "CANCEL_", "COPY_", "RESULT_")
        ):
            yield f"ZCOPY_{name}", getattr(_abi, name)
    kinds = {"STATUS": Status, "UNTIL": Until, "END": End, "COPY": Copy, "F": Flag, "FEAT": Feature}
    for prefix, kind in kinds.items():
        for member in kind:
            yield f"ZCOPY_{prefix}_{member.name}", member.value


@unittest.skipUnless(HEADER.exists(), "the header of the module is not beside this package")
class Abi(unittest.TestCase):
    @unittest.skipUnless(shutil.which("gcc"), "there is no gcc")
    def test_c_says_the_same(self):
        rows = list(expected())
        self.assertGreater(len(rows), 150)
        lines = [f'printf("%llu\\n", (unsigned long long)({text}));' for text, _ in rows]
        program = "#include <linux/zcopy.h>\n#include <stddef.h>\n#include <stdio.h>\n"
        program += "int main(void) {\n" + "\n".join(lines) + "\nreturn 0; }\n"
        with tempfile.TemporaryDirectory() as work:
            args = ["gcc", "-I", str(UAPI), "-x", "c", "-", "-o", f"{work}/abi"]
            subprocess.run(args, input=program, text=True, check=True)
            told = subprocess.run([f"{work}/abi"], capture_output=True, text=True, check=True)
        wrong = [
            f"{text}: {number} in Python, {in_c} in C"
            for (text, number), in_c in zip(rows, told.stdout.split())
            if number != int(in_c)
        ]
        self.assertEqual(wrong, [])

    def test_no_name_is_missing(self):
        text = HEADER.read_text()
        kinds = {"STATUS": Status, "UNTIL": Until, "END": End, "COPY": Copy}
        for prefix, kind in kinds.items():
            names = set(re.findall(rf"^\tZCOPY_{prefix}_(\w+)\s+= ", text, re.M)) - {"NR"}
            self.assertEqual(names, {member.name for member in kind})
        for prefix, kind in {"F": Flag, "FEAT": Feature}.items():
            names = set(re.findall(rf"^#define ZCOPY_{prefix}_(\w+)\s", text, re.M))
            self.assertEqual(names, {member.name for member in kind})

    def test_no_field_is_missing(self):
        text = re.sub(r"/\*.*?\*/", "", HEADER.read_text(), flags=re.S)
        for struct in structs():
            body = re.search(rf"struct {struct.__name__} \{{(.*?)\}};", text, re.S)[1]
            fields = re.findall(r"(\w+)(?:\[\w+\])?;", body)
            self.assertEqual(fields, [name for name, _ in struct._fields_])


if __name__ == "__main__":
    unittest.main()

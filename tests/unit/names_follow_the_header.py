#!/usr/bin/python3 -B
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Every number of the interface has a word in libzcopy: the name of its
constant in lower case.  Every errno of a refusal is in the header's table, and
every errno of that table has a phrase of libzcopy's own."""
import ctypes
import errno
import re

from ktap import done, ok

lib = ctypes.CDLL("build/user/libzcopy.so.1")
device = open("kmod/uapi/linux/zcopy.h").read()
netlink = open("kmod/uapi/linux/zcopy_netlink.h").read()


def word(function, number):
    call = getattr(lib, function)
    call.restype = ctypes.c_char_p
    text = call(number)
    return text.decode() if text is not None else None


def check(function, text, pattern, none):
    found = re.findall(pattern, text, re.M)
    numbers = {int(n): name.lower() for name, n in found if name != "NR"}
    wrong = {n: word(function, n) for n, name in numbers.items()
             if word(function, n) != name}
    ok(numbers and not wrong, f"{function}: words", wrong)
    ok(all(word(function, n) == none for n in (max(numbers) + 1, 64, 2**31)),
       f"{function}: beyond them")


check("zcopy_status_name", device, r"^\tZCOPY_STATUS_(\w+)\s+= (\d+)", "unknown")
check("zcopy_copy_reason_name", device, r"^\tZCOPY_COPY_(\w+)\s+= (\d+)", None)
check("zcopy_feature_name", device,
      r"^#define ZCOPY_FEAT_(\w+)\s+\(1ULL << (\d+)\)", None)
check("zcopy_flag_name", device, r"^#define ZCOPY_F_(\w+)\s+\(1U << (\d+)\)", None)
check("zcopy_state_name", netlink, r"^\tZCOPY_STATE_(\w+)\s+= (\d+)", "unknown")
check("zcopy_until_name", device, r"^\tZCOPY_UNTIL_(\w+)\s+= (\d+)", "unknown")
check("zcopy_event_name", netlink, r"^\tZCOPY_EVENT_(\w+)\s+= (\d+)", "unknown")

# Tracepoints have no room for the library; their tables say the same words.
trace = open("kmod/trace.h").read()
for prefix, but in (("ZCOPY_STATUS_", {"RUNNING"}), ("ZCOPY_F_", set())):
    said = dict(re.findall(rf'{{ {prefix}(\w+), "(\w+)" }}', trace))
    want = set(re.findall(rf"^(?:\t|#define ){prefix}(\w+)\s+(?:=|\()", device, re.M)) - but
    ok(said == {name: name.lower() for name in want}, f"tracepoints: words for {prefix}*",
       said.items() ^ {(name, name.lower()) for name in want})

listed = re.findall(r"^ \*   (E[A-Z0-9]+)  ", device, re.M)
libc = ctypes.CDLL(None)
libc.strerror.restype = ctypes.c_char_p
bare = [e for e in listed if not word("zcopy_strerror", getattr(errno, e)) or
        word("zcopy_strerror", getattr(errno, e)) == "unknown error"]
own = re.findall(r"^\t\{ (E[A-Z0-9]+),", open("user/lib/strerror.c").read(), re.M)
ok(len(listed) >= 15 and not bare, "zcopy_strerror: the header's table", bare)
ok(set(listed) == set(own), "zcopy_strerror: a phrase of its own for each",
   set(listed) ^ set(own))
refused = set(re.findall(r"\bX\(\w+, (E[A-Z0-9]+),", open("kmod/reject.h").read()))
ok(len(refused) >= 15 and refused <= set(listed), "refusals: the header's table",
   refused - set(listed))
ok(word("zcopy_strerror", -errno.EDQUOT) == word("zcopy_strerror", errno.EDQUOT),
   "zcopy_strerror: either sign")
ok(word("zcopy_strerror", 9999) == "unknown error", "zcopy_strerror: no errno")
done()

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every struct of the interface has the layout in abi.h, on 64 and on 32 bits, in C
# and in C++, and the header compiles without another header before it.
set -u
. tests/lib/ktap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
flags=(-Wall -Wextra -Werror -pedantic -fsyntax-only -I kmod/uapi
	-iquote tests/unit -isystem "/usr/include/$(gcc -print-multiarch)")

echo '#include "abi.h"' >"$work/abi.c"
for header in zcopy zcopy_netlink; do
	echo "#include <linux/$header.h>" >"$work/$header.c"
	cp "$work/$header.c" "$work/$header.cc"
done

ktap_check "64-bit layout" gcc -std=c11 "${flags[@]}" "$work/abi.c"
ktap_check "32-bit layout" gcc -std=c11 -m32 "${flags[@]}" "$work/abi.c"
ktap_check "every field is checked" python3 - <<'PY'
import re, sys
header = open("kmod/uapi/linux/zcopy.h").read()
header = re.sub(r"/\*.*?\*/", "", header, flags=re.S)
checks = open("tests/unit/abi.h").read()
missing = []
for name, body in re.findall(r"struct (\w+) \{(.*?)\};", header, re.S):
    if f"SIZE({name}," not in checks:
        missing.append(name)
    for field in re.findall(r"(\w+)(?:\[\w+\])?;", body):
        if f"AT({name}, {field}," not in checks:
            missing.append(f"{name}.{field}")
sys.exit(f"not checked: {missing}" if missing else 0)
PY
for header in zcopy zcopy_netlink; do
	ktap_check "$header.h stands alone" gcc -std=c11 "${flags[@]}" \
		"$work/$header.c"
	if command -v g++ >/dev/null; then
		ktap_check "$header.h in C++" g++ -std=c++11 "${flags[@]}" \
			-Wno-long-long "$work/$header.cc"
	else
		ktap_skip "$header.h in C++: there is no g++"
	fi
done
ktap_done

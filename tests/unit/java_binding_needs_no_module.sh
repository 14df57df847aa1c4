#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Java binding's own tests, as far as they need no module: its structs and numbers are
# those of the C header, wrong arguments are refused, and descriptors are found. It
# compiles without a warning, and it is small.
set -u
. tests/lib/ktap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
top=$PWD
cd user/bindings/java || exit 1
# code FILE…: how many lines the files have, without comments and blank lines
code() { cat "$@" | grep -cvE '^\s*(//.*|/?\*.*)?$'; }
lines=$(code src/main/java/zcopy/*.java)
[ "$lines" -lt 600 ]
ktap_ok $? "the binding has fewer than 600 lines without comments: $lines"
[ "$(wc -l <examples/Serve.java)" -lt 100 ]
ktap_ok $? "the example has fewer than 100"

if ! jdk=$("$top/tests/vm/jdk22" 2>/dev/null); then
	ktap_skip "there is no JDK of version 22 or newer"
	ktap_done
fi
java=("$jdk/bin/java" --enable-native-access=ALL-UNNAMED -Dzcopy.uapi="$top/kmod/uapi"
	-cp "$work/classes")
tests=(src/test/java/zcopy/{Ktap,LayoutTest,ArgumentsTest}.java)
ktap_check "it compiles, and its documentation is whole" "$jdk/bin/javac" --release 22 \
	-Xlint:all -Xdoclint:all/protected -Werror -d "$work/classes" src/main/java/zcopy/*.java
ktap_check "so do example and tests" "$jdk/bin/javac" --release 22 -Xlint:all -Werror \
	-cp "$work/classes" -d "$work/classes" examples/*.java "${tests[@]}"
"${java[@]}" --add-opens java.base/sun.nio.ch=ALL-UNNAMED zcopy.Ktap \
	zcopy.LayoutTest zcopy.ArgumentsTest >"$work/out" 2>"$work/err"
rc=$?
while IFS= read -r line; do
	case $line in not*) ok=1 ;; *) ok=0 ;; esac
	ktap_ok $ok "${line#* - zcopy.}" || :
done < <(grep -E '^(not )?ok ' "$work/out")
ktap_ok $rc "the tests end well" || sed 's/^/# /' "$work/err"
"${java[@]}" zcopy.Ktap zcopy.ArgumentsTest >/dev/null 2>"$work/err"
grep -q 'IllegalStateException: zcopy needs --add-opens java.base/sun.nio.ch' "$work/err"
ktap_ok $? "without --add-opens it says what it needs" || sed 's/^/# /' "$work/err"
ktap_done

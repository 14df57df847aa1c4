#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# zcctl run: the program runs with its own arguments, environment and exit status, with
# or without the module; a report is written however the program ends.
set -u
. tests/lib/ktap.sh

zcctl=$(realpath "${ZCCTL:-build/user/zcctl}")
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
run() { "$zcctl" run -q "$@"; }

run -- sh -c 'exit 7'
ktap_is $? 7 "the exit status is the program's"
run -r "$dir/r" -- sh -c 'exit 7'
ktap_is $? 7 "with a report too"
run -r "$dir/r" -- sh -c 'kill -9 $$' 2>/dev/null
ktap_is $? 137 "one that a signal ends"
run -- "$dir/none" 2>/dev/null
ktap_is $? 127 "no such program"
run -r "$dir/r" -- "$dir/none" 2>/dev/null
ktap_is $? 127 "no such program, with a report"
touch "$dir/none"
run -- "$dir/none" 2>/dev/null
ktap_is $? 126 "a program that cannot be run"
ktap_is "$(run -- printf '%s|' -x 'a b' --)" "-x|a b|--|" "words after -- are the program's"
ktap_is "$(run printf '%s|' -j -r x)" "-j|-r|x|" "so are those after the program"
# shellcheck disable=SC2016 # expanded inside
LD_PRELOAD=/nonexistent.so run -- sh -c 'echo "$LD_PRELOAD"' >"$dir/out" 2>/dev/null
ktap_is "$(cat "$dir/out")" "$(dirname "$zcctl")/libzcopy-sendfile.so:/nonexistent.so" \
	"what was preloaded before stays"
run -r "$dir/no/r" -- true 2>/dev/null
ktap_is $? 1 "a report that cannot be written"

cp "$zcctl" "$dir/zcctl"
"$dir/zcctl" run -- true 2>"$dir/err"
ktap_is $? 0 "without the library it runs"
grep -q 'there is no libzcopy-sendfile.so' "$dir/err"
ktap_ok $? "and says so"

# Python calls sendfile from file to file: such calls are never taken; the report says why.
head -c 5000 /dev/urandom >"$dir/from"
cat >"$dir/copy.py" <<'E'
import os, sys
a, b = os.open(sys.argv[1], os.O_RDONLY), os.open(sys.argv[2], os.O_WRONLY | os.O_CREAT)
assert os.sendfile(b, a, 0, 5000) == 5000
if os.fork() == 0:
    assert os.sendfile(b, a, 0, 5000) == 5000
    os.kill(os.getpid(), 9)
os.wait()
E
run -r "$dir/r" -- python3 "$dir/copy.py" "$dir/from" "$dir/to"
ktap_is $? 0 "file to file passes"
ktap_is "$(sha256sum <"$dir/to")" "$(cat "$dir/from" "$dir/from" | sha256sum)" "byte by byte"
ktap_is "$(grep -c '"calls":1,"taken":0,"bytes":0,"passed":{"[a-z_]*":1}' "$dir/r")" 2 \
	"a line for each process, killed or not" || cat "$dir/r"
ZCOPY_SENDFILE=off run -r "$dir/r" -- python3 "$dir/copy.py" "$dir/from" "$dir/to"
ktap_is "$(grep -c '"passed":{"off":1}' "$dir/r")" 2 "ZCOPY_SENDFILE=off"
ktap_is "$(ls "$dir" | tr '\n' ' ')" "copy.py err from none out r to zcctl " "nothing is left behind"
ktap_done

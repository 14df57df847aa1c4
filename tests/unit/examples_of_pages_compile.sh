#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The C examples in the manual pages compile without a warning.  Without the module, those
# that need it end with 1 and say so, and the others work.
set -u
. tests/lib/ktap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

ktap_check "they compile" tests/build/page-examples "$work"
for page in user/man/*; do
	name=${page##*/}
	compgen -G "$work/$name-*" >/dev/null
	ktap_ok $? "$name has an example"
done

# run PROGRAM STATUS PATTERN: its exit status, and what it says
run() {
	local out rc
	out=$("$work/$1" 2>&1 </etc/passwd)
	rc=$?
	[ $rc -eq "$2" ] && grep -q -- "$3" <<<"$out"
	ktap_ok $? "$1 runs" || ktap_note "status $rc: $out"
	rm -f "$work/$1"
}

run zcopy_strerror.3-1 0 '^uring  *io_uring commands on the device$'
run zcopy_list_new.3-1 0 '^4 elements$'
run zcopy_nl_open_record.3-2 1 '^no recording$'
run zcopy-sendfile.1-1 0 '^root:'
if [ -e /dev/zcopy ] || [ -e /proc/net/zcopy ]; then
	ktap_skip "those that need the module: it is loaded here"
else
	for program in "$work"/*; do
		name=${program##*/}
		case $name in
		*.[cho] | *.sh | *.txt) ;;
		*_nl_submit.3-*) run "$name" 1 'cannot open /dev/zcopy' ;;
		*_nl_*) run "$name" 1 'the module is not loaded' ;;
		*) run "$name" 1 'cannot open /dev/zcopy: No such file or directory' ;;
		esac
	done
fi
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The scripts for bpftrace run, and count what the module counts.
# guest: timeout=600 skip-on=debug
. /tests/lib/userland.sh

make_file small 4
make_file big 4096

# Sums what the counters grew by since all_counters wrote them.
all_counters() { cat /proc/zcopy/stats >/tmp/before; }
grown() {
	local n sum=0
	for n in "$@"; do
		sum=$((sum + $(counter "$n") - $(awk -v n="$n" '$1 == n { print $2 }' /tmp/before)))
	done
	echo $sum
}

# watch SCRIPT [WORD]: runs it as long as there is traffic; its output goes to /tmp/out.
watch() {
	all_counters
	bpftrace -o /tmp/out -c "/bin/bash /tests/lib/traffic.sh ${2-}" "/tests/watch/$1" >/tmp/log 2>&1
	ktap_ok $? "$1 runs" || sed 's/^/# /' /tmp/log
	sed 's/^/# /' /tmp/out
}

# total MAP [KEY]: the sum of the map's values, of all keys or of one.
total() {
	awk -v map="@$1[" -v key="${2-}" 'index($0, map key) == 1 && $NF ~ /^[0-9]+$/ { n += $NF }
		END { print n + 0 }' /tmp/out
}

watch ends.bt
ktap_is "$(total ends 'done]')" "$(grown transfers_completed)" "ends.bt: completed"
ktap_is "$(total ends 'cancelled]')" "$(grown transfers_cancelled)" "ends.bt: cancelled"
ktap_is "$(total ends)" "$(grown transfers_submitted)" "ends.bt: all"
ktap_is "$(total bytes)" "$(grown bytes_by_ref bytes_copied)" "ends.bt: bytes"
[ "$(total ends 'done]')" -ge 24 ] && [ "$(total ends 'cancelled]')" -eq 1 ]
ktap_ok $? "ends.bt: there was something to count" || :
timed=$(awk '/^@/ { on = index($0, "@microseconds[done]:") == 1 }
	on && sub(/^\[[^)\]]*[)\]] */, "") { n += $1 } END { print n + 0 }' /tmp/out)
ktap_is "$timed" "$(total ends 'done]')" "ends.bt: how long each took"

watch refusals.bt
ktap_is "$(total refusals 'no_such_transfer, zcctl]')" "$(grown reject_no_such_transfer)" \
	"refusals.bt: by reason and program"
ktap_is "$(total refusals 'no_such_transfer, zcctl]')" 2 "refusals.bt: both"

watch turns.bt
ktap_is "$(total turns)" "$(grown turns)" "turns.bt: turns"
ktap_is "$(total bytes)" "$(grown bytes_by_ref bytes_copied)" "turns.bt: bytes"
[ "$(total turns 'ended]')" -ge 24 ] && [ "$(total turns 'rate used up]')" -ge 1 ]
ktap_ok $? "turns.bt: there was something to count" || :

watch stuck.bt stuck
ktap_is "$(total stuck '0]')" "$(grown workers_stuck)" "stuck.bt: workers"
grep -qE '^[0-9:]{8} user 0, worker [0-9]+, waits for a local disk$' /tmp/out
ktap_ok $? "stuck.bt: says which, and what for" || :
# Lines of the manual, too
while IFS= read -r line; do
	bpftrace -o /tmp/out -c "/bin/bash /tests/lib/traffic.sh" -e "$line" >/tmp/log 2>&1 &&
		grep -q '^@' /tmp/out
	ktap_ok $? "it runs and prints: ${line%%\{*}" || sed 's/^/# /' /tmp/log /tmp/out
done < <(sed -n "s/^    bpftrace -e '\(.*\)'$/\1/p" /tests/watch/README.md)
[ "$KTAP_COUNT" -ge 19 ]
ktap_ok $? "the manual has lines" || :
ktap_done

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What two versions of Kafka must do. Sourced by tests/guest/servers/kafka*.sh.

TAIL=100

# Of a call that is too small the report has no bytes: less than 32 KiB.
SHARE='
import json, sys
calls = [json.loads(line) for line in open(sys.argv[1])]
taken = sum(c["bytes"] for c in calls)
small = sum(c["passed"].pop("too_small", 0) for c in calls)
print(taken, small, calls)
assert taken >= 9 * small * 32768 and not any(c["passed"] for c in calls)
'

# The client: fills the log the first time; two consumers read it from the beginning,
# then one reads what comes after its end.
kafka_get() {
	local n cpu pid
	set -e
	[ -e filled ] || produce <all
	touch filled
	n=$(wc -l <all)
	cpu=$(kafka_cpu)
	consume "$n" --offset earliest | hash "all of it, first" >first &
	pid=$!
	consume "$n" --offset earliest | hash "all of it, second"
	wait $pid
	cat first
	# shellcheck disable=SC2154 # that of both()
	echo "$mode $cpu $(kafka_cpu)" >>cpu
	n=$(($(cat end) + n))
	consume $TAIL --offset "$n" | hash tail &
	pid=$!
	sleep 20
	head -n $TAIL all | produce
	echo $((n - $(wc -l <all) + TAIL)) >end
	wait $pid
}

# kafka_read N: a log of N messages of 64 KiB, in several segments.
kafka_read() {
	local size
	kafka_conf <<<"log.segment.bytes=$(($1 * 16384))"
	make_lines all "$1"
	echo 0 >end
	size=$(stat -c %s all)
	{
		hash "all of it, first" <all
		hash "all of it, second" <all
		head -n $TAIL all | hash tail
	} >/tmp/want
	ktap_note "$(wc -l <all) messages, $size bytes"
	both "Kafka $KAFKA_VERSION" $(((size * 2 + TAIL * 65536) * 9 / 10)) kafka_get "${KAFKA[@]}"
	[ "$(segments | wc -l)" -ge 4 ]
	ktap_ok $? "Kafka $KAFKA_VERSION: the log has $(segments | wc -l) segments" || :
	ktap_check "Kafka $KAFKA_VERSION: 90 % of what goes to sendfile are by the module" \
		python3 -c "$SHARE" /tmp/report
	awk -v mib=$((size * 2 / 1048576)) '{ printf "# %s: %.1f ms of CPU a MiB in the " \
		"broker, %.1f in its kernel part\n", $1, ($4 + $5 - $2 - $3) / mib,
		($5 - $3) / mib }' cpu
}

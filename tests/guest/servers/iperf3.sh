#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# iperf3 -Z: the client is the sender. As many bytes arrive as it reports.
# guest: timeout=180
. /tests/lib/userland.sh

PORT=5201
iperf3 -s -B 127.0.0.1 -p $PORT >/tmp/server.log 2>&1 &
for _ in $(seq 100); do
	listens $PORT && break
	sleep 0.1
done
for mode in plain interposed; do
	before=$(counter bytes_by_ref)
	run=()
	[ $mode = plain ] || run=(zcctl run -r /tmp/report --)
	"${run[@]}" iperf3 -c 127.0.0.1 -p $PORT -Z -n 64M -J >/tmp/$mode.json 2>&1
	ktap_ok $? "iperf3 -Z: $mode" || sed 's/^/# /' /tmp/$mode.json
	said=$(python3 -c 'import json, sys
print(json.load(open(sys.argv[1]))["end"]["sum_sent"]["bytes"])' /tmp/$mode.json)
	ref=$(($(counter bytes_by_ref) - before))
	[ "${said:-0}" -ge 67108864 ]
	ktap_ok $? "iperf3 -Z: $mode: $said bytes sent" || :
	if [ $mode = plain ]; then
		ktap_is $ref 0 "iperf3 -Z: plain: nothing goes through the module"
	else
		# The rest of a block of 128 KiB may be too small for the module.
		[ $ref -ge $((said - 131072)) ]
		ktap_ok $? "iperf3 -Z: $ref bytes by reference" || :
	fi
done
sed 's/^/# /' /tmp/report
kill %1
ktap_done

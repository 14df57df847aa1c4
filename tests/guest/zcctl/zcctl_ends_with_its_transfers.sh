#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A send that is not detached ends with zcctl, whatever signal ends zcctl.  A
# detached send goes on.  A recv and a bench that end leave no process and no
# transfer.
# guest: timeout=120
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/zcctl.sh

live() { is transfers_active "$1"; }

nr_zcctl() {
	local pids
	read -ra pids < <(pidof zcctl)
	[ ${#pids[@]} -eq "$1" ]
}

# A peer that does not read
head -c 20000000 /dev/zero >file
receiver -1 9000
kill -STOP $peer

for sig in KILL HUP TERM PIPE; do
	counter transfers_cancelled
	before=$COUNTER
	zcctl send file 127.0.0.1:9000 127.0.0.1:9000 >/dev/null 2>&1 &
	sender=$!
	until_ok live 2
	ktap_ok $? "$sig: two are live"
	kill -$sig $sender
	wait $sender 2>/dev/null
	until_ok live 0
	ktap_ok $? "$sig: none is when zcctl is gone"
	counter transfers_cancelled
	ktap_is "$COUNTER" $((before + 2)) "$sig: they were cancelled"
done

kill -KILL $peer
wait $peer 2>/dev/null
receiver -1 9000
kill -STOP $peer
setsid zcctl send --detach file 127.0.0.1:9000 >id
nap 0.5
live 1
ktap_ok $? "--detach: it goes on"
kill -CONT $peer
wait $peer
ktap_is $? 0 "--detach: and arrives"
until_ok live 0

for sig in KILL HUP TERM; do
	receiver 9001
	exec 5<>/dev/tcp/127.0.0.1/9001
	until_ok nr_zcctl 2
	kill -$sig $peer
	wait $peer 2>/dev/null
	until_ok nr_zcctl 0
	ktap_ok $? "recv, $sig: the process of its connection ends too"
	: >ready
	zcctl recv -1 9001 >/dev/null 2>ready &
	peer=$!
	until_ok contains ready listening
	ktap_ok $? "recv, $sig: the port is free"
	kill $peer
	wait $peer 2>/dev/null
	exec 5>&-
	rm ready
done

for sig in KILL HUP TERM; do
	zcctl bench >/dev/null 2>&1 &
	bench=$!
	until_ok nr_zcctl 2
	nap 0.3
	kill -$sig $bench
	wait $bench 2>/dev/null
	until_ok nr_zcctl 0 && until_ok live 0
	ktap_ok $? "bench, $sig: no process and no transfer is left"
done
ktap_done

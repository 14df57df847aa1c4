#!/bin/bash
# A send that is not detached ends with zcctl, whatever signal ends zcctl.  A
# detached send goes on.  A recv and a bench that end leave no process and no
# transfer.
# guest: timeout=120
set -u
. /tests/lib/ktap.sh

until_ok() {
	for _ in $(seq 100); do
		"$@" && return 0
		sleep 0.1
	done
	return 1
}

field() { sed -n "s/^$1 //p" /proc/net/zcopy/stats; }
live() { [ "$(field transfers_active)" -eq "$1" ]; }
nr_zcctl() { [ "$(pidof zcctl | wc -w)" -eq "$1" ]; }

# A peer that does not read
head -c 20000000 /dev/urandom >file
zcctl recv -1 9000 >/dev/null 2>ready &
peer=$!
until_ok test -s ready
kill -STOP $peer

for sig in KILL HUP TERM PIPE; do
	before=$(field transfers_cancelled)
	zcctl send file 127.0.0.1:9000 127.0.0.1:9000 >/dev/null 2>&1 &
	sender=$!
	until_ok live 2
	ktap_ok $? "$sig: two are live"
	kill -$sig $sender
	wait $sender 2>/dev/null
	until_ok live 0
	ktap_ok $? "$sig: none is when zcctl is gone"
	ktap_is "$(field transfers_cancelled)" $((before + 2)) "$sig: they were cancelled"
done

kill -KILL $peer
zcctl recv -1 9000 >/dev/null 2>ready &
peer=$!
until_ok grep -q listening ready
kill -STOP $peer
setsid zcctl send --detach file 127.0.0.1:9000 >id
sleep 0.5
live 1
ktap_ok $? "--detach: it goes on"
kill -CONT $peer
wait $peer
ktap_is $? 0 "--detach: and arrives"
until_ok live 0

for sig in KILL HUP TERM; do
	zcctl recv 9001 >/dev/null 2>ready &
	peer=$!
	until_ok grep -q listening ready
	exec 5<>/dev/tcp/127.0.0.1/9001
	until_ok nr_zcctl 2
	kill -$sig $peer
	wait $peer 2>/dev/null
	until_ok nr_zcctl 0
	ktap_ok $? "recv, $sig: the process of its connection ends too"
	zcctl recv -1 9001 >/dev/null 2>ready &
	peer=$!
	until_ok grep -q listening ready
	ktap_ok $? "recv, $sig: the port is free"
	kill $peer
	exec 5>&-
	rm ready
done

for sig in KILL HUP TERM; do
	zcctl bench >/dev/null 2>&1 &
	bench=$!
	sleep 1
	kill -$sig $bench
	wait $bench 2>/dev/null
	until_ok nr_zcctl 0 && until_ok live 0
	ktap_ok $? "bench, $sig: no process and no transfer is left"
done
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# When the module is unloaded and loaded again, monitor and top say so and continue
# with the new module, and drain ends.  No command waits for the old module, and a
# request for the old module is refused with a message.
# guest: timeout=120 skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/zcctl.sh

out() { until_ok rmmod zcopy 2>/dev/null; }
count() { grep -c -- "$1" "$2"; }

head -c 100000 /dev/urandom >file
send() {
	zcctl recv -1 -q 9000 >/dev/null &
	until_ok zcctl send -q file 127.0.0.1:9000 2>/dev/null
	wait $!
}

# events_come NUMBER: sends until monitor has told of more than so many ends.  It may not
# have joined the events of a module yet that came right after another one.  Leaves in
# sends how often it sent.
events_come() {
	for ((sends = 1; sends <= 5; sends++)); do
		send
		TRIES=30 until_ok eval '[ "$(count "\"event\":\"completed\"" events)" -gt '"$1"' ]' &&
			return
	done
	return 1
}

zcctl monitor -j >events 2>watching &
watcher=$!
zcctl monitor >lines 2>watching2 &
liner=$!
until_ok test -s watching
until_ok test -s watching2
zcctl top -j -n 1000 -d 0.5 >looks &
topper=$!
zcctl top -n 1000 -d 0.5 >words &
worder=$!
until_ok test -s looks
until_ok test -s words
send
until_ok contains events completed

for round in 1 2 3; do
	ktap_check "$round: the module goes while they look" out
	until_ok eval '[ "$(count "\"event\":\"gone\"" events)" -eq '$round' ]'
	nap 0.5
	insmod /zcopy.ko || ktap_ok 1 "insmod"
	# a second time, before monitor and top have looked
	if [ $round -eq 3 ]; then
		out
		insmod /zcopy.ko
	fi
	until_ok eval '[ "$(count "\"event\":\"back\"" events)" -ge '$round' ]'
	ktap_ok $? "$round: monitor says that it is back"
	until_ok eval '[ "$(count "\"event\":\"back\"" looks)" -ge '$round' ]'
	ktap_ok $? "$round: so does top"
	before=$(count '"event":"completed"' events)
	nap 0.3
	events_come "$before"
	ktap_ok $? "$round: events come again"
	ktap_ok "$(kill -0 $watcher && kill -0 $topper; echo $?)" "$round: nobody has left"
done
until_ok eval '[ "$(tail -n 1 looks | grep -c "\"transfers_completed\":'$sends',")" -eq 1 ]'
ktap_ok $? "top counts from the beginning" || tail -n 1 looks
ktap_ok "$(says lines ' gone .*unloaded'; echo $?)" "monitor, in words: gone"
ktap_ok "$(says lines ' back .*loaded again'; echo $?)" "monitor, in words: back"
ktap_ok "$(says words 'the module was unloaded' && says words 'loaded again'; echo $?)" \
	"top, in words"
[ "$(count . lines)" -lt 60 ]
ktap_ok $? "they are said once"

out
nap 1
for pid in $watcher $liner $topper $worder; do
	kill -TERM "$pid"
	wait "$pid"
	ktap_is $? 0 "they end in peace without a module too"
done

# A drain that started before the module was replaced
insmod /zcopy.ko
zcctl recv -1 -q 9000 >/dev/null &
peer=$!
until_ok eval 'zcctl send --detach --rate 1 file 127.0.0.1:9000 >id 2>/dev/null'
zcctl drain -j >drained &
drainer=$!
# It opens this after its connection to the module.
TRIES=300 until_ok eval "ls -l /proc/$drainer/fd | grep -q signalfd"
kill -STOP $drainer
zcctl cancel --all >/dev/null
ktap_check "the module goes under a drain" out
kill -CONT $drainer
wait $drainer
ktap_is "$? $(count '"gone":true' drained)" "0 1" "drain ends, and says so"
kill $peer
wait $peer 2>/dev/null
zcctl list >/dev/null 2>said
ktap_is $? 3 "list without it"
ktap_done

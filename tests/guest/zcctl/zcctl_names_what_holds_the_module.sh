#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# If rmmod refuses to unload the module although no transfer is live, drain, doctor
# and the counters name the cause: a process that has the device open, a ring, or
# ended transfers whose pages the network still holds.
# guest: timeout=120 skip-on=debug takes=12
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh

out=$(zcctl drain -j)
ktap_ok "$(grep -q '"devices_open":0,"transfers_held":0' <<<"$out"; echo $?)" \
	"nothing holds it" || ktap_note "$out"
ktap_check "drain -A agrees" zcctl drain -A
out=$(unshare -m sh -c 'umount -l /sys && zcctl drain -A' 2>&1)
ktap_is $? 1 "without the module's reference count, drain -A fails"
ktap_ok "$(grep -q 'does not tell if it is in use' <<<"$out"; echo $?)" "in words" || ktap_note "$out"
zcctl doctor | grep -q '^ok .*nothing keeps the module'
ktap_ok $? "and doctor"

# A program with the device open, three times
(exec -a holder bash -c 'exec 7<>/dev/zcopy 8<>/dev/zcopy 9<>/dev/zcopy; read -ru '"$NEVER") &
holder=$!
until_ok is devices_open 3
ktap_ok $? "/proc/zcopy/stats counts open devices"
rmmod zcopy 2>/dev/null
ktap_is $? 1 "rmmod is refused"
out=$(zcctl drain)
ktap_is $? 0 "drain: no transfer is live"
ktap_ok "$(grep -q "in use by 3 open /dev/zcopy: in bash (process $holder)" <<<"$out"; echo $?)" \
	"drain: who has it open" || ktap_note "$out"
SECONDS=0
out=$(zcctl drain -A 2>&1)
ktap_is $? 1 "drain -A: it cannot be unloaded"
[ $SECONDS -lt 30 ]
ktap_ok $? "drain -A: in bounded time"
ktap_ok "$(grep -q "process $holder" <<<"$out"; echo $?)" "drain -A: who" || ktap_note "$out"
ktap_ok "$(zcctl drain -j | grep -q "\"pid\":$holder,\"comm\":\"bash\""; echo $?)" "drain -j: who"
ktap_ok "$(zcctl doctor | grep -q "^note .*process $holder"; echo $?)" "doctor: who"
zcctl stats --prometheus | grep -q '^# TYPE zcopy_devices_open gauge'
ktap_ok $? "a gauge"
setpriv --reuid 65534 --clear-groups zcctl drain 2>/dev/null |
	grep -q '3 open /dev/zcopy in no process that can be seen'
ktap_ok $? "a stranger is told of no process"
kill $holder
wait $holder 2>/dev/null
until_ok is devices_open 0
ktap_check "when it has ended, nothing does" zcctl drain -A

# sent: leaves in SENT how many bytes the first live transfer has sent.
sent() {
	local lines words
	mapfile -t lines </proc/net/zcopy/transfers
	read -ra words <<<"${lines[1]-}"
	SENT=${words[5]:-0}
}

sends_more() { sent; [ "$SENT" -gt "$1" ]; }

# An ended transfer whose peer reads nothing: the network still holds its buffers
for round in cancelled killed; do
	ip link add zh0 type veth peer name zh1 2>/dev/null
	ip netns add far 2>/dev/null
	ip link set zh1 netns far
	ip addr add 10.7.7.1/24 dev zh0
	ip link set zh0 up
	ip -n far addr add 10.7.7.2/24 dev zh1
	ip -n far link set zh1 up
	: >ready2
	ip netns exec far zcctl recv 9000 >/dev/null 2>ready2 &
	far=$!
	until_ok contains ready2 listening
	head -c 4000000 /dev/zero >file
	zcctl send --until released --rate 100K file 10.7.7.2:9000 >/dev/null 2>&1 &
	sender=$!
	until_ok sends_more 0
	ip -n far link set zh1 down
	# What it sends from now on does not arrive.
	sent
	until_ok sends_more "$SENT"
	if [ $round = cancelled ]; then
		zcctl cancel --all >/dev/null
	else
		kill -KILL $sender
	fi
	wait $sender 2>/dev/null
	until_ok is transfers_active 0
	ktap_ok $? "$round: it has ended"
	if is transfers_held 0; then
		ktap_note "$round: nothing was on its way"
	fi
	until_ok is transfers_held 1
	ktap_ok $? "$round: the network holds its pages"
	out=$(zcctl drain -A -t 1 2>&1)
	ktap_is $? 1 "$round: drain -A: it cannot be unloaded"
	ktap_ok "$(grep -q '1 ended transfers whose pages the network still holds' <<<"$out"; echo $?)" \
		"$round: drain -A: why" || ktap_note "$out"
	counter transfers_held
	ktap_is "$COUNTER" 1 "$round: it is counted"
	ip link del zh0
	ss -K dst 10.7.7.2 >/dev/null 2>&1
	kill $far
	wait $far 2>/dev/null
	ip netns del far
	until_ok is transfers_held 0
	ktap_ok $? "$round: until the connection is gone"
	ktap_check "$round: then nothing holds it" zcctl drain -A -t 20
done
ktap_done

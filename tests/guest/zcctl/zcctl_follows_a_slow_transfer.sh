#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# zcctl with a transfer to a peer that does not read: list, show, monitor, cancel,
# interruption, detaching, and the message for a peer that goes away.
# guest: timeout=90 skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/zcctl.sh

live() { is transfers_active "$1"; }
listed() { [ "$(zcctl list -j | grep -o '"id":' | wc -l)" -eq "$1" ]; }
stuck() { zcctl show -j "$1" | grep -q '"state":"socket"'; }
# The transfer may take a turn at any time.
shown() {
	row=$(zcctl list | sed -n 2p | awk '{ print $1, $2, $3 }')
	[ "$row" = "$1" ]
}
# sends: true if the first live transfer has sent bytes.
sends() {
	local lines words
	mapfile -t lines </proc/net/zcopy/transfers
	read -ra words <<<"${lines[1]-}"
	[ "${words[5]:-0}" -gt 0 ]
}
ended() { [ "$(grep -c '"event":"completed"' events)" -ge "$1" ]; }

head -c 20000000 /dev/zero >file
receiver 9000
kill -STOP $peer

zcctl monitor -j >events 2>watching &
watcher=$!
until_ok test -s watching

id=$(zcctl send --detach file 127.0.0.1:9000)
ktap_is "$?" 0 "--detach: exit status"
ktap_ok "$(until_ok stuck "$id"; echo $?)" "it goes on, and waits for the socket"
out=$(zcctl show -j "$id")
ktap_is "$(field status "$out") $(field comm "$out") $(field peer "$out") $(field user "$out")" \
	"running zcctl 127.0.0.1:9000 root" "show: who and where"
case $(field file "$out") in */file) ok=0 ;; *) ok=1 ;; esac
ktap_ok $ok "show: the file's name" || ktap_note "$out"
until_ok shown "$id root socket"
ktap_is "$row" "$id root socket" "list"
ktap_is "$(zcctl cancel -j "$id")" '{"cancelled":1,"errors":[],"stuck":[]}' "cancel"
ktap_ok "$(until_ok listed 0; echo $?)" "it is gone"
out=$(zcctl cancel "$id" 2>&1)
ktap_is $? 1 "cancelling it again: exit status"

zcctl send -j file 127.0.0.1:9000 >result &
sender=$!
until_ok sends
kill -INT $sender
wait $sender
ktap_is $? 1 "interrupted: exit status"
out=$(cat result)
ktap_is "$(field status "$out")" cancelled "interrupted: status"
[ "$(field bytes "$out")" -gt 0 ] && [ "$(field bytes "$out")" -lt 20000000 ]
ktap_ok $? "interrupted: how many bytes went" || ktap_note "$out"

zcctl send --detach file 127.0.0.1:9000 >/dev/null
nap 0.3
listed 1
ktap_ok $? "detached: it runs on"
zcctl drain --timeout 1 >/dev/null 2>&1
ktap_is $? 1 "drain: still live after a second"
# A worker that gets no CPU is told in a line before.
ktap_is "$(zcctl cancel --all | tail -n 1)" "1 cancelled" "cancel --all"
ktap_check "drain: none live" zcctl drain --timeout 20

zcctl send -j file 127.0.0.1:9000 >result &
sender=$!
until_ok live 1
kill -KILL $peer
wait $sender
ktap_is "$? $(field status "$(cat result)")" "1 socket_error" "the peer goes away"
zcctl send file 127.0.0.1:9000 >/dev/null 2>words
ktap_is "$?" 1 "nobody there: exit status"
ktap_ok "$(says words 'cannot connect to 127.0.0.1:9000: Connection refused'; echo $?)" \
	"nobody there: words"

TRIES=300 until_ok ended 4
kill -TERM $watcher
wait $watcher
ktap_is $? 0 "monitor: ends in peace"
ktap_is "$(grep -c '"event":"submitted"' events) $(grep -c '"event":"completed"' events)" \
	"4 4" "monitor: every beginning and every end"
ktap_is "$(grep '"event":"completed"' events | grep -c '"status":"cancelled"')" 3 \
	"monitor: how they ended"
grep -q '"file":"/' events
ktap_is $? 1 "events name no files"
ktap_done

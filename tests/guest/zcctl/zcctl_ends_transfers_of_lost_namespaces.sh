#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Detached transfers live in a network namespace that has no process any more.
# zcctl -A lists them and says so, shows them and cancels them; then the module can
# be unloaded.
# guest: timeout=90
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/zcctl.sh

TRIES=$((2 * TRIES))

# shellcheck disable=SC2317 # called by until_ok
unused() { [ "$(cat /sys/module/zcopy/refcnt)" = 0 ]; }

# shellcheck disable=SC2317 # called by until_ok
elsewhere() { [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]; }

truncate -s 8M file
{ ip netns add lost && ip link add zl0 type veth peer name zl1 netns lost &&
	ip addr add 10.9.7.1/24 dev zl0 && ip link set zl0 up &&
	ip -n lost addr add 10.9.7.2/24 dev zl1 && ip -n lost link set zl1 up; } ||
	ktap_skip_all "no veth here"
receiver -1 --discard 10.9.7.1:9300
kill -STOP $peer
ip netns exec lost sleep 600 &
stays=$!
until_ok elsewhere $stays
id=$(ip netns exec lost zcctl send --detach --rate 1K file 10.9.7.1:9300)
ktap_ok $? "a detached transfer in a namespace" || ktap_note "$id"

ktap_is "$(zcctl list -j)" "[]" "it is in no list of another namespace"
out=$(zcctl list -A -j)
ktap_is "$(grep -o '"netns_process":[a-z]*' <<<"$out")" '"netns_process":true' \
	"-A lists it, and a process in its namespace" || ktap_note "$out"
kill -KILL $stays
wait $stays 2>/dev/null
ip netns del lost

ktap_is "$(zcctl list -A -j | grep -o '"netns_process":[a-z]*')" \
	'"netns_process":false' "then without one"
zcctl list -A | grep -q '(no process)'
ktap_ok $? "in words" || ktap_note "$(zcctl list -A)"
ktap_is "$(field id "$(zcctl show -A -j "$id")")" "$id" "it is shown"
zcctl show "$id" >/dev/null 2>&1
ktap_is $? 1 "not as one of this namespace"
zcctl drain -A -t 0 >/dev/null 2>&1
ktap_is $? 1 "drain -A waits for it"
zcctl drain -t 0 >/dev/null
ktap_is $? 0 "drain does not"
ktap_is "$(field rate_limit "$(zcctl rate -A -j "$id" 2K)")" 2048 "its rate is set"
ktap_is "$(field cancelled "$(zcctl cancel -A -j "$id")")" 1 "it is cancelled"
zcctl drain -A -t 20 >/dev/null
ktap_is $? 0 "drain -A sees it end"
kill -KILL $peer
until_ok unused
ktap_ok $? "nothing uses the module"
ktap_done

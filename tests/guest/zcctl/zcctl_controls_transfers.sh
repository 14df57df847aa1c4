#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# zcctl sets rates and time limits of transfers, sends to several peers at once, and
# sets limits.  For a feature that this kernel or module does not offer, zcctl says
# so and exits with 3, and the test leaves it out.
# guest: timeout=120 takes=10 skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/zcctl.sh

has() { grep -q "\"$1\":true" offered; }
# How many rows are settings, which nobody uses up
settings_of() { grep -o '"name":"[a-z_]*"' "$1" | grep -vc '"max_'; }

TRIES=$((2 * TRIES))

# shellcheck disable=SC2317 # called by until_ok
find_id() {
	id=$(field id "$(zcctl list -j | tr -d '[]')")
	[ -n "$id" ]
}

# without FEATURE OPTION...: checks that a missing feature is refused in words
without() {
	local name=$1 out
	shift
	out=$(zcctl send -j file 127.0.0.1:1 "$@")
	ktap_is "$? $(grep -c 'does not offer' <<<"$out")" "3 1" \
		"no $name: exit 3, in words" || ktap_note "$out"
	ktap_skip "$name: not offered by this kernel or module"
}

zcctl features -j >offered
head -c 4000000 /dev/urandom >file

if has rate; then
	receiver -1 -j 9200
	zcctl send -j --rate 1M -l 2M file 127.0.0.1:9200 >result
	ktap_is "$? $(field status "$(cat result)")" "0 done" "rate: done"
	# 2 MiB at 1 MiB/s: a first piece may go at once, the rest at the rate
	[ "$(field duration_ns "$(cat result)")" -gt 1000000000 ]
	ktap_ok $? "rate: it takes its time" || ktap_note "$(cat result)"
	wait $peer
	ktap_is "$(field sha256 "$(cat report)")" \
		"$(head -c 2097152 file | sha256sum | cut -d' ' -f1)" "rate: every byte"

	receiver -1 -j 9201
	zcctl send -j --rate 10K file 127.0.0.1:9201 >result &
	sender=$!
	until_ok find_id
	ktap_is "$(field rate_limit "$(zcctl show -j "$id")")" 10240 "rate: shown"
	ktap_is "$(zcctl rate -j "$id" 0)" "{\"id\":$id,\"rate_limit\":0}" "rate: changed" ||
		zcctl cancel "$id"
	wait $sender
	ktap_is "$?" 0 "rate: without one it ends"
	wait $peer
	zcctl rate "$id" 1M >/dev/null 2>&1
	ktap_is $? 1 "rate: of what is over is exit 1"
else
	without rate --rate 1M
fi

# Send and receive buffers grow to 4 and 6 MiB, depending on earlier connections.
truncate -s 64M more
receiver -j 9202
kill -STOP $peer
for limit in deadline idle; do
	if has $limit; then
		out=$(zcctl send -j --$limit 1.5 more 127.0.0.1:9202)
		ktap_is "$? $(field status "$out")" "1 $limit" \
			"$limit: a peer that does not read is given up" || ktap_note "$out"
	else
		without $limit --$limit 1.5
	fi
done
kill -KILL $peer
wait $peer 2>/dev/null

for until in acked released; do
	if has $until; then
		receiver -1 -j 9203
		out=$(zcctl send -j --until $until file 127.0.0.1:9203)
		ktap_is "$? $(field status "$out") $(field bytes "$out")" \
			"0 done 4000000" "until $until" || ktap_note "$out"
		wait $peer
	else
		without $until --until $until
	fi
done

if has fanout; then
	peers=() where=()
	for p in 9204 9205 9206; do
		: >ready
		zcctl recv -1 -j "$p" >"report$p" 2>ready &
		peers+=($!)
		where+=("127.0.0.1:$p")
		until_ok test -s ready
	done
	zcctl send -j --header head file "${where[@]}" >result
	ktap_is "$? $(field status "$(cat result)") $(field bytes "$(cat result)")" \
		"0 done $((3 * 4000004))" "fan-out: sums" || ktap_note "$(cat result)"
	ktap_is "$(grep -o '"peer":"[^"]*"' result | tr -d '"' | cut -d: -f2- | tr '\n' ' ')" \
		"${where[*]} " "fan-out: each peer"
	wait "${peers[@]}"
	sum=$({ printf head; cat file; } | sha256sum | cut -d' ' -f1)
	ktap_is "$(cat report92* | grep -c "$sum")" 3 "fan-out: every byte to every peer"
else
	without fanout 127.0.0.1:2
fi

if zcctl limits -j >table 2>/dev/null; then
	old=$(grep -o '"name":"max_user_transfers","value":[0-9]*' table | cut -d: -f3)
	ktap_ok "$([ -n "$old" ]; echo $?)" "limits: their names and values" ||
		ktap_note "$(cat table)"
	zcctl limits -j max_user_transfers 5 >table
	ktap_is "$? $(grep -o '"max_user_transfers","value":[0-9]*' table | cut -d: -f2)" \
		"0 5" "limits: set"
	zcctl limits max_nothing 5 >/dev/null 2>words
	ktap_is $? 1 "limits: one that is not there is exit 1" || ktap_note "$(cat words)"
	zcctl limits max_user_transfers "$old" >/dev/null
	ktap_is $? 0 "limits: set back"
	zcctl limits -j >table
	ktap_is "$(grep -o '"used":[0-9]' table | wc -l) $(grep -o '"used":null' table | wc -l)" \
		"$(grep -o '"max_' table | wc -l) $(settings_of table)" \
		"limits: root knows what all users have"
	as_nobody zcctl limits -j >table
	ktap_is "$(grep -o '"used":null' table | wc -l) $(grep -o '"used":0' table | wc -l)" \
		"$(($(grep -o '"max_user' table | wc -l) + $(settings_of table))) $(grep -o '"max_user' table | wc -l)" \
		"limits: others get null for it, and their own" || ktap_note "$(cat table)"
	as_nobody zcctl limits >table
	ktap_is "$(awk '$1 == "max_transfers" || $1 == "max_user_transfers" { print $3 }' \
		table | xargs)" "- 0" "limits: in the table it is -" ||
		ktap_note "$(cat table)"
else
	zcctl limits >/dev/null 2>&1
	ktap_is $? 3 "no limits: exit 3"
	ktap_skip "limits: this module tells none"
fi

ktap_is "$(zcctl top -j | sed 's/.*"live":\([0-9]*\).*/\1/')" 0 "top: nothing is live"
ktap_done

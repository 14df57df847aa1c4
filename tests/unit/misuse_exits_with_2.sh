#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# If zcctl cannot understand its arguments it says so and exits with 2, before it opens
# anything; with -j it prints an object on standard output.
set -u
. tests/lib/ktap.sh

zcctl=${ZCCTL:-build/user/zcctl}

# This recording does not exist: a verb that accepts its arguments exits with 1.
export ZCCTL_REPLAY=/nonexistent

misuse() {
	local out rc
	# A verb that accepts them and waits for a peer ends with 124.
	out=$(timeout 5 "$zcctl" "$@" 2>&1 </dev/null)
	rc=$?
	[ $rc -eq 2 ] && [ -n "$out" ]
	ktap_ok $? "misuse: zcctl ${*@Q}" || ktap_note "status $rc: $out"
}

misuse
misuse nonsense
misuse -x list
misuse list extra
misuse list --nonsense
misuse list -z
misuse show
misuse show 1 2
misuse show 0
misuse show abc
misuse show 1K
misuse show -- -1
misuse cancel
misuse cancel --all 1
misuse cancel 1 x
misuse cancel 0
misuse send
misuse send FILE
misuse send FILE nowhere
misuse send FILE ::1:80
misuse send FILE h:65536
misuse send FILE h:70000
misuse send FILE h:-1
misuse recv 65536
misuse recv 127.0.0.1:70000
misuse recv $'\t70000'
misuse recv $'\n70000'
misuse recv $'\v+70000'
misuse recv $'\r4464'
misuse recv $'\thttp'
misuse send FILE $'h:\f-1'
misuse send FILE h:1 nowhere
misuse send FILE h:1 -o
misuse send FILE h:1 -o x
misuse send FILE h:1 -l -5
misuse send FILE h:1 -o 1 -o 2
misuse send FILE h:1 --range 5
misuse send FILE h:1 --range x:5 --range 0:5
misuse send FILE h:1 --range 0:5 -l 5
misuse send FILE h:1 --until later
misuse send FILE h:1 --end cork
misuse send FILE h:1 --quiet=yes
misuse send FILE h:1 --rate fast
misuse send FILE h:1 --deadline 0
misuse send FILE h:1 --deadline 1x
misuse send FILE h:1 --idle -1
misuse send FILE h:1 --idle 9999999999999h
misuse send FILE h:1 --readahead x
misuse rate
misuse rate 1
misuse rate 0 1M
misuse rate x 1M
misuse rate 1 fast
misuse top x
misuse top -n 0
misuse top -n x
misuse top -d 0
misuse top -d 0.01
misuse top -s nothing
misuse bench x
misuse bench 0
misuse bench +4K
misuse bench 1M+4K
misuse bench 4K -m nothing
misuse bench -t x
misuse limits x
misuse limits max_transfers
misuse limits max_transfers x
misuse limits '' 5
misuse limits a 1 b 2
misuse recv
misuse recv 1 2
misuse recv h:
misuse recv 1 --discard -o F
misuse drain x
misuse drain -t x
misuse drain --timeout 99999999999999
misuse monitor -n 0
misuse monitor -n x
misuse stats --prometheus -j
misuse stats x
misuse features x
misuse run
misuse run --report x
misuse run -z -- true
misuse help nonsense
misuse help list show

json=$("$zcctl" -j show abc 2>/dev/null)
ktap_is "$json" '{"error":"show: \"abc\" is no transfer'\''s number","errno":0,"hint":"see: zcctl help show"}' \
	"as JSON: an object on standard output"
ktap_is "$("$zcctl" list --nonsense -j 2>&1 >/dev/null)" "" \
	"as JSON: nothing on standard error"
# -j belongs to zcctl unless it is an option's value or an argument of a program to run
words() {
	local want=$1
	shift
	case $("$zcctl" "$@" 2>/dev/null) in '{"error":'*) got=json ;; '') got=words ;; *) got=both ;; esac
	ktap_is $got "$want" "errors as $want: zcctl $*"
}
words json nonsense -j
words json list -q -j
words json run -j /nonexistent
words json run --report /dev/null/x -j /nonexistent
words words run /nonexistent -j
words words run -- /nonexistent --json
words words send --header -j /nonexistent
words words send --header=-j /nonexistent
words json send --header -j /nonexistent -j
words words bench -m -j

suggests() {
	local want=$1
	shift
	ktap_is "$("$zcctl" "$@" 2>&1 | grep -o 'did you mean.*')" \
		"${want:+did you mean $want?}" "zcctl $*: suggests ${want:-nothing}"
}
suggests '"send"' sned
suggests '"list"' lst
suggests '"features"' feat
suggests '"monitor"' help montior
suggests '--until' send --utnil=acked F h:1
suggests '--rate' send --rte 1 F h:1
suggests '--json' list --jsn
suggests '' sendfile2
suggests '' x
suggests '' completio
suggests '' list --nonsense

verbs() {
	python3 -c 'import json, sys
print(*(c["name"] for c in json.load(sys.stdin)["commands"]))'
}
ktap_is "$("$zcctl" help -j rate | verbs)" rate "help -j VERB: one verb"
ktap_ok "$(("$("$zcctl" help -j | verbs | wc -w)" < 10))" "help -j: all"

"$zcctl" list >/dev/null 2>&1
ktap_is $? 1 "understood, but failed: 1"
ktap_done

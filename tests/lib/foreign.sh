# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For tests of what other languages bring: turns what their test runners print into KTAP,
# and asks example servers for files.  Sourced, after ktap.sh; example needs userland.sh.

# foreign python|go CMD…: runs a command, prints a row for each of its tests, and one
# for its exit status.  If that is not 0, the output follows.
foreign() {
	local how=$1 rc=0 line verdict name out
	shift
	out=$(mktemp)
	"$@" >"$out" 2>&1 || rc=$?
	while IFS= read -r line; do
		case $how:$line in
		"python:test_"*" ... "*) name=${line%% *} verdict=${line##* ... } ;;
		"go:--- "*) line=${line#--- } verdict=${line%%:*} name=${line#*: } name=${name% (*} ;;
		*) continue ;;
		esac
		case $verdict in
		ok | PASS) ktap_ok 0 "$name" ;;
		skipped* | SKIP*) ktap_skip "$name: ${verdict#skipped }" ;;
		*) ktap_ok 1 "$name" || : ;;
		esac
	done <"$out"
	ktap_ok $rc "the $how tests end well" || sed 's/^/# /' "$out"
	rm -f "$out"
}

# The range RANGE of big is COUNT bytes from FIRST.
example_range() {
	curl -sSf -r "$1" $U/big | cmp - <(tail -c "+$(($2 + 1))" big | head -c "$3")
	ktap_ok $? "the example: range $1" || :
}

example_status() {
	local want=$1 name=$2
	shift 2
	ktap_is "$(curl -s -o /dev/null -w '%{http_code}' "$@")" "$want" "the example: $name"
}

none_lives() { [ "$(counter transfers_active)" = 0 ]; }

# example CMD…: starts a server CMD that listens on PORT and serves /srv, and asks it as
# fast, slow and closed peers do.  U is its address.
example() {
	local before ref n clients=() wrong=0
	cd /srv || return
	make_file small 3
	make_file big 20480
	before=$(sent)
	start plain "$@"
	ktap_ok $? "the example listens" || return
	curl -sSf $U/big | cmp - big
	ktap_ok $? "the example: a file" || :
	example_range 1000-5000000 1000 4999001
	example_range 20000000- 20000000 971520
	example_range -5 20971515 5
	# shellcheck disable=SC2046 # words are meant
	curl -sSf -w '%{stderr}%{num_connects}\n' $(yes $U/small $U/big | head -n 3) \
		2>/tmp/connects | cmp - <(cat {small,big,small,big,small,big})
	ktap_ok $? "the example: six files" || :
	ktap_is "$(sort /tmp/connects | uniq -c | xargs)" "5 0 1 1" "the example: on one connection"
	curl -sSf --limit-rate 8M $U/big | cmp - big
	ktap_ok $? "the example: to a slow client" || :
	for n in 1 2 3; do
		curl -s --limit-rate 1M $U/big | head -c 100000 | cmp - <(head -c 100000 big)
		ktap_ok $? "the example: to a client that goes, $n" || :
	done
	for _ in {1..12}; do
		(curl -sSf $U/big | cmp - big) &
		clients+=($!)
	done
	for n in "${clients[@]}"; do wait "$n" || wrong=$((wrong + 1)); done
	ktap_is $wrong 0 "the example: twelve clients at a time"
	example_status 404 "nothing from elsewhere" --path-as-is $U/../etc/passwd
	example_status 416 "no range behind the end" -r 20971520- $U/big
	for ((n = 0; n < 100 * SLOW; n++)); do
		! none_lives || break
		sleep 0.1
	done
	none_lives
	ktap_ok $? "the example: no transfer is left" || :
	stop
	ref=$(($(sent) - before))
	[ $ref -ge 360000000 ]
	ktap_ok $? "the example: $ref bytes by the module, of 360000000 at least" ||
		sed 's/^/# /' /tmp/plain.log
}

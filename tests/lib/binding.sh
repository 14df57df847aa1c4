# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Asks the example server of a binding for files, whole and in parts, as fast, slow and
# closed peers do. Sourced, after userland.sh.

U=http://127.0.0.1:$PORT

# is_part RANGE FIRST COUNT: asks for a range of big, and compares.
is_part() {
	curl -sSf -r "$1" $U/big | cmp - <(tail -c "+$(($2 + 1))" big | head -c "$3")
	ktap_ok $? "the example: range $1" || :
}

status_is() {
	local want=$1 name=$2
	shift 2
	ktap_is "$(curl -s -o /tmp/answer -w '%{http_code}' "$@")" "$want" "the example: $name"
}

no_transfer_lives() { [ "$(counter transfers_active)" = 0 ]; }

# example CMD…: starts the server CMD, which listens on PORT and serves /srv.
example() {
	local before ref n
	make_file small 3
	make_file big 20480
	before=$(sent)
	start plain "$@"
	ktap_ok $? "the example listens" || return
	curl -sSf $U/big | cmp - big
	ktap_ok $? "the example: a file" || :
	is_part 1000-5000000 1000 4999001
	is_part 20000000- 20000000 971520
	is_part -5 20971515 5
	# shellcheck disable=SC2046 # words are meant
	curl -sSf $(yes $U/small $U/big | head -n 3) | cmp - <(cat {small,big,small,big,small,big})
	ktap_ok $? "the example: six files on one connection" || :
	curl -sSf --limit-rate 8M $U/big | cmp - big
	ktap_ok $? "the example: to a slow client" || :
	for n in 1 2 3; do
		curl -s --limit-rate 1M $U/big | head -c 100000 | cmp - <(head -c 100000 big)
		ktap_ok $? "the example: to a client that goes, $n" || :
	done
	status_is 404 "nothing from elsewhere" --path-as-is $U/../etc/passwd
	status_is 416 "no range behind the end" -r 20971520- $U/big
	curl -sSf $U/small | cmp - small
	ktap_ok $? "the example: it serves on" || :
	for ((n = 0; n < 100 * SLOW; n++)); do
		! no_transfer_lives || break
		sleep 0.1
	done
	no_transfer_lives
	ktap_ok $? "the example: no transfer is left" || :
	stop
	ref=$(($(sent) - before))
	[ $ref -ge 110000000 ]
	ktap_ok $? "the example: $ref bytes by the module, of 110000000 at least" ||
		sed 's/^/# /' /tmp/plain.log
}

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Waiting without starting processes, because a slow guest takes long to start one:
# nap, until_ok and counters.  Sourced, before anything runs in the background.

exec {NEVER}<> <(:)
TRIES=100
[ "${GUEST_KIND-}" != debug ] || TRIES=400

nap() { read -rt "$1" -u "$NEVER" || :; }

# Tries a command ten times a second until it succeeds, for ten seconds; a debug guest
# gets four times as long.
until_ok() {
	local n
	for ((n = 0; n < TRIES; n++)); do
		"$@" && return 0
		nap 0.1
	done
	return 1
}

# counter NAME: leaves a value of /proc/zcopy/stats in COUNTER.
counter() {
	local lines line
	COUNTER=
	mapfile -t lines </proc/zcopy/stats
	for line in "${lines[@]}"; do
		[ "${line% *}" != "$1" ] || COUNTER=${line#* }
	done
}

# is NAME NUMBER: true if that counter has that value now.
is() {
	counter "$1"
	[ "$COUNTER" = "$2" ]
}

# contains FILE TEXT: true if TEXT, which is no pattern, is somewhere in FILE.
contains() {
	local all=
	IFS= read -rd '' all 2>/dev/null <"$1"
	[[ $all == *"$2"* ]]
}

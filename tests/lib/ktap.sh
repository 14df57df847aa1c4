# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# KTAP for test scripts, with the same names as ktap.h: ktap_ok STATUS NAME, ktap_is
# GOT WANT NAME, ktap_check NAME CMD…, ktap_skip WHY, ktap_skip_all WHY, ktap_note
# TEXT, and ktap_done at the end.  Sourced.

KTAP_COUNT=0
KTAP_FAILED=0

ktap_note() { printf '# %s\n' "$*"; }

ktap_ok() {
	local status=$1
	shift
	KTAP_COUNT=$((KTAP_COUNT + 1))
	if [ "$status" -eq 0 ]; then
		printf 'ok %d - %s\n' "$KTAP_COUNT" "$*"
	else
		KTAP_FAILED=$((KTAP_FAILED + 1))
		printf 'not ok %d - %s\n' "$KTAP_COUNT" "$*"
	fi
	return "$status"
}

# Always succeeds, so that set -e does not end the script: the count keeps failures.
ktap_is() {
	local got=$1 want=$2
	shift 2
	if [ "$got" = "$want" ]; then
		ktap_ok 0 "$@"
	else
		ktap_ok 1 "$@" || :
		ktap_note "got:  $got"
		ktap_note "want: $want"
	fi
}

# Runs a command; if it fails, prints its output as diagnostics.
ktap_check() {
	local name=$1 out
	shift
	if out=$("$@" 2>&1); then
		ktap_ok 0 "$name"
	else
		ktap_ok 1 "$name" || :
		printf '%s\n' "$out" | sed 's/^/# /'
	fi
}

ktap_skip() {
	KTAP_COUNT=$((KTAP_COUNT + 1))
	printf 'ok %d # SKIP %s\n' "$KTAP_COUNT" "$*"
}

ktap_skip_all() {
	printf '1..0 # SKIP %s\n' "$*"
	exit 4
}

ktap_done() {
	printf '1..%d\n' "$KTAP_COUNT"
	[ "$KTAP_COUNT" -gt 0 ] && [ "$KTAP_FAILED" -eq 0 ] && exit 0
	exit 1
}

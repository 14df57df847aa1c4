# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For tests of zcctl: what its JSON says, a receiver, another user.  Sourced, after
# until.sh.

# field NAME JSON: prints the value of that name, the last one before any list.
field() { sed -n "s/:\[.*//; s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" <<<"$2"; }

# says FILE PATTERN: true if a line of FILE matches.
says() { grep -q -- "$2" "$1"; }

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

# receiver OPTION...: starts zcctl recv, leaves its process in peer, and waits until it
# listens.  Its report goes to the file report.
receiver() {
	: >ready
	zcctl recv "$@" >report 2>ready &
	# shellcheck disable=SC2034 # for the test
	peer=$!
	until_ok contains ready listening
}

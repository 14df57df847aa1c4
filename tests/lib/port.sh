# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Sourced.

# listens PORT: true if a socket of this network namespace listens there.  Does not
# connect, because some servers serve one connection only.
listens() {
	local hex lines
	printf -v hex :%04X "$1"
	mapfile -t lines < <(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
	[[ ${lines[*]} =~ $hex\ [0F]*:0000\ 0A ]]
}

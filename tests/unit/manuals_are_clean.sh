#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The manual pages are well-formed, have the sections that readers look for, refer to
# pages that exist, and leave out no verb, flag, errno, status, parameter, counter,
# environment variable and reason that the sources have.
set -u
. tests/lib/ktap.sh

man=user/man
header=kmod/uapi/linux/zcopy.h
mandoc=${MANDOC:-mandoc}

# plain PAGE: its source, with lines joined and hyphens as readers see them
plain() { sed -e ':a' -e '/\\$/{N;s/\\\n//;ba' -e '}' -e 's/\\-/-/g' "$man/$1"; }

# entries PAGE WHAT MACRO NAME…: each name has an entry, a line ".MACRO NAME", or one
# with other names as in ".MACRO OTHER ", " NAME".
entries() {
	local page=$1 what=$2 macro=$3 name missing=''
	shift 3
	for name in "$@"; do
		plain "$page" | grep -qE "^\.$macro (.*\" )?$name( |\$)" || missing+=" $name"
	done
	[ $# -gt 0 ] && [ -z "$missing" ]
	ktap_ok $? "$page: $what" || ktap_note "$# names, missing:$missing"
}

# first EXPRESSION FILE…: the first group of each line that matches, each once
first() {
	local expression=$1
	shift
	sed -nE "s/$expression.*/\1/p" "$@" | sort -u
}

sections() {
	plain "$1" | sed -nE 's/^\.SH //p'
}

for path in "$man"/*; do
	page=${path##*/}
	if command -v "$mandoc" >/dev/null; then
		ktap_check "$page: mandoc has no complaint" "$mandoc" -Tlint -W warning "$path"
	else
		ktap_skip "$page: no mandoc here"
	fi
	for section in NAME 'SYNOPSIS|DESCRIPTION' EXAMPLES 'SEE ALSO'; do
		sections "$page" | grep -qxE "$section"
		ktap_ok $? "$page: has a section $section"
	done
	ktap_is "$(sed -n 's/^\.TH \([^ ]*\) \([^ ]*\) .*/\1.\2/p' "$path")" \
		"$(tr a-z A-Z <<<"$page")" "$page: title and section"
	missing=''
	for other in $(plain "$page" | sed -nE \
		's/^\.BR (zc[a-z-]+) \(([0-9])\).*/\1.\2/p' | sort -u); do
		[ -e "$man/$other" ] || missing+=" $other"
	done
	ktap_is "$missing" "" "$page: the pages that it names exist"
	for other in "$man"/*; do
		[ "$other" -ef "$path" ] && continue
		other=${other##*/}
		plain "$page" | sed -n '/^\.SH SEE ALSO/,$p' |
			grep -qF ".BR ${other%.*} (${other##*.})"
		ktap_ok $? "$page: refers to $other"
	done
done

# shellcheck disable=SC2046 # words are meant
{
	entries zcopy.4 verbs SS $(first '^#define (ZCOPY_IOC_[A-Z]+)\t+_IO\(' $header)
	entries zcopy.4 flags B $(first '^#define (ZCOPY_F_[A-Z_]+)' $header)
	entries zcopy.4 statuses 'BR?' $(first '^\t(ZCOPY_STATUS_[A-Z_]+)' $header)
	entries zcopy.4 errnos B $(first '^ \*   (E[A-Z0-9]+) ' $header)
	entries zcopy.4 "module parameters" B \
		$(first '^module_param[a-z_]*\(([a-z_]+),' kmod/*.c)
	entries zcopy.4 counters 'IR?' $(first '^\tX\(([a-z_]+), "' kmod/stats.h)
	entries zcopy-sendfile.1 environment B \
		$(first '.*"(ZCOPY_[A-Z_]+)"' user/shim/*.[ch])
	entries zcopy-sendfile.1 reasons B $(first '^\tX\(([a-z_]+), "' user/shim/report.h)
	entries zcopy.7 "reasons to copy" B \
		$(first '^\tX\(copied_([a-z_]+), "' kmod/stats.h)
}
ktap_done

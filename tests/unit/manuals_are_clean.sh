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

# Our pages are written in man(7), those of the library in mdoc(7).
sections() { plain "$1" | sed -nE 's/^\.S[Hh] //p'; }

# title PAGE: NAME.SECTION, as the page says
title() { sed -nE 's/^\.(TH|Dt) ([^ ]*) ([^ ]*).*/\2.\3/p' "$man/$1"; }

# named: the pages of ours that the input refers to
named() {
	sed -nE -e 's/^\.BR ((zc|libzc)[a-z-]+) \(([0-9])\).*/\1.\3/p' \
		-e 's/^\.(It )?Xr ((zc|libzc)[a-z_-]+) ([0-9]).*/\2.\4/p' | sort -u
}

# source_of PAGE: the page, or the one that has it among its names
source_of() {
	if [ -e "$man/$1" ]; then
		echo "$1"
	else
		user/dist/page-links "$man"/*.3 | sed -n "s/^$1://p"
	fi
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
	ktap_is "$(title "$page")" "${page^^}" "$page: title and section"
	missing=''
	for other in $(plain "$page" | named); do
		[ -n "$(source_of "$other")" ] || missing+=" $other"
	done
	ktap_is "$missing" "" "$page: the pages that it names exist"
	case $page in
	libzcopy.3) others=$(cd "$man" && ls) ;;
	*.3) others=libzcopy.3 ;;
	*) others="$(cd "$man" && ls -- *.[1245678]) libzcopy.3" ;;
	esac
	for other in $others; do
		[ "$other" = "$page" ] && continue
		plain "$page" | case $page in
		libzcopy.3) cat ;;
		*) sed -n '/^\.S[Hh] SEE ALSO/,$p' ;;
		esac | named | grep -qxF "$other"
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

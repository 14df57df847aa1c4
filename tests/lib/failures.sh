# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What the rows of a run say about those that failed. For host scripts.

# failures_of FILE: the rows of FILE that failed, each with what its test said about
# itself before and after it, so that a reader of only the last page learns why.
failures_of() {
	awk '
	match($0, /^\[[^]]*\] # [^ :]+: /) {
		key = $1 " " substr($3, 1, length($3) - 1)
		if (after[key]-- > 0) {
			print
			next
		}
		n = ++lines[key]
		said[key, n] = $0
	}
	match($0, /^\[[^]]*\] ok /) {
		test = $5
		sub(/:$/, "", test)
		after[$1 " " test] = 0
	}
	match($0, /^\[[^]]*\] not ok /) {
		test = $6
		sub(/:$/, "", test)
		key = $1 " " test
		n = lines[key] + 0
		for (i = n > 10 ? n - 9 : 1; i <= n; i++)
			print said[key, i]
		lines[key] = 0
		print
		after[key] = 10
	}' "$1"
}

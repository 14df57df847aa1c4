# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What all scripts of tests/vm share: the paths of the tree and the cache, messages,
# and how to make a cache entry (whole or not at all). Sourced, never run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${ZCOPY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zcopy}
VM=$ROOT/tests/vm
BUILD=$ROOT/build
# With ERMS or FSRM, kernels copy with an instruction that counts as one for each byte.
CPU_MODEL=max,-erms,-fsrm
ICOUNT='-accel tcg -smp 1 -icount shift=0,sleep=off'
export ROOT CACHE VM BUILD CPU_MODEL ICOUNT
mkdir -p "$CACHE"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() { say "$*"; exit 1; }

# One process at a time makes a given entry; other processes wait and then find it.
lock() {
	mkdir -p "$CACHE/lock"
	exec {LOCK_FD}>"$CACHE/lock/$1"
	flock "$LOCK_FD"
}

unlock() { exec {LOCK_FD}>&-; }

# slot DIR NAME: sets slot to the first of NAME, NAME-2, NAME-3… that no other process
# uses now, so that two runs in one tree at a time do not share files.
slot() {
	local n=1 fd
	mkdir -p "$1"
	slot=$2
	while exec {fd}>"$1/.$slot.lock" && ! flock -n "$fd"; do
		exec {fd}>&-
		n=$((n + 1))
		slot=$2-$n
	done
}

# cache_tmp ENTRY: sets tmp to a private directory next to the final one; cache_put
# renames it. At exit, a directory that was not put is removed.
cache_tmp() {
	mkdir -p "$(dirname "$CACHE/$1")"
	find "$(dirname "$CACHE/$1")" -maxdepth 1 -name '*.tmp.*' -mtime +1 -exec rm -rf {} +
	tmp=$(mktemp -d "$CACHE/$1.tmp.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
}

cache_put() {
	chmod 755 "$1"
	rm -rf "${CACHE:?}/$2"
	mv -T "$1" "$CACHE/$2"
}

# fresh FILE MINUTES: true if the file is younger than that.
fresh() { [ -n "$(find "$1" -maxdepth 0 -mmin "-$2" 2>/dev/null)" ]; }

# True if the file contains the path of an existing directory.
points_to_dir() { [ -f "$1" ] && [ -d "$(cat "$1")" ]; }

hash_of() { sha256sum "$@" | sha256sum | cut -c1-12; }

# kernel_field KERNEL N: field N of the kernel's line in kernels.list.
kernel_field() {
	awk -v n="$1" -v f="$2" '$1 == n { print $f; found = 1 }
		END { exit !found }' "$VM/kernels.list" ||
		die "no kernel '$1' in tests/vm/kernels.list"
}

# kernel_names KIND…: the kernels of these kinds; without one, those that guests run.
kernel_names() {
	awk -v kinds=" ${*:-stock debug} " '!/^#/ && NF && index(kinds, " " $5 " ") { print $1 }' \
		"$VM/kernels.list"
}

# kernel_arch KERNEL: the architecture of its packages, as Debian names it.
kernel_arch() {
	case $(kernel_field "$1" 3) in
	*-arm64) echo arm64 ;;
	*) echo amd64 ;;
	esac
}

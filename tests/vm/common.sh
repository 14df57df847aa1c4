# shellcheck shell=bash
# What every script of the guest lab shares: where the tree and the cache are,
# how to speak, and how a cache entry comes to be (whole or not at all).
# Sourced, never run.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
CACHE=${ZCOPY_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/zcopy}
VM=$ROOT/tests/vm
BUILD=$ROOT/build
export ROOT CACHE VM BUILD
mkdir -p "$CACHE"

say() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }

die() { say "$*"; exit 1; }

# One process at a time makes a given entry; the others wait and then find it.
lock() {
	mkdir -p "$CACHE/lock"
	exec {LOCK_FD}>"$CACHE/lock/$1"
	flock "$LOCK_FD"
}

unlock() { exec {LOCK_FD}>&-; }

# slot DIR NAME: the first of NAME, NAME-2, NAME-3… that no other process uses
# now; sets slot. Two runs at a time in one tree then keep apart.
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

# Makes tmp, a private place beside the final one; cache_put renames it there.
# What was begun and not put is removed at the end.
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

# Younger than so many minutes?
fresh() { [ -n "$(find "$1" -maxdepth 0 -mmin "-$2" 2>/dev/null)" ]; }

# Does a file name a directory that is there?
points_to_dir() { [ -f "$1" ] && [ -d "$(cat "$1")" ]; }

hash_of() { sha256sum "$@" | sha256sum | cut -c1-12; }

# One field of the line of kernels.list that names the kernel.
kernel_field() {
	awk -v n="$1" -v f="$2" '$1 == n { print $f; found = 1 }
		END { exit !found }' "$VM/kernels.list" ||
		die "no kernel '$1' in tests/vm/kernels.list"
}

kernel_names() { awk '!/^#/ && NF { print $1 }' "$VM/kernels.list"; }

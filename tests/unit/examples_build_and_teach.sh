#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every example is one file of fewer than 100 lines, or a directory of files of fewer than
# 200, builds against the installed library and nothing else of this tree, prints its
# usage, and without the module says in words what is missing.
set -u
. tests/lib/ktap.sh

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ktap_check "the library installs" make -s -C user install DESTDIR="$work/root" PREFIX=/opt/zcopy
export PKG_CONFIG_PATH=$work/root/opt/zcopy/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root
export LD_LIBRARY_PATH=$work/root/opt/zcopy/lib

# teaches NAME LINES LIBRARIES FILE…: the example NAME, made of FILEs with fewer than LINES
teaches() {
	local name=$1 lines=$2 more=$3 out ok
	shift 3
	# shellcheck disable=SC2046,SC2086 # words are meant
	ktap_check "$name builds" gcc -O2 -Wall -Wextra -Werror -D_GNU_SOURCE \
		-o "$work/$name" "$@" $(pkg-config --cflags --libs libzcopy) $more
	ktap_is "$(wc -l "$@" | awk -v n="$lines" '$2 != "total" && $1 >= n')" "" \
		"$name has fewer than $lines lines"
	out=$("$work/$name" 2>&1)
	ktap_is $? 2 "$name without words: exit status"
	case $out in *"usage: $name "*) ok=0 ;; *) ok=1 ;; esac
	ktap_ok $ok "$name says how it is used" || ktap_note "$out"
	grep -qh "^ \*.$name " "$@"
	ktap_ok $? "$name: so does its first comment"
}

for src in user/examples/*.c; do
	more=
	grep -q '<liburing.h>' "$src" && more=-luring
	teaches "$(basename "$src" .c)" 100 "$more" "$src"
done
teaches h2_server 200 "-lnghttp2 -lssl -lcrypto" user/examples/h2_server/*.c
for run in "epoll_server 70000 /" "uring_server 70000 /etc/passwd" \
	"byteranges 70000 /etc/passwd 0-1" "kafka_segment 70000 /" \
	"rocketmq_pull 70000 /etc/passwd /etc/passwd" "h2_server 70000 / c k"; do
	# shellcheck disable=SC2086
	"$work/"$run >/dev/null 2>&1
	ktap_is $? 2 "70000 is no port: ${run%% *}"
done
if [ ! -e /dev/zcopy ]; then
	for run in "epoll_server 0 /" "uring_server 0 /etc/passwd" \
		"byteranges 0 /etc/passwd 0-1" "fanout /etc/passwd 127.0.0.1 1" \
		"kafka_segment 0 /" "rocketmq_pull 0 /etc/passwd /etc/passwd"; do
		# shellcheck disable=SC2086
		out=$("$work/"$run 2>&1)
		ktap_is $? 1 "no module: ${run%% *} exits with 1"
		case $out in *"cannot open /dev/zcopy"*) ok=0 ;; *) ok=1 ;; esac
		ktap_ok $ok "no module: ${run%% *} says so" || ktap_note "$out"
	done
fi
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The demonstration, in its guest: a file from a third party goes from one network
# namespace to another, first by reference, then where the route does not allow that.
# The script checks every claim and leaves the figures in /out/verdict for the host,
# which checks them again.
set -u

FILE=$(find /mnt -type f)
NAME=${FILE##*/}
SIZE=$(stat -c %s "$FILE")
HERE=10.9.0.1 THERE=10.9.0.2 PORT=9000
failed=0

title() { printf '\n== %s\n' "$*"; }
in_srv() { ip netns exec srv "$@"; }
in_cli() { ip netns exec cli "$@"; }
note() { printf '%s=%s\n' "$1" "$2" >>/out/verdict; }

# check WHAT IS WANTED
check() {
	if [ "$2" = "$3" ]; then
		printf '   [ok]   %s\n' "$1"
	else
		printf '   [FAIL] %s: %s, not %s\n' "$1" "$2" "$3"
		failed=1
	fi
}

give_up() { echo "demo: $*"; exit 1; }

make_net() {
	ln -sfn /run /var/run
	ip netns add srv && ip netns add cli || return 1
	ip link add veth-srv netns srv type veth peer name veth-cli netns cli || return 1
	in_srv ip addr add $HERE/24 dev veth-srv && in_srv ip link set veth-srv up &&
		in_cli ip addr add $THERE/24 dev veth-cli && in_cli ip link set veth-cli up
}

scatter_gather() {
	in_srv ethtool -K veth-srv sg "$1" >/dev/null 2>&1 &&
		in_cli ethtool -K veth-cli sg "$1" >/dev/null 2>&1 ||
		give_up "scatter/gather could not be switched $1"
}

counter() { in_srv awk -v n="$1" '$1 == n { print $2 }' /proc/zcopy/stats; }

SHOWN='bytes_by_ref bytes_copied copied_no_sg'

# The counters before a transfer, and how much the transfer added.
declare -A was by

before() {
	local c
	for c in $SHOWN; do was[$c]=$(counter "$c"); done
}

after() {
	local c now
	printf '   %-22s %14s %14s\n' "/proc/zcopy/stats" before after
	for c in $SHOWN; do
		now=$(counter "$c")
		by[$c]=$((now - was[$c]))
		printf '   %-22s %14s %14s\n' "$c" "${was[$c]}" "$now"
	done
}

# Prints what the terminal got: some frames of the progress bar, which redraws itself,
# and all other lines.
frames() {
	local part percent step=0
	while IFS= read -r -d $'\r' part || [ -n "$part" ]; do
		part=${part//$'\e[K'/}
		part=${part//$'\n'/}
		if [[ $part =~ ^\ *([0-9]+)%\ \[ ]]; then
			percent=${BASH_REMATCH[1]}
			[ "$percent" -ge "$step" ] || continue
			step=$((percent / 30 * 30 + 30))
		fi
		[ -z "$part" ] || printf '   | %s\n' "$part"
	done
}

# The main job: zcctl at both ends, with its progress bar on its own terminal.
transfer() {
	rm -f /run/recv.*
	in_cli zcctl recv -1 -j $THERE:$PORT >/run/recv.json 2>/run/recv.err &
	for _ in $(seq 100); do
		grep -q listening /run/recv.err && break
		sleep 0.1
	done
	before
	script -qec "stty cols 74; ip netns exec srv zcctl send $FILE $THERE:$PORT; echo \$? >/run/send.rc" \
		/dev/null </dev/null | frames
	wait $!
	got_sha=$(sed -n 's/.*"sha256": *"\([0-9a-f]*\)".*/\1/p' /run/recv.json)
	got_bytes=$(sed -n 's/.*"bytes": *\([0-9]*\).*/\1/p' /run/recv.json)
	echo "   sha256 sent $sha"
	echo "     received  $got_sha"
	after
	check "zcctl send says done" "$(cat /run/send.rc)" 0
	check "every byte arrived, sha256 equal" "$got_bytes $got_sha" "$SIZE $sha"
}

# Runs each method three times; the best time and the best CPU time of each count.
compare() {
	local m took cpu best best_cpu line
	in_cli zcctl recv -q --discard $THERE:$PORT >/dev/null &
	sleep 0.5
	printf '   %-14s %10s %10s %16s\n' method "time, ms" "MiB/s" "sender CPU, ms"
	for m in read_write sendfile zcopy; do
		best='' best_cpu=''
		for _ in 1 2 3; do
			line=$(in_srv pace $m "$FILE" $THERE $PORT) || give_up "pace $m"
			read -r took cpu <<<"$line"
			[ -n "$best" ] && [ "$took" -ge "$best" ] || best=$took
			[ -n "$best_cpu" ] && [ "$cpu" -ge "$best_cpu" ] || best_cpu=$cpu
		done
		printf '   %-14s %10s %10s %16s\n' $m "$best" \
			"$(awk -v b="$SIZE" -v t="$best" 'BEGIN { printf "%.0f", b / 1048.576 / (t ? t : 1) }')" \
			"$best_cpu"
		note "ms_$m" "$best"
	done
	kill $!
	wait $! 2>/dev/null
}

insmod /zcopy.ko || give_up "insmod failed"
make_net || give_up "no network"
sha=$(sha256sum "$FILE" | cut -d' ' -f1)
echo 3 >/proc/sys/vm/drop_caches
note size "$SIZE"
note sha "$sha"

title "Linux $(uname -r), zcopy loaded"
echo "   file  $NAME, $SIZE bytes, on ext4, not in the page cache"
echo "   way   namespace srv, $HERE  --veth--  $THERE, namespace cli"

title "1. zcctl send $NAME $THERE:$PORT"
transfer
check "every byte by reference" "${by[bytes_by_ref]}" "$SIZE"
check "no byte copied" "${by[bytes_copied]}" 0
note sg_sha "$got_sha"
note sg_by_ref "${by[bytes_by_ref]}"
note sg_copied "${by[bytes_copied]}"

title "2. The same, with scatter/gather switched off (ethtool -K sg off)"
scatter_gather off
transfer
check "every byte copied, and counted as copied" "${by[bytes_copied]}" "$SIZE"
check "the reason has a name: copied_no_sg" "${by[copied_no_sg]}" "$SIZE"
note nosg_sha "$got_sha"
note nosg_by_ref "${by[bytes_by_ref]}"
note nosg_copied "${by[bytes_copied]}"
note nosg_reason "${by[copied_no_sg]}"
scatter_gather on

title "3. Beside the other ways, scatter/gather on again, file in cache, best of 3"
compare
echo "   (an emulated machine: make bench counts instructions instead)"

rmmod zcopy || failed=1
check "rmmod" "$(lsmod | grep -c ^zcopy)" 0
note failed $failed
exit $failed

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# For tests that run real servers. Sourced first, it moves the script into a root
# file system of Debian packages (the third disk, with an overlay in memory), in
# which /srv is a new ext4. Then it has functions that start a server, plain or
# interposed, and that compare the two. Sourced by tests/guest/servers/*.sh.

ROOT_DISK=/dev/vdc
PORT=8080

userland_enter() {
	local over=/tmp/userland new=/tmp/userland/root d
	mkdir -p $over
	mount -t tmpfs over $over
	mkdir $over/{disk,upper,work,root}
	mount -o ro,noload $ROOT_DISK $over/disk
	mount -t overlay -o "lowerdir=$over/disk,upperdir=$over/upper,workdir=$over/work" \
		over $new
	for d in /dev /proc /sys; do
		mount --rbind $d $new$d
	done
	mount -t tmpfs run $new/run
	mount -t tmpfs tmp $new/tmp
	chmod 1777 $new/tmp
	mkdir -p $new/tests $new/usr/local/{bin,lib}
	mount --rbind /tests $new/tests
	cp /bin/zcctl $new/usr/local/bin/
	[ ! -e /bin/h2_server ] || cp /bin/h2_server $new/usr/local/bin/
	cp -r /lib/zcopy $new/usr/local/lib/
	mkfs.ext4 -qF /dev/vda
	mount /dev/vda $new/srv
	chmod 755 $new/srv
	exec chroot $new /bin/bash "$1" inside
}

if [ "${1-}" != inside ]; then
	set -e
	[ -b $ROOT_DISK ] || { echo "1..0 # SKIP no disk with a root"; exit 4; }
	userland_enter "$0"
fi

cd /srv || exit 1
export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export LC_ALL=C
. /tests/lib/ktap.sh
. /tests/lib/port.sh

SLOW=1
[ "${GUEST_KIND-}" != debug ] || SLOW=5

# The counters whose sum is what the module sent
COUNTED=bytes_by_ref

counter() { awk -v n="$1" '$1 == n { print $2 }' /proc/zcopy/stats; }

sent() {
	local n sum=0
	for n in $COUNTED; do sum=$((sum + $(counter "$n"))); done
	echo $sum
}

# make_file NAME KIB: makes a file in which no two parts are equal.
make_file() {
	openssl enc -aes-128-ctr -pass "pass:$1" -nosalt -pbkdf2 </dev/zero 2>/dev/null |
		head -c $(($2 * 1024)) >"$1"
	chmod 644 "$1"
}

# start MODE CMD…: starts a server and waits until it listens on PORT. The server gets
# its own process group, because some servers kill their whole group when they end.
start() {
	local mode=$1 n=$((600 * SLOW))
	shift
	if [ "$mode" = plain ]; then
		setsid "$@" >"/tmp/$mode.log" 2>&1 &
	else
		setsid zcctl run -r /tmp/report -- "$@" >"/tmp/$mode.log" 2>&1 &
	fi
	server=$!
	[ "$PORT" != 0 ] || return 0
	until listens $PORT; do
		n=$((n - 1))
		if [ $n -eq 0 ] || ! kill -0 $server 2>/dev/null; then
			ktap_note "$mode: does not listen"
			sed 's/^/# /' "/tmp/$mode.log"
			return 1
		fi
		sleep 0.1
	done
}

stop() {
	kill $server 2>/dev/null
	wait $server 2>/dev/null
}

# hash LABEL: prints the hash of standard input.
hash() { printf '%s %s\n' "$1" "$(sha256sum | cut -d' ' -f1)"; }

# both NAME BYTES CLIENT CMD…: runs server CMD twice, plain and interposed. CLIENT
# prints hashes of what it got, which must be the same both times. The second time
# the module must send at least BYTES by reference. The output must contain the words
# in /tmp/want.
both() {
	local name=$1 bytes=$2 client=$3 mode before ref
	shift 3
	for mode in plain interposed; do
		before=$(sent)
		start $mode "$@" || { ktap_ok 1 "$name: $mode" || :; return; }
		(set -o pipefail; "$client") >"/tmp/$mode.got" 2>"/tmp/$mode.err"
		ktap_ok $? "$name: $mode: the client is content" || {
			sed 's/^/# /' /tmp/$mode.{err,log} | tail -n 30
		}
		stop
		ref=$(($(sent) - before))
		[ $mode != plain ] ||
			ktap_is $ref 0 "$name: plain: nothing goes through the module"
	done
	[ -s /tmp/plain.got ] && cmp /tmp/plain.got /tmp/interposed.got >/tmp/cmp 2>&1
	ktap_ok $? "$name: the same bytes, $(wc -l </tmp/plain.got) answers" ||
		diff /tmp/plain.got /tmp/interposed.got | sed 's/^/# /' | head -n 20
	if [ -e /tmp/want ]; then
		ktap_is "$(grep -vxFf /tmp/interposed.got /tmp/want | tr '\n' ' ')" "" \
			"$name: and those of the files"
	fi
	[ "$ref" -ge "$bytes" ]
	ktap_ok $? "$name: $ref bytes by the module ($COUNTED), of $bytes at least" || :
	sed 's/^/# /' /tmp/report | head -n 12
	rm -f /tmp/want
}

# tests/bench/servers sets MEASURE to measure these servers instead.
# shellcheck source=/dev/null
[ -z "${MEASURE-}" ] || . "$MEASURE"

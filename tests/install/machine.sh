# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# An empty Debian in a directory, as a machine to install on. uname reports the release
# of a Debian kernel there and its headers are used, but the kernel is the host's own: no
# module may be loaded into it, so the right to do that is dropped first. Sourced after
# common.sh.

# machine_begin NAME [SUITE SERIES]: sets machine to a directory of its own, which is
# removed at exit, and log to the file for its output.
machine_begin() {
	local made
	made=$("$ROOT/tests/install/root" "${@:2}")
	read -r root release <<<"$made"
	slot "$BUILD/install" "$1"
	# shellcheck disable=SC2154 # set by slot()
	machine=$BUILD/install/$slot
	machines+=("$machine")
	trap 'rm -rf "${machines[@]}"' EXIT
	mkdir -p "$BUILD/log"
	# shellcheck disable=SC2034 # callers use it
	log=$BUILD/log/$slot
}
machines=()

# copy_tree DIR: clones the tree to DIR, with the changes that are not committed yet.
copy_tree() {
	git clone -q --no-hardlinks --depth 1 "file://$ROOT" "$1" 2>/dev/null ||
		mkdir -p "$1"
	git ls-files -co --exclude-standard | while read -r f; do
		[ ! -e "$f" ] || printf '%s\n' "$f"
	done | cpio -pdmu --quiet "$1"
	chown -R 0:0 "$1"
}

# machine_make STEP...: makes the machine; inside.sh is to run these steps. It gets the
# host's name resolution and apt's proxy settings, because apt may need them there too.
machine_make() {
	rm -rf "$machine"
	cp -a --reflink=auto "$root" "$machine"
	mkdir -p "$machine"/{test/steps,root} "$machine/usr/local/sbin"
	for f in resolv.conf hosts; do
		[ ! -e /etc/$f ] || cp -L /etc/$f "$machine/etc/$f"
	done
	apt-config dump | grep '^Acquire::\(http\|https\|ftp\)::' \
		>"$machine/etc/apt/apt.conf.d/91host" || :
	copy_tree "$machine/root/zcopy"
	gcc -O2 -shared -fPIC -o "$machine/test/kernel.so" tests/install/kernel.c
	echo /test/kernel.so >"$machine/etc/ld.so.preload"
	echo "$release" >"$machine/test/release"
	cp tests/install/{inside.sh,commands} tests/lib/ktap.sh "$machine/test/"
	cp "$@" "$machine/test/steps/"
	install -m 755 tests/install/insmod "$machine/usr/local/sbin/insmod"
	install -m 755 tests/install/insmod "$machine/usr/local/sbin/modprobe"
}

# machine_run SECONDS: runs the steps in the machine, their output goes to the log.
machine_run() {
	# Fetched packages are kept for the next run; the lock lets one run at a time use them.
	lock install-archives
	# shellcheck disable=SC2016 # expanded inside
	timeout -k 10 "$1" "$VM/private" bash -eu -c '
		dir=$1
		mount -t proc proc "$dir/proc"
		mount -t tmpfs dev "$dir/dev"
		for node in null zero full random urandom tty; do
			touch "$dir/dev/$node"
			mount --bind "/dev/$node" "$dir/dev/$node"
		done
		ln -s /proc/self/fd "$dir/dev/fd"
		mount -t tmpfs tmp "$dir/tmp"
		mount -t tmpfs run "$dir/run"
		mkdir -p "$dir/run/lock"
		mount --bind "$2" "$dir/var/cache/apt/archives"
		exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root LC_ALL=C DEBIAN_FRONTEND=noninteractive chroot "$dir" \
			setpriv --bounding-set=-sys_module,-sys_boot,-sys_rawio bash /test/inside.sh
	' bash "$machine" "$CACHE/install/archives" </dev/null >"$log" 2>&1 || :
	unlock
}

# machine_report LAYER: prints the result lines of the log; without a plan at the end, the
# steps ended early.
machine_report() {
	sed -nE "s/^((not )?ok [0-9]+)( - | *)/[$1] \\1 - /p; s/^(#.*)/[$1] \\1/p" "$log"
	grep -q '^1\.\.[0-9]' "$log" ||
		echo "[$1] not ok 0 - the steps ended early, see ${log#"$ROOT"/}"
}

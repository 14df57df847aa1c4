# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# userland.sh sources this at its end for the server tests. It redefines both() to
# measure the server instead of comparing its answers, and make_file() to make the
# files that are measured with.

# busy: ns (instructions) for which the CPU was not idle
busy() { awk '$1 == "cpu0" { print $8 }' /proc/schedstat; }

# hash LABEL: nothing is compared.
hash() { :; }

# make_file NAME KIB: makes NAME, and next to it the files that are requested.
make_file() {
	local s dir=.
	[[ $1 != */* ]] || dir=${1%/*}
	echo >"$1"
	for s in $SIZES; do
		[ -e "$dir/$s" ] || openssl enc -aes-128-ctr -pass "pass:$s" -nosalt -pbkdf2 \
			</dev/zero 2>/dev/null | head -c $((s * 1024)) >"$dir/$s"
		chmod 644 "$dir/$s"
	done
}

# both NAME BYTES CLIENT CMD…: prints "row NAME:KIB MODE BUSY PROCESSES SENT".
both() {
	local name=$1 kind=http what='' mode s before got pids
	shift 3
	case $name in
	*" under "* | "java buffers") return ;;
	"nginx with kernel TLS") kind=tls ;;
	openssl*) kind=tls-once ;;
	vsftpd) kind=ftp ;;
	socket.sendfile) kind=line what="whole " ;;
	java*) kind=line what="transfer " ;;
	netty) kind=line ;;
	esac
	for mode in plain interposed; do
		start $mode "$@" || return
		sleep 2
		# shellcheck disable=SC2154 # start() says it
		mapfile -t pids < <(pgrep -s $server)
		for s in $SIZES; do
			before=$(sent)
			got=$(/tests/bench/client $kind "$PORT" "$what$s" $((s * 1024)) \
				"${pids[@]}" 2>&1)
			[[ $got =~ ^[0-9]+\ [0-9]+$ ]] || {
				echo "failed $name:$s $mode: $got"
				continue
			}
			echo "row $name:$s $mode $got $(($(sent) - before))"
		done
		stop
	done
}

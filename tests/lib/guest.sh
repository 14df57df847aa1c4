# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What must hold after every test in a guest: a clean kernel log, counters at rest,
# a module that unloads, no leaked memory. A check that holds prints nothing; a check
# that fails prints a sentence and lines of detail. Sourced by tests/vm/guest-run.

LOG_BAD='WARNING:|BUG:|BUG |Oops|KASAN|KCSAN|UBSAN|INFO: trying to register'
LOG_BAD+='|possible recursive|possible circular|suspicious RCU|inconsistent lock'
LOG_BAD+='|bad unlock balance|held lock freed|lock held when returning|refcount_t'
LOG_BAD+='|blocked for more than|soft lockup|hard LOCKUP|detected stall|ODEBUG'
LOG_BAD+='|sleeping function|scheduling while atomic|general protection|Bad page'
LOG_BAD+='|corruption|unregister_netdevice: waiting|workqueue lockup|segfault at'
LOG_BAD+='|Invalid wait context|leaked|unable to handle|cut here'

KMEMLEAK=/sys/kernel/debug/kmemleak
SCALE=1
[ "${GUEST_KIND-}" != debug ] || SCALE=4

log_begin() { echo "<5>zcopy-test: $1" >/dev/kmsg; }

# log_check ALLOWED: the kernel's complaints since the last check. Bash looks at the lines
# itself, as it does below.
log_check() {
	local bad lines
	dmesg -c >/run/log
	mapfile -t lines </run/log
	[[ "${lines[*]}" =~ $LOG_BAD ]] || return 0
	bad=$(grep -E "$LOG_BAD" /run/log | grep -vE "${1:-^\$}" || :)
	[ -n "$bad" ] || return 0
	echo "the kernel log complains"
	sed -n '/cut here\|======/,$p' /run/log | head -n 80
	printf '%s\n' "$bad"
}

# within SECONDS CMD…: tries a command ten times a second until it succeeds; SECONDS
# are longer in a slow guest.
within() {
	local n=$(($1 * 10 * SCALE))
	shift
	until "$@"; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.1
	done
}

counter() { awk -v n="$1" '$1 == n { print $2 }' /proc/zcopy/stats; }

# Bash itself reads the files, because a process of its own for each look takes long in
# a slow guest.
at_rest() {
	local rows row active=0 begun=0 ended=0
	mapfile -t rows </proc/zcopy/stats
	for row in "${rows[@]}"; do
		case $row in
		transfers_active' '*) active=${row##* } ;;
		transfers_submitted' '*) begun=${row##* } ;;
		transfers_completed' '* | transfers_failed' '* | transfers_cancelled' '*)
			ended=$((ended + ${row##* }))
			;;
		esac
	done
	mapfile -t rows </proc/zcopy/transfers
	[ "$active" -eq 0 ] && [ "$begun" -eq "$ended" ] && [ ${#rows[@]} -le 1 ]
}

rest_check() {
	[ -e /proc/zcopy/stats ] || return 0
	within 30 at_rest && return 0
	echo "counters are not at rest"
	grep '^transfers_' /proc/zcopy/stats
	head -n 5 /proc/zcopy/transfers
}

module_loaded() { [ -d /sys/module/zcopy ]; }

module_in() {
	local text
	[ -e /zcopy.ko ] || { echo "there is no /zcopy.ko"; return 0; }
	# shellcheck disable=SC2086 # parameters are words
	module_loaded || insmod /zcopy.ko $1 2>&1 || return 0
	read -r text </sys/module/zcopy/sections/.text
	echo "$text" >>/run/zcopy-text
}

module_gone() { rmmod zcopy 2>/dev/null || ! module_loaded; }

module_out() {
	module_loaded || return 0
	# Ranges that DROP_BEHIND left behind hold it for 2.6 seconds.
	within 30 module_gone && return 0
	echo "rmmod zcopy: $(rmmod zcopy 2>&1); references: $(cat /sys/module/zcopy/refcnt)"
	head -n 5 /proc/zcopy/transfers 2>/dev/null
}

# What the code of an instrumented module has run through (tests/coverage)
MARKS=/proc/zc_marks

marks_load() { [ ! -e /zc_mark.ko ] || insmod /zc_mark.ko; }

marks_begin() { [ ! -e $MARKS ] || echo >$MARKS; }

marks() { [ ! -e $MARKS ] || cat $MARKS; }

leak_begin() { [ ! -w $KMEMLEAK ] || echo clear >$KMEMLEAK; }

# kmemleak reports an object that is five seconds old and that two scans in a row miss.
leak_check() {
	local report
	[ -w $KMEMLEAK ] || return 0
	sleep 6
	echo scan >$KMEMLEAK
	sleep 1
	echo scan >$KMEMLEAK
	report=$(head -n 120 $KMEMLEAK)
	[ -n "$report" ] || return 0
	echo "kmemleak found unreferenced memory"
	printf '%s\n' "$report"
	echo "zcopy's code was at: $(sort -u /run/zcopy-text | xargs)"
	echo clear >$KMEMLEAK
}

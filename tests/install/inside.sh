# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Runs in the machine: all steps one after the other. It also has what they share.
set -u
. /test/ktap.sh

TREE=/root/zcopy
# shellcheck disable=SC2034 # the steps use it
RELEASE=$(cat /test/release)
cd $TREE || exit 1

# Lists all files, except in places that any installation changes: package lists, and
# files in which tools record their work.
files() {
	find / -xdev \( -path /proc -o -path /dev -o -path /root -o -path /test \
		-o -path /tmp -o -path /run -o -path /var/cache -o -path /var/lib/apt \
		-o -path /var/log -o -path /home \) -prune -o -printf '%p %y %m %u %g\n' |
		grep -vE '^/etc/(group|gshadow|passwd|shadow|subuid|subgid)- ' | sort
}

# same_files BEFORE NAME: checks that no file has come or gone since the list BEFORE.
same_files() {
	files >/tmp/now
	ktap_check "$2" diff "$1" /tmp/now
}

# follow BLOCK: runs each command of that block of README, as it is written. Does not
# check the exit status of doctor, but keeps its output in /tmp/doctor.
follow() {
	local line
	while read -r line; do
		[ "$(type -t before_command)" != function ] || before_command "$line"
		bash -c "$line" >/tmp/out 2>&1 </dev/null
		status=$?
		case $line in "zcctl doctor"*) cp /tmp/out /tmp/doctor; continue ;; esac
		ktap_ok $status "README: ${line%%  *#*}" || sed 's/^/# /' /tmp/out | tail -n 30
	done < <(awk -v block="$1" -f /test/commands README.md)
}

# change WORD: changes the source, so that modules built from now on have WORD as the
# modinfo field "test".
change() {
	sed -i '/^MODULE_INFO(test/d' kmod/main.c
	echo "MODULE_INFO(test, \"$1\");" >>kmod/main.c
}

# tells KERNEL: prints that field of the module that modprobe finds for KERNEL.
tells() { /sbin/modinfo -k "$1" -F test zcopy; }

note() { sed 's/^/# /' | tail -n "${1:-30}"; }

for step in /test/steps/*.sh; do
	start=$SECONDS
	# shellcheck source=/dev/null
	. "$step"
	ktap_note "$(basename "$step"): $((SECONDS - start)) s"
done
ktap_done

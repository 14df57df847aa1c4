#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: measures, then checks the kernel log and unloads the module.
set -u
insmod /zcopy.ko || exit 1
ip link set lo up
# The queues of 20,000 sockets come close to TCP's memory limit in a machine of 4 GiB.
# Above the limit TCP shrinks every window, also that of the hot connection, and each
# method would be measured waiting for it.
echo 262144 262144 262144 >/proc/sys/net/ipv4/tcp_mem
/slow_peers "$@"
status=$?
sleep 2
bad=$(dmesg | grep -E 'WARNING:|BUG:|Oops|refcount_t|blocked for more than|soft lockup')
if [ -n "$bad" ] || ! rmmod zcopy; then
	printf '%s\n' "$bad"
	echo "not ok 99 - the kernel is left as it was"
	exit 1
fi
exit $status

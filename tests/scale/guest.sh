#!/bin/bash
# In the guest: measures, then looks at the kernel log and takes the module out.
set -u
insmod /zcopy.ko || exit 1
ip link set lo up
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

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Traffic for tests that watch the module, with a count of each kind: traffic.sh [stuck].
# Run in a directory that has the files small and big, in the root of the servers' tests.
# With "stuck", a worker waits for seconds for a slow disk instead.
set -eu
. /tests/lib/port.sh

PORT=7777
zcctl recv -q --discard $PORT >/dev/null &
peer=$!
trap 'kill $peer' EXIT
until listens $PORT; do sleep 0.1; done

if [ "${1-}" = stuck ]; then
	slow=/sys/fs/cgroup/slow
	echo +io >/sys/fs/cgroup/cgroup.subtree_control
	mkdir -p $slow
	echo "$(cat /sys/block/vda/dev) rbps=100000" >$slow/io.max
	sync
	echo 3 >/proc/sys/vm/drop_caches
	(
		echo $BASHPID >$slow/cgroup.procs
		zcctl send -q -l 1M --readahead 1M big 127.0.0.1:$PORT
	)
	exit
fi

# Asynchronous ones, one of them copied
for _ in 1 2 3; do zcctl send -q big 127.0.0.1:$PORT; done
zcctl send -q --stable big 127.0.0.1:$PORT
# SENDs that end at once
ZCOPY_SENDFILE_LEAST=1 zcctl run -q -- python3 -c '
import os, socket, sys
near = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
content = os.open("small", os.O_RDONLY)
for _ in range(20):
    os.sendfile(near.fileno(), content, 0, 3000)' $PORT
# One that is cancelled
id=$(zcctl send --detach --rate 1000 big 127.0.0.1:$PORT)
zcctl cancel "${id//[!0-9]/}" >/dev/null
# Two that are refused
for _ in 1 2; do ! zcctl rate 999999999 1 2>/dev/null || exit 1; done
# The cancelled transfer ends a little later; the watching program must see that, too.
until grep -qx 'transfers_active 0' /proc/zcopy/stats; do sleep 0.1; done
sleep 1

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's Netty sends composite buffers and DefaultFileRegion.
# guest: timeout=240
. /tests/lib/userland.sh

make_file small 3
make_file big 20480
# Netty closes a connection whose other end shut down sending, hence shut-none.
ask() { echo "$1" | socat -t 120 - TCP:127.0.0.1:$PORT,shut-none | hash "$1"; }
get() { ask big; ask small; ask big; }
for f in small big; do { echo "head $(stat -c %s $f)"; cat $f; } | hash $f; done >/tmp/want
both "netty" 41000000 get java -XX:TieredStopAtLevel=1 \
	-cp "/tests/guest/servers/classes:/usr/share/java/*" NettyFile $PORT
ktap_done

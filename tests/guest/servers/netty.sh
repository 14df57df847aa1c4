#!/bin/bash
# Debian's Netty: composite buffers and DefaultFileRegion, as it sends them.
# guest: timeout=240
. /tests/lib/userland.sh

make_file small 3
make_file big 20480
# It ends a connection whose other end has nothing more to say.
ask() { echo "$1" | socat -t 120 - TCP:127.0.0.1:$PORT,shut-none | hash "$1"; }
get() { ask big; ask small; ask big; }
for f in small big; do { echo "head $(stat -c %s $f)"; cat $f; } | hash $f; done >/tmp/want
both "netty" 41000000 get java -XX:TieredStopAtLevel=1 \
	-cp "/tests/guest/servers/classes:/usr/share/java/*" NettyFile $PORT
ktap_done

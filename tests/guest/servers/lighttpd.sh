#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# lighttpd, which uses non-blocking sockets.
# guest: timeout=180
. /tests/lib/userland.sh

U=http://127.0.0.1:$PORT
make_file page 64
make_file big 20480
cat >lighttpd.conf <<E
server.document-root = "/srv"
server.bind = "127.0.0.1"
server.port = $PORT
server.network-backend = "sendfile"
server.errorlog = "/tmp/lighttpd.log"
E
get() {
	set -e
	curl -sSf $U/page | hash page
	curl -sSf $U/big | hash big
	curl -sSf -r 1000-5000000 $U/big | hash range
	curl -sSf --limit-rate 10M $U/big | hash slow
	# shellcheck disable=SC2046 # words are meant
	curl -sSf $(yes $U/page $U/big | head -n 6) | hash keep-alive
}
for f in page big; do hash $f <$f; done >/tmp/want
both lighttpd 108000000 get lighttpd -D -f lighttpd.conf
ktap_done

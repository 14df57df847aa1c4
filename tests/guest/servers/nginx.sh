#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# nginx: whole files, ranges, many requests on one connection, pipelined requests. The
# workers run as another user; nginx is reloaded and workers are killed meanwhile.
# guest: timeout=600
. /tests/lib/userland.sh
. /tests/lib/nginx.sh

U=http://127.0.0.1:$PORT
make_file small 3
make_file page 64
make_file big 20480
make_file huge 61440

nginx_conf <<'E'
tcp_nopush on;
keepalive_timeout 60;
keepalive_requests 1000000;
server { listen 127.0.0.1:8080; root /srv; }
E

get() {
	set -e
	local f
	for f in small page big huge; do curl -sSf $U/$f | hash $f; done
	curl -sSf -r 1000-5000000 $U/big | hash range
	curl -sSf -r 100- $U/page | hash rest
	# Several ranges in one answer; nginx makes a new separator each time.
	curl -sSf -r 0-99,1000-70000,20000000- $U/big | sed 's/^--[0-9]*/--/' | hash ranges
	# shellcheck disable=SC2046 # words are meant
	curl -sSf $(yes $U/page $U/small $U/big | head -n 20) | hash keep-alive
	{
		for f in page small page; do
			printf 'GET /%s HTTP/1.1\r\nHost: h\r\n\r\n' $f
		done
		printf 'GET /page HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n'
	} >/tmp/requests
	socat -t 30 - TCP:127.0.0.1:$PORT </tmp/requests | grep -av '^Date:' | hash pipelined
	# Several requests at the same time, also from a slow client
	curl -sSf --limit-rate 8M $U/big | hash slow &
	curl -sSf $U/huge -o /tmp/a & curl -sSf $U/huge -o /tmp/b
	wait
	cat /tmp/a /tmp/b | hash parallel
	rm -f /tmp/a /tmp/b
}
for f in small page big huge; do hash $f <$f; done >/tmp/want
tail -c +1001 big | head -c 4999001 | hash range >>/tmp/want
both "nginx" 280000000 get "${NGINX[@]}"

# Reloads nginx and kills workers. The server may then cut off answers, but every
# complete answer has the right bytes.
storm() {
	local i n=0 want
	want=$(sha256sum <page)
	for i in $(seq 40); do
		case $((i % 4)) in
		1) kill -HUP "$(cat /run/nginx.pid)" ;;
		3) pkill -KILL -n -f 'nginx: worker' ;;
		esac
		for _ in 1 2 3; do
			curl -sSf $U/page -o /tmp/page 2>/dev/null || continue
			[ "$(sha256sum </tmp/page)" = "$want" ] || echo "wrong bytes"
			n=$((n + 1))
		done
	done
	echo "$n answers" >&2
	[ $n -gt 60 ] && echo "enough answers"
}
both "nginx under reloads and kills" 4000000 storm "${NGINX[@]}"
ktap_note "plain: $(cat /tmp/plain.err); interposed: $(cat /tmp/interposed.err)"
ktap_done

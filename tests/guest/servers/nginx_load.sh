#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# 256 kept-alive connections load the workers of nginx: first a calm phase, then for a
# minute reloads and killed workers. Plain and interposed, no request fails in the calm
# phase, and then only requests fail that were running in workers that ended.
# guest: timeout=500
. /tests/lib/userland.sh
. /tests/lib/nginx.sh

CALM=15 STORM=60
KILLS=6
CLIENTS=256
make_file page 64
make_file mib 1024
nginx_conf crit <<'E'
tcp_nopush on;
keepalive_timeout 120;
keepalive_requests 1000000;
server { listen 127.0.0.1:8080 backlog=1024; root /srv; }
E
cat >/tmp/load.lua <<'E'
local n = 0
function request()
   n = n + 1
   return wrk.format("GET", n % 16 == 0 and "/mib" or "/page")
end
function done(summary)
   local e = summary.errors
   print(string.format("answers=%d status=%d timeout=%d connect=%d lost=%d bytes=%d",
      summary.requests, e.status, e.timeout, e.connect, e.read + e.write, summary.bytes))
end
E
load() {
	wrk -t 2 -c $CLIENTS -d "$1" --timeout 30s -s /tmp/load.lua http://127.0.0.1:$PORT/ |
		grep ^answers=
}

# Checks every byte of some answers during the load. An answer that was cut off does
# not count.
look() {
	local end=$((SECONDS + $1)) f n=0
	while [ $SECONDS -lt $end ]; do
		for f in page mib; do
			curl -sSf http://127.0.0.1:$PORT/$f -o /tmp/looked 2>/dev/null || continue
			cmp -s /tmp/looked $f || echo "wrong: $f"
			n=$((n + 1))
		done
	done
	echo "looked=$n"
}

# A worker that ends closes connections with unread requests, so each reload or kill
# fails at most one request per connection, with and without the interposer.
upset() {
	local _
	for _ in $(seq $KILLS); do
		sleep $((STORM / KILLS / 2))
		kill -HUP "$(cat /run/nginx.pid)"
		sleep $((STORM / KILLS / 2 - 1))
		pkill -KILL -f '^nginx: worker'
	done
}

# Counts descriptors of the device in nginx's processes, each number once.
devices() {
	local p
	for p in $(pgrep -x nginx); do
		find "/proc/$p/fd" -lname /dev/zcopy 2>/dev/null | wc -l
	done | sort -u | xargs
}

# value NAME TEXT: prints NUMBER of "NAME=NUMBER" in TEXT
value() { sed -n "s/.*\<$1=\([0-9]*\).*/\1/p" <<<"$2"; }

most=$((2 * KILLS * CLIENTS))
for mode in plain interposed; do
	before=$(sent)
	start $mode "${NGINX[@]}" || { ktap_ok 1 "$mode: starts"; ktap_done; }

	look $CALM >/tmp/looks &
	calm=$(load $CALM)
	wait $!
	looks=$(xargs </tmp/looks)
	ktap_note "$mode: calm: $calm $looks"
	for what in status timeout connect lost; do
		ktap_is "$(value $what "$calm")" 0 "$mode: calm: $what"
	done
	ktap_is "${looks%looked=*}" "" "$mode: calm: no byte is wrong"

	look $STORM >/tmp/looks &
	looker=$!
	upset &
	upsetter=$!
	storm=$(load $STORM)
	wait $looker $upsetter
	looks=$(xargs </tmp/looks)
	ktap_note "$mode: storm: $storm $looks"
	for what in status timeout connect; do
		ktap_is "$(value $what "$storm")" 0 "$mode: storm: $what"
	done
	lost=$(value lost "$storm")
	[ "$lost" -le $most ]
	ktap_ok $? "$mode: storm: $lost are lost with their workers, of $most at most" || :
	ktap_is "${looks%looked=*}" "" "$mode: storm: no byte is wrong"
	[ "$(value answers "$storm")" -ge 1000 ] && [ "$(value looked "$looks")" -ge 10 ]
	ktap_ok $? "$mode: storm: enough answers, enough looked at" || :

	[ $mode = plain ] && n=0 || n=1
	ktap_is "$(devices)" "$n" "$mode: descriptors of the device in each process"
	stop
done
ref=$(($(sent) - before))
# All bytes except the heads
bytes=$(($(value bytes "$calm") + $(value bytes "$storm")))
bytes=$((bytes - 400 * ($(value answers "$calm") + $(value answers "$storm"))))
[ $ref -ge $bytes ]
ktap_ok $? "$ref bytes by the module, of $bytes that came at least" || :

# soon CMD…: tries it for 20 seconds: processes that were killed, and the workers of the
# module, may need a moment.
soon() {
	local n
	for ((n = 0; n < 200 * SLOW; n++)); do
		! "$@" 2>/dev/null || return 0
		sleep 0.1
	done
	"$@"
}
none_lives() { [ "$(counter transfers_active)" = 0 ]; }
soon none_lives
ktap_ok $? "no transfer is left" || :
cd /
soon umount /srv
ktap_ok $? "no file is kept" || :
sed 's/^/# /' /tmp/report | head -n 12
ktap_done

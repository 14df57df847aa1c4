#!/bin/bash
# In the guest: nginx with one worker, plain and interposed, and a client that
# asks for files of each size. Prints "row SIZE MODE TOTAL SERVER REFERENCED": ns
# (instructions) a request, and the bytes that the module sent by reference.
[ ! -e /zcopy.ko ] || insmod /zcopy.ko || exit 1
. /tests/lib/userland.sh

export ZCOPY_SENDFILE_LEAST=0
sizes="16 32 48 64 96 128 256 1024"
cat >nginx.conf <<'E'
worker_processes 1;
pid /run/nginx.pid;
error_log stderr;
daemon off;
events { worker_connections 64; }
http {
	access_log off;
	sendfile on;
	tcp_nopush on;
	keepalive_requests 1000000;
	server { listen 127.0.0.1:8080; root /srv; }
}
E
for s in $sizes; do make_file "$s" "$s"; done
sync
sleep 20
for mode in plain interposed; do
	start $mode nginx -c /srv/nginx.conf -p /tmp || exit 1
	sleep 2
	worker=$(pgrep -f '^nginx: worker')
	for s in $sizes; do
		before=$(sent)
		got=$(/tests/bench/client $PORT "/$s" $((s * 1024)) "$worker") || exit 1
		echo "row $s $mode $got $(($(sent) - before))"
	done
	stop
done

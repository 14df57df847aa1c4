#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# nginx with the kernel's TLS: Debian's build has SSL_sendfile(), which sends a file by
# sendfile(2) inside libssl. Whole files, ranges, many requests on a connection, with
# TLS 1.2 and 1.3. The kernel encrypts in software, so the bytes count as copied for
# TLS.
# guest: timeout=300
. /tests/lib/userland.sh
. /tests/lib/nginx.sh

PORT=8443
U=https://127.0.0.1:$PORT
COUNTED="bytes_by_ref copied_tls"
make_file small 3
make_file page 64
make_file big 10240
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
	-subj /CN=h -keyout /tmp/key -out /tmp/cert 2>/dev/null
nginx_conf <<'E'
server {
	listen 127.0.0.1:8443 ssl;
	ssl_certificate /tmp/cert;
	ssl_certificate_key /tmp/key;
	ssl_protocols TLSv1.2 TLSv1.3;
	ssl_conf_command Options KTLS;
	root /srv;
}
E

# The kernel loads its TLS module only for a socket of an administrator. The workers
# run as another user, so without this they would not use the kernel's TLS.
python3 -c 'import socket
socket.socket().setsockopt(socket.IPPROTO_TCP, 31, b"tls")' 2>/dev/null
[ -e /proc/net/tls_stat ] || ktap_skip_all "this kernel has no TLS"

# Count of connections so far for which the kernel encrypts sent data
ktls() { awk '$1 == "TlsTxSw" { print $2 }' /proc/net/tls_stat; }

get() {
	set -e
	local f v
	for v in 1.2 1.3; do
		for f in small page big; do
			curl -sSfk --tlsv$v --tls-max $v $U/$f | hash $f
		done
		curl -sSfk --tls-max $v -r 1000-5000000 $U/big | hash range
		curl -sSfk --tls-max $v --limit-rate 8M $U/big | hash big
		# shellcheck disable=SC2046 # words are meant
		curl -sSfk --tls-max $v $(yes $U/page $U/small $U/big | head -n 9) |
			hash keep-alive
	done
}
for f in small page big; do hash $f <$f; done >/tmp/want
tail -c +1001 big | head -c 4999001 | hash range >>/tmp/want
before=$(ktls)
# 240 of 242 MB: the interposer leaves small files to the kernel, and also the end of a
# file if a full socket left less than 32 KiB of it, which depends on time.
both "nginx with kernel TLS" 240000000 get "${NGINX[@]}"
n=$(($(ktls) - before))
ktap_is $n 24 "nginx with kernel TLS: all connections were the kernel's"
ktap_done

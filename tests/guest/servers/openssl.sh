#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# openssl s_server -sendfile: SSL_sendfile() inside libssl, into a socket
# with the kernel's TLS.  It encrypts in software, so the bytes count as copied
# for TLS.
# guest: timeout=180
. /tests/lib/userland.sh

PORT=4433
COUNTED="bytes_by_ref copied_tls"
make_file page 64
make_file big 10240
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
	-subj /CN=h -keyout /tmp/key -out /tmp/cert 2>/dev/null
cat >/tmp/ktls.cnf <<'E'
openssl_conf = all
[all]
ssl_conf = modules
[modules]
system_default = defaults
[defaults]
Options = KTLS
E
openssl s_server -help 2>&1 | grep -q -- -sendfile ||
	ktap_skip_all "this openssl has no kernel TLS"
get() {
	set -e
	for f in page big page; do
		curl -sSfk --tls-max 1.2 https://127.0.0.1:$PORT/$f | hash $f
	done
}
for f in page big; do hash $f <$f; done >/tmp/want
both "openssl s_server" 10600000 get env OPENSSL_CONF=/tmp/ktls.cnf openssl s_server -accept $PORT -key /tmp/key \
	-cert /tmp/cert -WWW -sendfile -tls1_2
ktap_done

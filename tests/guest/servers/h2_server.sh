#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The example h2_server: HTTP/2 over the kernel's TLS, the frames of a connection as one
# list. Whole files to curl and nghttp, many streams, small windows, clients that go; and
# OpenSSL where kernel TLS or the module is missing. The kernel encrypts in software, so
# the bytes count as copied for TLS: none goes by reference.
# guest: timeout=900
. /tests/lib/userland.sh

PORT=8443
U=https://127.0.0.1:$PORT
SIZES="0 1 16374 16375 16376 1048577"
LIMIT=$((200 * SLOW))
command -v h2_server >/dev/null ||
	ktap_skip_all "h2_server was not built: libnghttp2 or OpenSSL is missing"
make_file big 5120
for n in $SIZES; do head -c "$n" big >"$n"; done
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 3650 \
	-subj /CN=h -keyout /tmp/key -out /tmp/cert 2>/dev/null
chmod 644 /tmp/key
SERVER=(h2_server "$PORT" /srv /tmp/cert /tmp/key)

# Only an administrator's socket makes the kernel load its TLS module.
python3 -c 'import socket
socket.socket().setsockopt(socket.IPPROTO_TCP, 31, b"tls")' 2>/dev/null
[ -e /proc/net/tls_stat ] || ktap_skip_all "this kernel has no TLS"

ktls() { awk '$1 == "TlsTxSw" { print $2 }' /proc/net/tls_stat; }
get() { timeout $LIMIT curl -sSfk --http2 "$@"; }
get_ng() { timeout $LIMIT nghttp "$@" 2>/tmp/nghttp.err; }

# due BYTES: so many more bytes of files were received.
asked=0
due() { asked=$((asked + $1)); }

# lengths ARG…: prints the lengths of the DATA frames that nghttp receives.
lengths() { get_ng -nv "$@" | sed -n 's/.*recv DATA frame <length=\([0-9]*\),.*/\1/p'; }

none_lives() { [ "$(counter transfers_active)" = 0 ]; }
descriptors() { find /proc/$server/fd -mindepth 1 | wc -l; }
at_rest() { none_lives && [ "$(descriptors)" = "$1" ]; }
eventually() {
	local n
	for ((n = 0; n < 200 * SLOW; n++)); do
		! "$@" || return 0
		sleep 0.1
	done
	return 1
}

start plain "${SERVER[@]}" || { ktap_ok 1 "it listens" || :; ktap_done; }
resting=$(descriptors)
tls=$(ktls)
ref=$(counter bytes_by_ref)
copied=$(counter copied_tls)

for n in $SIZES; do
	get $U/"$n" | cmp - "$n"
	ktap_ok $? "curl: $n bytes" || :
	get_ng $U/"$n" | cmp - "$n"
	ktap_ok $? "nghttp: $n bytes" || :
	due $((2 * n))
done
get $U/big | cmp - big
ktap_ok $? "curl: 5 MiB" || :
get_ng $U/big | cmp - big
ktap_ok $? "nghttp: 5 MiB" || :
due $((2 * 5242880))
ktap_is "$(get -o /dev/null -w '%{http_version}' $U/1)" 2 "curl: it is HTTP/2"
ktap_is "$(curl -sk -o /dev/null -w '%{http_code}' $U/none)" 404 "a file that is not there"
ktap_is "$(curl -sk -o /dev/null -w '%{http_code}' --path-as-is $U/../tmp/cert)" 404 \
	"a file of another directory"

# A record has room for 9 + 16,375 bytes.
lengths -w 24 -W 24 $U/big >/tmp/lengths
due 5242880
n=$(grep -cx 16375 /tmp/lengths)
all=$(wc -l </tmp/lengths)
[ "$n" -gt 0 ] && [ "$n" -ge $((all * 9 / 10)) ]
ktap_ok $? "with large windows $n of $all DATA frames fill a record" || :

# Several streams at a time
many=() want=()
for i in {1..4}; do
	for n in 16375 1048577 big; do
		many+=("$U/$n" -o "/tmp/got.$i.$n")
		want+=("/tmp/got.$i.$n" "$n")
		due "$(stat -c %s $n)"
	done
done
get -Z --no-progress-meter -w '%{num_connects}\n' "${many[@]}" >/tmp/connects
ktap_is "$(sort /tmp/connects | uniq -c | xargs)" "11 0 1 1" \
	"curl: twelve streams on one connection"
bad=0
for ((i = 0; i < ${#want[@]}; i += 2)); do
	cmp "${want[i]}" "${want[i + 1]}" || bad=$((bad + 1))
done
ktap_is $bad 0 "curl: each has its file"
rm -f /tmp/got.*
timeout $LIMIT h2load -n 20 -c 2 -m 5 $U/1048577 >/tmp/h2load 2>&1
due $((20 * 1048577))
ktap_is "$(sed -n 's/^requests: .* \([0-9]* succeeded, [0-9]* failed\).*/\1/p;
	s/^traffic: .* (\([0-9]*\)) data$/\1/p' /tmp/h2load | xargs)" \
	"20 succeeded, 0 failed $((20 * 1048577))" "h2load: 20 answers, five at a time" ||
	sed 's/^/# /' /tmp/h2load

# Small windows
get_ng -w 10 $U/1048577 | cmp - 1048577
ktap_ok $? "nghttp: a window of 1023 bytes" || :
lengths -w 10 $U/1048577 >/tmp/lengths
due $((2 * 1048577))
ktap_is "$(sort -n /tmp/lengths | tail -n 1) $(awk '{ n += $1 } END { print n }' /tmp/lengths)" \
	"1023 1048577" "nghttp: no frame exceeds that window"
get --limit-rate 2M $U/big | cmp - big
ktap_ok $? "curl: a slow client" || :
due 5242880

# Clients that go
for n in 1 2 3; do
	curl -sk --http2 --limit-rate 1M $U/big | head -c 100000 | cmp - <(head -c 100000 big)
	ktap_ok $? "a client that goes, $n" || :
done
eventually at_rest "$resting"
ktap_ok $? "no transfer and no descriptor is left" ||
	ktap_note "$(counter transfers_active) live, $(descriptors) descriptors, $resting before"
get $U/16376 | cmp - 16376
ktap_ok $? "the next client is served" || :

n=$(($(counter copied_tls) - copied))
[ $n -ge $((asked / 10 * 9)) ]
ktap_ok $? "$n bytes by the module, of $asked that clients received" || :
ktap_is $(($(counter bytes_by_ref) - ref)) 0 "none by reference: TLS copies in software"
n=$(($(ktls) - tls))
[ $n -ge 24 ]
ktap_ok $? "the kernel encrypts: $n connections" || :

# A cipher that the kernel does not know, because it is no AEAD
copied=$(counter copied_tls)
get --tls-max 1.2 --ciphers ECDHE-ECDSA-AES128-SHA256 $U/big | cmp - big
ktap_ok $? "a cipher that the kernel does not know: the same bytes" || :
grep -q 'the kernel does not encrypt ECDHE-ECDSA-AES128-SHA256 here' /tmp/plain.log
ktap_ok $? "and the server says so" || sed 's/^/# /' /tmp/plain.log
ktap_is $(($(counter copied_tls) - copied)) 0 "and nothing goes through the module"
stop

start plain setpriv --reuid=nobody --regid=nogroup --clear-groups "${SERVER[@]}"
for n in 0 16376 big; do
	get $U/$n | cmp - $n
	ktap_ok $? "without the right to use the module: $n" || :
done
get --limit-rate 2M $U/big | cmp - big
ktap_ok $? "without the right to use the module: a slow client" || :
grep -q 'cannot open /dev/zcopy: Permission denied; OpenSSL sends' /tmp/plain.log
ktap_ok $? "and the server says so" || sed 's/^/# /' /tmp/plain.log
stop
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The examples do what they promise, byte by byte.  Examples of a feature that this
# kernel or module does not offer are left out.
# guest: timeout=90 skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/port.sh
. /tests/lib/until.sh

has() { zcctl features -j | grep -q "\"$1\":true"; }

# ask PORT WORDS FILE: sends WORDS to the server at PORT, writes the answer to FILE
# Afterwards $! is no longer the server: listens() has started a process, too.
ask() {
	local fd
	until_ok listens "$1" || ktap_note "nobody listens on $1"
	exec {fd}<>"/dev/tcp/127.0.0.1/$1" || return
	printf '%s' "$2" >&"$fd"
	cat <&"$fd" >"$3"
	exec {fd}>&-
}

# be64 N, be32 N: print a number in network byte order
be64() { printf %b "$(printf %016x "$1" | sed 's/../\\x&/g')"; }
be32() { printf %b "$(printf %08x "$1" | sed 's/../\\x&/g')"; }

# piece OFF LEN: prints that part of the file
piece() { tail -c +$(($1 + 1)) dir/file | head -c "$2"; }

mkdir dir
head -c 300000 /dev/urandom >dir/file
size=300000

epoll_server 9100 dir &
server=$!
ask 9100 'GET /file HTTP/1.0' got
{ printf 'HTTP/1.0 200 OK\r\nContent-Length: %s\r\n\r\n' $size; cat dir/file; } >want
ktap_check "epoll_server: header and file" cmp want got
ask 9100 'GET /file HTTP/1.0' got
ktap_check "epoll_server: once more" cmp want got
ask 9100 'GET /none HTTP/1.0' got
ktap_is "$(head -c 12 got)" "HTTP/1.0 404" "epoll_server: what is not there"
kill $server

byteranges 9101 dir/file 0-0 1000-4999 299999-299999 >said &
server=$!
ask 9101 'GET / HTTP/1.1' got
wait $server
ktap_is "$? $(cut -d: -f1 said)" "0 done" "byteranges: status"
part() {
	printf '\r\n--zcopy_boundary_3d6b6a416f9b5\r\nContent-Range: bytes %s/300000\r\n\r\n' "$1"
}
{
	part 0-0
	head -c 1 dir/file
	part 1000-4999
	piece 1000 4000
	part 299999-299999
	tail -c 1 dir/file
	printf '\r\n--zcopy_boundary_3d6b6a416f9b5--\r\n'
} >body
{
	printf 'HTTP/1.1 206 Partial Content\r\n'
	printf 'Content-Type: multipart/byteranges; boundary=zcopy_boundary_3d6b6a416f9b5\r\n'
	printf 'Content-Length: %s\r\n\r\n' "$(stat -c %s body)"
	cat body
} >want
ktap_check "byteranges: headers, parts and ranges" cmp want got

# three batches of 100, 200 and 300 bytes with the offsets 0, 10 and 30
for b in "0 100" "10 200" "30 300"; do
	# shellcheck disable=SC2086
	set -- $b
	{ be64 "$1"; be32 $(($2 - 12)); head -c $(($2 - 12)) /dev/urandom; } >>dir/topic.log
done
kafka_segment 9102 dir &
server=$!
ask 9102 'topic 15 1000' got
{ echo "500 bytes from 100"; tail -c +101 dir/topic.log; } >want
ktap_check "kafka_segment: from the batch with the offset on" cmp want got
ask 9102 'topic 3 299' got
{ echo "100 bytes from 0"; head -c 100 dir/topic.log; } >want
ktap_check "kafka_segment: whole batches only" cmp want got
ask 9102 'nothing 3 299' got
ktap_is "$(cat got)" "0 bytes from 0" "kafka_segment: no such topic"
kill $server

# three messages of two tags, scattered
for m in "5000 100 7" "70000 2000 8" "0 10 7"; do
	# shellcheck disable=SC2086
	set -- $m
	{ be64 "$1"; be32 "$2"; be64 "$3"; } >>queue
done
rocketmq_pull 9103 dir/file queue &
server=$!
ask 9103 '0 10 0' got
{ piece 5000 100; piece 70000 2000; piece 0 10; } >want
ktap_is "$(head -n 1 got | tr -s ' ')" " 3 messages 2110 bytes, next 3" \
	"rocketmq_pull: header"
tail -c 2110 got | cmp - want
ktap_ok $? "rocketmq_pull: the messages, in the order of the queue"
ask 9103 '0 10 7' got
{ piece 5000 100; piece 0 10; } >want
tail -c 110 got | cmp - want
ktap_ok $? "rocketmq_pull: those of one tag"
kill $server

if has uring; then
	uring_server 9104 dir/file &
	server=$!
	ask 9104 'GET /' got
	{ printf 'HTTP/1.0 200 OK\r\n\r\n'; cat dir/file; } >want
	ktap_check "uring_server: header and file" cmp want got
	kill $server
else
	ktap_skip "uring_server: no io_uring commands in this kernel or module"
fi
if has fanout; then
	receivers=()
	for p in 9105 9106; do
		zcctl recv -1 -q -o "got$p" $p >/dev/null &
		receivers+=($!)
		until_ok listens $p
	done
	fanout dir/file 127.0.0.1 9105 9106 >said
	ktap_is "$? $(grep -c 'done, 300000 bytes' said)" "0 2" "fanout: both are done"
	wait "${receivers[@]}"
	ktap_check "fanout: one has all" cmp dir/file got9105
	ktap_check "fanout: so has the other" cmp dir/file got9106
else
	ktap_skip "fanout: no fan-out in this module"
fi
ktap_done

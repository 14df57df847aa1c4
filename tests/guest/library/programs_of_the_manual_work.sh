#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The programs in the examples of the library's pages, compiled from the pages themselves,
# send what they promise from their standard input to the connection that is their
# standard output, and tell what they promise of the module.
# guest: timeout=120 takes=15 skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/zcctl.sh

head -c 300000 /dev/urandom >file
truncate -s 100M much
done_by_now=''

# program PAGE: the program of that page
program() {
	local all=(/tests/pages/"$1"-*)
	for one in "${all[@]}"; do
		case $one in *.[cho] | *.sh | *.txt) ;; *) echo "$one" ;; esac
	done
	done_by_now+=" $1"
}

# said PAGE PATTERN: the program has said such a line; nothing, if there is no pattern.
said() {
	if [ -n "$2" ]; then says words "$2"; else [ ! -s words ]; fi
	ktap_ok $? "$1: what it says" || ktap_note "$(cat words)"
}

# sends PAGE PATTERN [HEAD]: the program sends the file, after that head, and says so.
# What is to be cancelled is so long that it lasts even if the program is paused.
sends() {
	local page=$1 pattern=$2 head=${3-} prog port=$((++PORT)) status from=file
	[ "$pattern" != cancelled ] || from=much
	prog=$(program "$page")
	done_by_now+=" $page"
	receiver -1 -o got "$port"
	"$prog" <$from >"/dev/tcp/127.0.0.1/$port" 2>words
	status=$?
	wait $peer
	ktap_is "$status" 0 "$page: exit status" || ktap_note "$(cat words)"
	said "$page" "$pattern"
	[ "$pattern" = cancelled ] && return
	cmp got <(printf '%b' "$head"; cat file)
	ktap_ok $? "$page: every byte arrives"
}

# tells PAGE PATTERN: the program prints such a line.
tells() {
	local prog
	prog=$(program "$1")
	done_by_now+=" $1"
	"$prog" <file >words 2>&1
	ktap_is $? 0 "$1: exit status" || ktap_note "$(cat words)"
	said "$1" "$2"
}

PORT=9400
sends libzcopy.3 '^done, 300006 of 300006 bytes, [0-9]* by reference$' 'hello\n'
sends zcopy_send.3 '^300019 bytes: all bytes were sent' 'HTTP/1.0 200 OK\r\n\r\n'
sends zcopy_send_init.3 ''
sends zcopy_submit.3 'all bytes were sent'
sends zcopy_wait.3 '^transfer [0-9]*: done$'
sends zcopy_nl_submit.3 '^transfer [0-9]*$'
if zcctl features -j | grep -q '"uring":true'; then
	sends zcopy_uring_prep.3 '^done, 300000 bytes$'
else
	ktap_skip "zcopy_uring_prep.3: no io_uring commands in this kernel or module"
	done_by_now+=' zcopy_uring_prep.3'
fi
sends zcopy_cancel.3 cancelled

tells zcopy_open.3 '^up to 64 sockets, with rates$'
tells zcopy_list_new.3 '^4 elements$'
tells zcopy_nl_open.3 '^no such transfer'
tells zcopy_nl_stats.3 '^[0-9.]* % of [1-9][0-9]* bytes$'
tells zcopy_nl_limits_get.3 '^copy_small_bytes  *1024$'
tells zcopy_strerror.3 '^by_ref '

receiver --discard 9399
id=$(zcctl send --detach --rate 1K much 127.0.0.1:9399)
tells zcopy_nl_get.3 "^$id [a-z]* [0-9]* of 104857600 bytes$"
tells zcopy_nl_cancel.3 ''
zcctl list -j | grep -q "\"id\":$id,"
ktap_ok $? "zcopy_nl_cancel.3: what is young goes on"
# The program listens for two seconds.  Both programs may take longer to start in a slow
# guest.
prog=$(program zcopy_nl_events.3)
done_by_now+=' zcopy_nl_events.3'
for ((round = 0; round < 20; round++)); do
	(nap "0.$((round % 5 * 2 + 1))"; zcctl cancel "$id" >out) &
	canceller=$!
	"$prog" >words 2>&1
	status=$?
	wait $canceller
	says words "^completed $id$" && break
	id=$(zcctl send --detach --rate 1K much 127.0.0.1:9399)
done
ktap_is "$status" 0 "zcopy_nl_events.3: exit status"
said zcopy_nl_events.3 "^completed $id$"
kill $peer
wait

missing=''
for src in /tests/pages/*.3-*.c; do
	page=${src##*/}
	page=${page%-*}
	case "$done_by_now zcopy_nl_open_record.3 " in *" $page "*) ;; *) missing+=" $page" ;; esac
done
ktap_is "$missing" "" "each page's program was run"
ktap_done

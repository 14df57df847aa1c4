#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The commands in the examples of the manual pages do what the pages say, typed as they
# are there, in the order of each page.  tests/build/page-examples has taken them out.
# guest: timeout=180 takes=40 skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/port.sh
. /tests/lib/zcctl.sh

pages=/tests/pages
PATH=$PWD/bin:$PATH

head -c 3000000 /dev/urandom >video.mp4
head -c 2000000 /dev/urandom >disk.img
printf 'head\r\n\r\n' >head.txt
: >server.py

# The servers of the examples: each sends a file by sendfile(2), like the page's program.
mkdir bin
for name in nginx python3; do
	cat >bin/$name <<-SERVER
		#!/bin/bash
		exec $pages/zcopy-sendfile.1-1 <video.mp4 >/dev/tcp/127.0.0.1/9090
	SERVER
	chmod +x bin/$name
done
receiver --discard 9090
id=

# perform LINE: runs it in this shell, leaves what it says in the file said, and waits
# for what it starts in the background.
perform() {
	: >said
	eval "$1" >>said 2>&1
	local status=$?
	case $1 in
	*'zcctl recv '* | *'zcctl monitor '*) until_ok contains said 'listening ' || status=124 ;;
	esac
	return $status
}

# lacks COMMAND: true if this kernel has nothing that the command could print.
lacks() {
	case $1 in
	'grep Seccomp_filters '*) ! grep -q '^Seccomp:' /proc/self/status ;;
	*) false ;;
	esac
}

# example FILE: runs its commands, one after the other.
example() {
	local lines line more='' name=${1##*/}
	mapfile -t lines <"$1"
	for line in "${lines[@]}"; do
		more+=$line
		if [[ $more == *\\ ]]; then
			more=${more%\\}
			continue
		fi
		if lacks "$more"; then
			ktap_skip "$name: $more: not in this kernel"
		else
			perform "$more"
			ktap_ok $? "$name: $more" || ktap_note "$(cat said)"
			check "$more"
		fi
		more=''
	done
}

# keys: prints the keys of a line of a report, without the reasons in it.
keys() { tr -d ' \n' | sed 's/"passed":{[^}]*}/"passed":/' | grep -o '"[a-z_]*":'; }

# check COMMAND: what the page, or common sense, promises of some of them.
check() {
	case $1 in
	*'send --header @head.txt'*)
		{ cat head.txt; head -c 4096 video.mp4; tail -c +1048577 video.mp4; printf bye; } >want
		until_ok cmp -s want got
		;;
	'zcctl send '*)
		case $1 in *' -q '*) ! says said '^done: ' ;; *) says said '^done: ' ;; esac
		;;
	'zcctl rate '*) says said "transfer $id is held to 100" ;;
	'zcctl cancel $id') says said '^1 cancelled' ;;
	'zcctl drain '*) says said 'no live transfers' ;;
	*transfers.txt) [ -s transfers.txt ] ;;
	*zcopy.prom) grep -q '^zcopy_transfers_submitted_total' zcopy.prom ;;
	*'limits max_user_transfers'*) says said '^max_user_transfers  *1000 ' ;;
	*'bench '*) [ "$(grep -cE ' (zcopy|sendfile) ' said)" = 4 ] ;;
	'cat nginx.json')
		# The page of the interposer shows such a line.
		[ "$(keys <said)" = "$(keys <$pages/zcopy-sendfile.1-3.txt)" ] &&
			says said '"device":"ok"' && ! says said '"taken":0'
		;;
	*plain.json) says plain.json '"off":' && says plain.json '"taken":0' ;;
	grep*) says said '^Seccomp_filters:' ;;
	*) return 0 ;;
	esac
	ktap_ok $? "it did what the page says: $1" || ktap_note "$(cat said)"
}

# have_ended: true if no command runs that ends after so many connections or events.
have_ended() { ! jobs -r | grep -q -e ' -1 ' -e ' -n '; }

for page in zcctl.8 zcopy.7 zcopy-sendfile.1 zcopy_nl_open_record.3; do
	for ((n = 1; n < 40; n++)); do
		[ ! -e $pages/$page-$n.sh ] || example $pages/$page-$n.sh
	done
	until_ok have_ended
	ktap_ok $? "$page: whatever ends by itself has ended" || ktap_note "$(jobs)"
	for job in $(jobs -p); do
		[ "$job" = "$peer" ] || kill "$job" 2>/dev/null
	done
done
ktap_is "$(wc -l <events.json)" 2 "two events were printed"

# The unit file of the interposer's page, as its service manager would apply it
setting=$(sed -n 's/^Environment=//p' $pages/zcopy-sendfile.1-4.txt)
library=${setting#LD_PRELOAD=}
mkdir -p "${library%/*}"
cp /lib/zcopy/libzcopy-sendfile.so "$library"
counter transfers_submitted
before=$COUNTER
env "$setting" nginx
counter transfers_submitted
rm "$library"
[ "$COUNTER" -gt "$before" ]
ktap_ok $? "the setting of the unit file: $setting"

# The recording of one page is what the program of the same page reads.
$pages/zcopy_nl_open_record.3-2 <recording >said
ktap_ok $? "the recording is read" || ktap_note "$(cat said)"
says said '^transfers_submitted [1-9]'
ktap_ok $? "it has the counters" || ktap_note "$(cat said)"
kill $peer
wait
ktap_done

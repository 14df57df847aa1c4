#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# trace-cmd, with the library that perf reads events with, prints the tracepoints from
# their format files as the kernel prints them itself.
# guest: timeout=300 skip-on=debug
. /tests/lib/userland.sh

make_file small 4
make_file big 4096
own=/sys/kernel/tracing/instances/own
mkdir $own
echo 1 >$own/events/zcopy/enable

trace-cmd record -q -e zcopy -o /tmp/dat /bin/bash /tests/lib/traffic.sh >/tmp/log 2>&1
ktap_ok $? "it records" || sed 's/^/# /' /tmp/log
echo 0 >$own/events/zcopy/enable
events() { sed -n 's/.*: \(zcopy_[a-z_]*\): */\1 /p' | sort; }
events <$own/trace >/tmp/kernel
trace-cmd report -i /tmp/dat 2>/tmp/err >/tmp/report
events </tmp/report >/tmp/printed
ktap_check "it prints what the kernel prints" diff /tmp/kernel /tmp/printed
ktap_is "$(cat /tmp/err; grep -ci 'failed to parse' /tmp/report)" 0 "it understands all formats"
for words in 'zcopy_submit id=[1-9][0-9]* asked=3000 elems=1 flags=.* sync' \
	'zcopy_submit id=[1-9].* flags=stable async' \
	'zcopy_complete id=[1-9][0-9]* asked=3000 sent=3000 status=done error=0' \
	'zcopy_complete id=[1-9].* status=cancelled ' \
	'zcopy_turn_start id=[1-9][0-9]* sent=0' 'zcopy_turn_done id=.* rate used up' \
	'zcopy_reject reason=[0-9]* no_such_transfer'; do
	grep -q "^$words" /tmp/printed
	ktap_ok $? "there is \"$words\"" || :
done
[ "$KTAP_FAILED" -eq 0 ] || sort -u -k1,1 /tmp/printed | sed 's/^/# /'
rmdir $own
ktap_done

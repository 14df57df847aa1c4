#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Programs that print events by the format files of tracefs know no enumerator of the
# module: the formats name none, and words stand for numbers.
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/zcctl.sh

events=/sys/kernel/tracing/events/zcopy
[ -d $events ] || ktap_skip_all "this kernel has no tracepoints"
names=$(cat $events/*/format | sed -n 's/^print fmt: //p' | grep -oE '\bZ[A-Z]+_[A-Z_]+' | sort -u)
ktap_is "$(find $events -name format | wc -l)" 6 "there are six formats"
ktap_is "$names" "" "they name no enumerator"

head -c 100000 /dev/urandom >file
echo 1 >$events/enable
receiver -1 --discard 7777
zcctl send -q --stable file 127.0.0.1:7777
ktap_ok $? "a transfer"
zcctl rate 999999999 1 2>/dev/null
echo 0 >$events/enable
wait "$peer"
for words in 'zcopy_submit: id=[1-9][0-9]* asked=100000 elems=1 flags=stable async' \
	'zcopy_turn_done: id=[1-9][0-9]* sent=100000 ended' \
	'zcopy_complete: id=[1-9][0-9]* asked=100000 sent=100000 status=done error=0' \
	'zcopy_reject: reason=[0-9]* no_such_transfer'; do
	says /sys/kernel/tracing/trace "$words"
	ktap_ok $? "there is \"$words\"" || :
done
[ "$KTAP_FAILED" -eq 0 ] || grep zcopy_ /sys/kernel/tracing/trace | sed 's/^/# /'
echo >/sys/kernel/tracing/trace
ktap_done

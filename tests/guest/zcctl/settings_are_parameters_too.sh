#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A setting of the module is given to it at load, or later by zcctl limits; both take the
# same values, and the same name.
# guest: module=no
set -u
. /tests/lib/ktap.sh

shown() { zcctl limits -j | grep -o '"name":"copy_small_bytes","value":[0-9]*,"used":[a-z0-9]*'; }

! insmod /zcopy.ko copy_small_bytes=65537 2>/dev/null
ktap_ok $? "more than it may be: not loaded"
insmod /zcopy.ko copy_small_bytes=77
ktap_is "$? $(shown)" '0 "name":"copy_small_bytes","value":77,"used":null' "given at load"
ktap_is "$(cat /sys/module/zcopy/parameters/copy_small_bytes)" 77 "and shown under /sys"
for value in 65536 0; do
	zcctl limits copy_small_bytes $value >/dev/null
	ktap_is "$? $(shown)" "0 \"name\":\"copy_small_bytes\",\"value\":$value,\"used\":null" \
		"set to $value"
	ktap_is "$(cat /sys/module/zcopy/parameters/copy_small_bytes)" $value "under /sys, too"
done
zcctl limits copy_small_bytes 65537 >/dev/null 2>words
ktap_is "$? $(grep -c 'this setting cannot be that high' words)" "1 1" "too high: refused" ||
	ktap_note "$(cat words)"
ktap_is "$(shown)" '"name":"copy_small_bytes","value":0,"used":null' "and not changed"
rmmod zcopy
ktap_is $? 0 "unloaded"

# Both settings of references have words: as the parameter, zcctl limits and features, and
# /proc/net/zcopy/settings show them
everywhere() {
	cat "/sys/module/zcopy/parameters/$1"
	zcctl limits -j | sed -n "s/.*\"name\":\"$1\",\"value\":\"\([a-z]*\)\".*/\1/p"
	zcctl features -j | sed -n "s/.*\"$1\":\"\([a-z]*\)\".*/\1/p"
	sed -n "s/^$1 //p" /proc/net/zcopy/settings
}
for word in 1 Never ""; do
	! insmod /zcopy.ko references="$word" 2>/dev/null
	ktap_ok $? "references=$word: not loaded"
done
insmod /zcopy.ko references=own references_userns=never
ktap_is "$(everywhere references | xargs)" "own own own own" "references=own"
ktap_is "$(everywhere references_userns | xargs)" "never never never never" \
	"references_userns=never"
for word in never all own; do
	zcctl limits references $word >/dev/null
	ktap_is "$? $(everywhere references | xargs)" "0 $word $word $word $word" "set to $word"
done
ktap_is "$(cat /proc/net/zcopy/settings)" "copy_small_bytes 1024
references own
references_userns never" "/proc has the settings, and no more"
zcctl limits references 3 >/dev/null 2>&1
ktap_is $? 2 "a number is no word"
rmmod zcopy
ktap_is $? 0 "unloaded again"
ktap_done

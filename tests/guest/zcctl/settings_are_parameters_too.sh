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
ktap_done

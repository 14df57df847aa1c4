#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Without the module, every verb that needs it exits with 3 and says how to get it.
set -u
. tests/lib/ktap.sh

zcctl=${ZCCTL:-build/user/zcctl}

if [ -e /dev/zcopy ] || [ -e /proc/net/zcopy ]; then
	ktap_skip_all "the module is loaded here"
fi

for verb in list "rate 1 1M" top limits "limits max_transfers 5" "show 1" "cancel 1" "cancel --all" drain monitor stats features \
	"send /etc/passwd 127.0.0.1:9"; do
	# shellcheck disable=SC2086 # words are meant
	out=$("$zcctl" $verb -j 2>&1)
	ktap_is $? 3 "$verb: exit status"
	case $out in
	*'"error":'*'the module is not loaded'*'"errno":2'*modprobe*) ok=0 ;;
	*) ok=1 ;;
	esac
	ktap_ok $ok "$verb: words and a next step" || ktap_note "$out"
	# shellcheck disable=SC2086
	out=$("$zcctl" $verb 2>/dev/null)
	ktap_is "$out" "" "$verb: nothing on standard output"
done

out=$("$zcctl" doctor)
ktap_is $? 3 "doctor: exit status"
case $out in
*MISSING*"the module is not loaded"*"->"*"scatter/gather"*) ok=0 ;;
*) ok=1 ;;
esac
ktap_ok $ok "doctor: what is missing, how to get it, interfaces" || ktap_note "$out"
for verb in help --version "send --help"; do
	# shellcheck disable=SC2086
	"$zcctl" $verb >/dev/null 2>&1
	ktap_is $? 0 "$verb needs no module"
done
ktap_done

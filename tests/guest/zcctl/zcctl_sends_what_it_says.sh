#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# zcctl send: header, ranges and trailer arrive byte by byte, and the printed
# numbers add up and agree with the counters.
# guest: timeout=60 skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/zcctl.sh

serve() { receiver -1 -j -o got "$1"; }

head -c 3000001 /dev/urandom >file
printf 'head\r\n\r\n' >begin

serve 9000
out=$(zcctl send -j file 127.0.0.1:9000)
ktap_is $? 0 "send: exit status"
wait
ktap_check "all bytes arrive" cmp file got
ktap_is "$(field status "$out")" "done" "status"
ktap_is "$(field bytes "$out")" 3000001 "bytes"
ktap_is "$(field bytes_asked "$out")" 3000001 "bytes asked, found out by the kernel"
ktap_is "$(($(field bytes_by_ref "$out") + $(field bytes_copied "$out")))" 3000001 \
	"by reference and copied add up"
[ "$(field duration_ns "$out")" -gt 0 ]
ktap_ok $? "duration"
ktap_is "$(field bytes "$(cat report)")" 3000001 "the receiver says the same"
ktap_is "$(field sha256 "$(cat report)")" "$(sha256sum <file | cut -d' ' -f1)" "SHA-256"

serve 9001
out=$(zcctl send -j --header @begin --trailer bye --range 1K:4K --range 2M: --range 0:1 \
	file '[::1]:9001')
ktap_is $? 0 "a list over IPv6: exit status"
wait
{
	cat begin
	tail -c +1025 file | head -c 4096
	tail -c +2097153 file
	head -c 1 file
	printf bye
} >want
ktap_check "header, ranges and trailer arrive in order" cmp want got
ktap_is "$(field memory "$out")" 11 "header and trailer count as memory"

serve 9002
zcctl send -o 1000 -l 2000 -q file 127.0.0.1:9002 >said 2>&1
ktap_is "$? $(cat said)" "0 " "-q says nothing"
wait
tail -c +1001 file | head -c 2000 >want
ktap_check "offset and length" cmp want got

# Many short ranges are copied, longer ones are not; where the bound is can be set.
ranges=()
for i in {0..19}; do ranges+=(--range "$((1000 + i * 100)):100"); done
for bound in 100 99; do
	zcctl limits copy_small_bytes $bound >/dev/null
	copied=$([ $bound -ge 100 ] && echo 2000 || echo 0)
	serve 9013
	before=$(field copied_small "$(zcctl stats -j -a)")
	out=$(zcctl send -j "${ranges[@]}" file 127.0.0.1:9013)
	wait
	ktap_check "copies up to $bound: the ranges" cmp want got
	ktap_is "$(field small "$out") $(field bytes_by_ref "$out")" "$copied $((2000 - copied))" \
		"copies up to $bound: counted" || ktap_note "$out"
	ktap_is "$(field copied_small "$(zcctl stats -j -a)")" $((before + copied)) \
		"copies up to $bound: in the counters"
	serve 9013
	zcctl send "${ranges[@]}" file 127.0.0.1:9013 >said
	wait
	ktap_is "$(grep -c 'copied because  *small' said)" $((copied / 2000)) \
		"copies up to $bound: in words" || ktap_note "$(cat said)"
done

serve 9003
: >empty
out=$(zcctl send -j empty 127.0.0.1:9003)
ktap_is "$? $(field status "$out") $(field bytes "$out")" "0 done 0" "an empty file"
wait

serve 9004
out=$(zcctl send - 127.0.0.1:9004 <file)
ktap_is $? 0 "standard input"
wait
case $out in
"done: 2.86 MiB to 127.0.0.1:9004 in "*"by reference"*) ok=0 ;;
*) ok=1 ;;
esac
ktap_ok $ok "a summary in words" || ktap_note "$out"
ktap_check "whole" cmp file got

# The content of such a file depends on the task that reads it: this shell.
serve 9005
unshare -u sh -c 'hostname inner-box && zcctl send -q --header @begin --trailer "!" \
	--range 0:5 --range 6: /proc/sys/kernel/hostname 127.0.0.1:9005'
ktap_is $? 0 "a file under /proc, in a namespace of its own"
wait
{
	cat begin
	printf 'innerbox\n!'
} >want
ktap_check "answers for that namespace" cmp want got
serve 9006
zcctl send -q /sys/kernel/mm/transparent_hugepage/enabled 127.0.0.1:9006
ktap_is $? 0 "one under /sys, with a size that is not true"
wait
ktap_check "whole" cmp /sys/kernel/mm/transparent_hugepage/enabled got
if [ -r /sys/kernel/btf/vmlinux ]; then
	: >ready
	zcctl recv --discard 9007 2>ready &
	TRIES=300 until_ok test -s ready
	said=$(zcctl send /sys/kernel/btf/vmlinux 127.0.0.1:9007 2>&1)
	ktap_is $? 1 "one that is too long to be read before is refused"
	case $said in *"depends on the task that reads"*) ok=0 ;; *) ok=1 ;; esac
	ktap_ok $ok "in words" || ktap_note "$said"
	kill %%
	wait
fi

stats=$(zcctl stats -j)
ktap_is "$(field transfers_active "$stats")" 0 "counters: none live"
ktap_is "$(tr -d '{}"' <<<"$stats" | tr ',:' '\n ' | grep -v reject_)" \
	"$(grep -v reject_ /proc/net/zcopy/stats)" "stats -j and /proc agree"
# As in /proc, but the samples with a reason follow the others
plain_names() {
	sed -n 's/^zcopy_//p' | grep -v ^refusals_ |
		sed 's/^copied_bytes_total{reason="\(.*\)"}/copied_\1/; s/^\([a-z_]*\)_total /\1 /'
}
ktap_is "$(zcctl stats --prometheus | plain_names | sort)" \
	"$(grep -v reject_ /proc/net/zcopy/stats | sort)" "so does stats --prometheus"
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# zcctl bench measures zcopy next to every other method of sending, and every byte
# of every method arrives.
# guest: timeout=90
set -u
. /tests/lib/ktap.sh

out=$(zcctl bench -j -t 0.05 200+4K 300K)
ktap_is $? 0 "exit status"
ktap_is "$(grep -o '"method":"zcopy","skipped":""' <<<"$out" | wc -l)" 2 \
	"zcopy is measured in both cases" || ktap_note "$out"
ktap_is "$(grep -o '"errno":[0-9]*' <<<"$out" | sort -u)" '"errno":0' \
	"nothing failed" || ktap_note "$out"
ktap_is "$(grep -o '"skipped":"[^"][^"]*"' <<<"$out")" \
	'"skipped":"there is no header to gather"' "nothing else is left out"
ktap_is "$(zcctl stats -j | grep -o '"transfers_failed":[0-9]*')" \
	'"transfers_failed":0' "no transfer failed"
ktap_done

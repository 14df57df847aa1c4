#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs the tests of refusals on one load of the module.  Afterwards every counter
# reject_* must have counted, except those of the list below.
# guest: timeout=180 takes=25 skip-on=debug
. /tests/lib/ktap.sh

# The exceptions. no_memory: only if allocations fail (tests/fault). device_closing: a
# verb holds the device open, so no verb can meet a closing device. sink_ulp: a kernel need
# not have a layer other than TLS. uring_polled: older kernels refuse before the module
# does. sink_not_permitted: needs a security module with a policy against it.
excused='no_memory|device_closing|uring_polled|sink_not_permitted'

for t in refused/bad_{commands,descriptors,messages,pointers,structs}_are_refused \
	refused/strangers_are_refused \
	refused/netlink_takes_descriptors_from_its_opener_only \
	order/batches_start_many_transfers ends/eventfds_count_completions \
	limits/limits_hold_and_can_be_changed limits/users_have_a_share_of_all_transfers \
	owners/transfers_of_all_namespaces_can_be_ended \
	bytes/positions_move_past_what_was_sent \
	tls/control_records_keep_their_place \
	submitter/pseudo_files_are_read_by_their_submitter \
	submitter/fuse_servers_are_told_the_submitter \
	submitter/guards_are_told_the_submitter \
	cache/warming_fills_the_cache_and_sends_nothing \
	refused/a_datagram_has_one_long_walk; do
	# The next one compares all counters; transfers of the last one may end a little later.
	for ((n = 0; n < 200; n++)); do
		! grep -qx 'transfers_active 0' /proc/zcopy/stats || break
		sleep 0.1
	done
	out=$("/tests/guest/$t" 2>&1)
	status=$?
	if [ $status -eq 4 ]; then
		ktap_skip "${t##*/}: ${out##*# SKIP }"
		continue
	fi
	case $out in *'SKIP destination: a socket with another upper layer'*)
		excused+='|sink_ulp' ;; esac
	ktap_ok $status "${t##*/} has no failure" ||
		ktap_note "$(grep -A3 -E '^(not ok|Bail out)' <<<"$out" | head -n 20)"
done
never=$(awk '/^reject_/ && !$2 { sub("reject_", "", $1); print $1 }' /proc/zcopy/stats |
	grep -vxE "$excused" | tr '\n' ' ')
ktap_is "$never" "" "every reason was met"
ktap_is "$(grep -c '^reject_' /proc/zcopy/stats)" "$(grep '^reject_' /proc/zcopy/stats |
	sort -u | wc -l)" "every reason has a counter of its own"
ktap_note "reasons: $(grep -c '^reject_' /proc/zcopy/stats), excused: $excused"
ktap_done

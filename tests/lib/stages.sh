# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Stages of a run. The last line of a stage is "N passed, N failed[, N skipped]".
# The output is shown as it comes, and the counts are added up. For host scripts.

. "$(dirname "${BASH_SOURCE[0]}")/failures.sh"

passed=0 failed=0 skipped=0
failures=$(mktemp)

# stage CMD ARG…: runs a stage, shows its output, counts. A stage that exits with an
# error but counts no failure, or prints no counts, counts as one failure.
stage() {
	local log counts status start=$SECONDS
	log=$(mktemp)
	echo "==== $*"
	"$@" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	# A stage that is made of stages has told its failures itself, a second time.
	sed -E '/^== failed$/,/^[0-9]+ passed, /d' "$log" >"$log.rows"
	failures_of "$log.rows" >>"$failures"
	echo "==== $*: $((SECONDS - start)) s"
	if [ -z "$counts" ]; then
		failed=$((failed + 1))
		{ tail -n 20 "$log"; echo "==== $*: ended with status $status, without counts"; } \
			>>"$failures"
		rm -f "$log" "$log.rows"
		return
	fi
	# shellcheck disable=SC2086 # the words are wanted
	set -- ${counts//,/}
	passed=$((passed + $1))
	failed=$((failed + $3))
	skipped=$((skipped + ${5:-0}))
	if [ "$status" -ne 0 ] && [ "$3" -eq 0 ]; then
		failed=$((failed + 1))
		{ tail -n 20 "$log"; echo "==== a stage ended with status $status"; } \
			>>"$failures"
	fi
	rm -f "$log" "$log.rows"
}

# stage_beside CMD ARG…: starts a stage that runs while others do, on a processor that
# they leave idle (SCHED_IDLE). stages_end waits for it, shows its output and counts it.
beside_names=() beside_pids=() beside_logs=()
stage_beside() {
	local log
	log=$(mktemp)
	chrt --idle 0 nice -n 19 "$@" >"$log" 2>&1 </dev/null &
	beside_names+=("$*")
	beside_pids+=($!)
	beside_logs+=("$log")
}

# shellcheck disable=SC2317 # run by stage
went_beside() {
	cat "$beside_log"
	return $beside_status
}

# stages_end: prints what failed, then the sum, and returns the verdict.
stages_end() {
	local i beside_log beside_status
	for i in "${!beside_pids[@]}"; do
		beside_log=${beside_logs[i]} beside_status=0
		wait "${beside_pids[i]}" || beside_status=$?
		stage went_beside "${beside_names[i]}"
		rm -f "$beside_log"
	done
	if [ -s "$failures" ]; then
		echo "== failed"
		cat "$failures"
	fi
	rm -f "$failures"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

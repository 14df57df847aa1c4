# shellcheck shell=bash
# Stages of a run: each closes with "N passed, N failed[, N skipped]"; they are
# shown as they go and added up. For scripts on the host.

passed=0 failed=0 skipped=0

# stage CMD ARG…: run, show, count. One that fails without saying what failed,
# or says no counts at all, counts as a failure.
stage() {
	local log counts status start=$SECONDS
	log=$(mktemp)
	echo "==== $*"
	"$@" 2>&1 | tee "$log"
	status=${PIPESTATUS[0]}
	counts=$(grep -E '^[0-9]+ passed, [0-9]+ failed' "$log" | tail -n 1)
	rm -f "$log"
	echo "==== $*: $((SECONDS - start)) s"
	if [ -z "$counts" ]; then
		failed=$((failed + 1))
		return
	fi
	# shellcheck disable=SC2086 # the words are wanted
	set -- ${counts//,/}
	passed=$((passed + $1))
	failed=$((failed + $3))
	skipped=$((skipped + ${5:-0}))
	if [ "$status" -ne 0 ] && [ "$3" -eq 0 ]; then
		failed=$((failed + 1))
	fi
}

# stages_end: the sum, and the verdict.
stages_end() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Rust binding: its own tests with the module, for threads and for tasks of tokio, with
# slow and closed peers, and cancelled transfers; and its example server.
# guest: timeout=300
. /tests/lib/userland.sh
. /tests/lib/foreign.sh

U=http://127.0.0.1:$PORT
built=/tests/bindings/rust
[ ! -e $built/missing ] || ktap_skip_all "$(cat $built/missing)"
cd /srv || exit 1

RUST_BACKTRACE=0 timeout $((150 * SLOW)) $built/guest --ignored --test-threads=1 >/tmp/out 2>&1
rc=$?
while read -r _ name _ verdict _; do
	[ "$verdict" = ok ]
	ktap_ok $? "$name" || :
done < <(grep '^test .* \.\.\. ' /tmp/out)
[ "$rc" -eq 0 ] && [ $KTAP_COUNT -ge 14 ]
ktap_ok $? "all of the binding's tests pass" || sed 's/^/# /' /tmp/out

example $built/serve $PORT /srv
ktap_done

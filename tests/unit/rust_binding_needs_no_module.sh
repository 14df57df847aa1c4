#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Rust binding's own tests, as far as they need no module: its structs and numbers are
# those of the C header, wrong ranges are refused, and what its README says of lifetimes
# is so. It is formatted, clippy has no objections, and it is small.
set -u
. tests/lib/ktap.sh

cd user/bindings/rust || exit 1
lines=$(cat src/*.rs | grep -cvE '^\s*(//.*)?$')
[ "$lines" -lt 600 ]
ktap_ok $? "the crate has fewer than 600 lines without comments: $lines"
[ "$(wc -l <examples/serve.rs)" -lt 100 ]
ktap_ok $? "the example has fewer than 100"
ktap_is "$(grep -lE '\bunsafe \{' src/*.rs)" src/sys.rs "one file has unsafe code"

export CARGO_TARGET_DIR=$OLDPWD/build/rust CARGO_NET_RETRY=0 RUST_BACKTRACE=0
if ! [[ $(cargo --version 2>/dev/null) =~ ^cargo ]]; then
	ktap_skip "there is no Rust toolchain"
elif ! timeout 60 cargo fetch --quiet >/dev/null 2>&1; then
	ktap_skip "the crates cannot be had"
else
	ktap_check "format" cargo fmt --check
	ktap_check "clippy" cargo clippy --quiet --all-targets --all-features -- -D warnings
	ktap_check "clippy, without tokio" cargo clippy --quiet -- -D warnings
	cargo test --quiet --all-features -- --test-threads=1 --format=pretty >"$CARGO_TARGET_DIR/out" 2>&1
	rc=$?
	while IFS= read -r line; do
		case $line in *" ... ok") ok=0 ;; *) ok=1 ;; esac
		line=${line#test }
		ktap_ok $ok "${line% ... *}" || :
	done < <(grep -E '^test .* \.\.\. (ok|FAILED)' "$CARGO_TARGET_DIR/out")
	ktap_ok $rc "the tests end well" || sed 's/^/# /' "$CARGO_TARGET_DIR/out"
fi
ktap_done

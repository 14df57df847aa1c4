#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Go binding's own tests, as far as they need no module: its structs and numbers are
# those of the C header, and its answers over HTTP are those of net/http.  It is small, has
# only the standard library under it, and its example is short.
set -u
. tests/lib/ktap.sh
. tests/lib/foreign.sh

command -v go >/dev/null || ktap_skip_all "there is no go (apt install golang-go)"
export CGO_ENABLED=0 GOPROXY=off GOTOOLCHAIN=local
cd user/bindings/go || exit 1
names=$(sed -n 's/^func \(Test[A-Za-z]*\)(.*/\1/p' abi_test.go http_test.go | paste -sd '|')
foreign go go test -v -run "^($names)\$" .
ktap_check "go vet" go vet ./...
ktap_is "$(gofmt -l .)" "" "gofmt"
ktap_is "$(go list -deps -f '{{if not .Standard}}{{.ImportPath}}{{end}}' ./... | xargs)" \
	"zcopy.example/zcopy zcopy.example/zcopy/examples/server" "nothing but the standard library"

lines=$(find . -maxdepth 1 -name '*.go' ! -name '*_test.go' -exec cat {} + | wc -l)
[ "$lines" -lt 600 ]
ktap_ok $? "the package has fewer than 600 lines: $lines"
[ "$(wc -l <examples/server/main.go)" -lt 100 ]
ktap_ok $? "the example has fewer than 100"
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Go binding: its own tests with the module, with slow and closed peers and contexts
# that end; and its example server, net/http with bodies that the module sends.
# guest: timeout=400
. /tests/lib/userland.sh
. /tests/lib/foreign.sh

built=/tests/bindings/go
U=http://127.0.0.1:$PORT
[ ! -e $built/missing ] || ktap_skip_all "$(cat $built/missing)"
cd /srv || exit 1
foreign go $built/zcopy.test -test.v
example $built/server $PORT /srv
ktap_done

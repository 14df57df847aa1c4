#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Java binding: its own tests with the module (the twin of transferTo, completion
# stages, a region of Netty), with slow and closed peers, and cancelled transfers; and its
# example server.
# guest: timeout=600
. /tests/lib/userland.sh
. /tests/lib/foreign.sh

U=http://127.0.0.1:$PORT
built=/tests/bindings/java
[ ! -e $built/missing ] || ktap_skip_all "$(cat $built/missing)"
cd /srv || exit 1

java=("$built/jre/bin/java" -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED
	--add-opens java.base/sun.nio.ch=ALL-UNNAMED
	-cp "$built/classes:$(printf '%s:' /usr/share/java/netty-{common,buffer,transport,resolver}.jar)")
timeout $((300 * SLOW)) "${java[@]}" zcopy.Ktap zcopy.{ArgumentsTest,TransferToTest,SubmitTest,NettyTest} \
	>/tmp/out 2>/tmp/err
rc=$?
while IFS= read -r line; do
	[ "${line%%ok *}" = "" ]
	ktap_ok $? "${line#* - zcopy.}" || :
done < <(grep -E '^(not )?ok ' /tmp/out)
[ "$rc" -eq 0 ] && [ $KTAP_COUNT -ge 16 ]
ktap_ok $? "all of the binding's tests pass" || sed 's/^/# /' /tmp/err

example "${java[@]}" Serve $PORT /srv
ktap_done

#!/bin/bash
# zcctl doctor and the exit status 3: no module, then no right, then all well,
# then no scatter/gather.
# guest: timeout=60 module=no
set -u
. /tests/lib/ktap.sh

as_nobody() { setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }

zcctl list >/dev/null 2>words
ktap_is $? 3 "no module: exit status"
grep -q 'the module is not loaded' words
ktap_ok $? "no module: words"
zcctl doctor | grep -q '^MISSING  the module is not loaded'
ktap_ok $? "no module: doctor"

ktap_check "the module loads" insmod /zcopy.ko
zcctl doctor >words
ktap_is $? 0 "root: doctor is content" || cat words
grep -q '^ok .*lo has scatter/gather' words
ktap_ok $? "doctor looks at the interfaces"

chmod 660 /dev/zcopy
head -c 100 /dev/urandom >file
chmod 644 file
chmod 755 .
as_nobody zcctl send "$PWD/file" 127.0.0.1:9 >/dev/null 2>words
ktap_is $? 3 "no right on the device: exit status"
grep -q 'no permission on /dev/zcopy' words && grep -q 'group zcopy' words
ktap_ok $? "no right on the device: words and a way"
as_nobody zcctl doctor | grep -q '^MISSING  no permission on /dev/zcopy'
ktap_ok $? "no right on the device: doctor"
as_nobody zcctl monitor >/dev/null 2>words
ktap_is $? 3 "no right to watch all: exit status"
as_nobody zcctl stats >/dev/null
ktap_is $? 0 "counters are for everyone"

if ip link add name zv0 type veth peer name zv1 2>/dev/null &&
	ethtool -K zv0 sg off >/dev/null 2>&1; then
	zcctl doctor -j >words
	ktap_is $? 0 "no scatter/gather: a note, no failure"
	grep -q 'zv0 has no scatter/gather' words && grep -q 'ethtool -K zv0 sg on' words
	ktap_ok $? "no scatter/gather: words and a way"
else
	ktap_skip "no veth or no ethtool here"
fi
ip link del zv0 2>/dev/null
ktap_check "the module unloads" rmmod zcopy
ktap_done

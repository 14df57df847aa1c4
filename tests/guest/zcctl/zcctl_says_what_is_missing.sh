#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# zcctl doctor and exit status 3: without the module, with a module that is
# installed but not loaded, with each kind of missing right, with everything in
# order, and without scatter/gather.
# guest: timeout=60 module=no skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/zcctl.sh


zcctl list >/dev/null 2>words
ktap_is $? 3 "no module: exit status"
grep -q 'the module is not loaded' words
ktap_ok $? "no module: words"
zcctl doctor | grep -q '^MISSING  the module is not loaded'
ktap_ok $? "no module: doctor"

zcctl doctor | grep -q '^MISSING  the module is not loaded: none was built and installed'
ktap_ok $? "no module: nothing is installed"
place=/lib/modules/$(uname -r)/updates
mkdir -p "$place" && cp /zcopy.ko "$place/"
zcctl doctor >words
grep -q "^MISSING  the module is not loaded; it is built for this kernel: $place/zcopy.ko" words &&
	grep -q -- '-> load it as root: depmod; modprobe zcopy' words
ktap_ok $? "no module: one is installed" || cat words
rm "$place/zcopy.ko"

ktap_check "the module loads" insmod /zcopy.ko
zcctl doctor >words
ktap_is $? 0 "root: doctor is content" || cat words
grep -q '^ok .*lo has scatter/gather' words
ktap_ok $? "doctor looks at the interfaces"
ip link add name $'o\e[7m\xc2\x9b' type veth peer name odd1
zcctl doctor >words
ip link del odd1
grep -q '^ok .*o?\[7m?? has scatter/gather' words && ! LC_ALL=C grep -q '[^ -~]' words
ktap_ok $? "doctor: no control character of an interface's name" || cat -v words

chmod 660 /dev/zcopy
head -c 100 /dev/urandom >file
chmod 644 file
chmod 755 .
as_nobody zcctl send "$PWD/file" 127.0.0.1:9 >/dev/null 2>words
ktap_is $? 3 "no right on the device: exit status"
grep -q 'no permission on /dev/zcopy' words && grep -q 'group zcopy' words
ktap_ok $? "no right on the device: words and a way"
grep -q 'belongs to root:root' words
ktap_ok $? "no right on the device: why"
as_nobody zcctl doctor | grep -q '^MISSING  no permission on /dev/zcopy: it belongs to root:root'
ktap_ok $? "no right on the device: doctor"
zcctl doctor >words
ktap_is $? 0 "a device that only root may use: root is content"
grep -q '^note .*members of the group zcopy may not use it' words
ktap_ok $? "a device that only root may use: root is told" || cat words

gid=$(awk -F: '$1 == "zcopy" { print $3 }' /etc/group)
chgrp zcopy /dev/zcopy
as_nobody zcctl doctor >words
ktap_is $? 3 "no member of the group: exit status"
grep -q -- '-> as root: usermod -aG zcopy nobody; then log in again' words
ktap_ok $? "no member of the group: how to become one" || cat words
setpriv --reuid=65534 --regid=65534 --groups="$gid" zcctl doctor >words
ktap_is $? 0 "a member: exit status"
grep -q '^ok .*nobody is in the group zcopy' words && ! grep -q usermod words
ktap_ok $? "a member: doctor" || cat words
cp /etc/group group
sed -i 's/^zcopy:.*/&nobody/' /etc/group
as_nobody zcctl doctor >words
grep -q 'in that by now, but was not when this login began' words && ! grep -q usermod words
ktap_ok $? "a member since this login began: doctor" || cat words
cp group /etc/group
chgrp 0 /dev/zcopy
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

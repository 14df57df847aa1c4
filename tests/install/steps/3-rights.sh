# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# What doctor says to real users about their rights on a real device node (of another
# driver, as the module is not loaded), and when it says that a login is too old.

NODE=/dev/zcopy

# tells_user USER GROUPS PATTERN NAME: checks what doctor says to USER in GROUPS.
tells_user() {
	setpriv --reuid "$1" --regid "$1" --groups "$2" zcctl doctor >/tmp/doctor
	grep -qE -- "$3" /tmp/doctor
	ktap_ok $? "$4" || note </tmp/doctor
}

# silent PATTERN NAME: checks that doctor did not say PATTERN.
silent() {
	! grep -E "$1" /tmp/doctor
	ktap_ok $? "$2"
}

install build/user/zcctl /usr/local/bin/zcctl
useradd -m anna
id=$(id -u anna)
mknod $NODE c 1 3
chmod 660 $NODE
tells_user "$id" "$id" 'no permission on /dev/zcopy: it belongs to root:root' "no group: the node"
grep -q 'there is no group zcopy' /tmp/doctor && grep -q -- '-> .*make install' /tmp/doctor
ktap_ok $? "no group: make install" || note </tmp/doctor
mkdir -p /etc/udev/rules.d
cp user/dist/60-zcopy.rules /etc/udev/rules.d/
groupadd --system zcopy
gid=$(getent group zcopy | cut -d: -f3)
usermod -aG zcopy anna
tells_user "$id" "$id,$gid" 'belongs to root:root.*not to the group zcopy' "a group made later: the node"
grep -q 'anna is in the group zcopy' /tmp/doctor
ktap_ok $? "a group made later: a member is one"
silent 'usermod|join|log in again' "a group made later: and is not told to become one"
chgrp zcopy $NODE
tells_user "$id" "$id" 'in that by now, but was not when this login began' "an old login: the device"
silent 'usermod|udevadm' "an old login: is not told to become a member"
tells_user "$id" "$id,$gid" 'does not answer as zcopy' "a member gets as far as the device"
gpasswd -d anna zcopy >/dev/null
tells_user "$id" "$id" '-> as root: usermod -aG zcopy anna; then log in again' "no member: how to become one"
silent 'udevadm|newgrp' "no member: nothing else"
chmod 600 $NODE

# Copying the files does not change an existing node; make install does.
rm -r /etc/udev
groupdel zcopy
make install >/tmp/out 2>&1
ktap_is "$(stat -c %U:%G:%a $NODE)" "root:zcopy:660" "make install: the node, without udev" || note </tmp/out
make uninstall >/tmp/out 2>&1
ktap_is "$(stat -c %U:%G:%a $NODE)" "root:root:600" "make uninstall: the node" || note </tmp/out
rm $NODE
userdel -r anna 2>/dev/null

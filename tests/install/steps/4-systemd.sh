# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The installation on a machine with systemd and udev, as most machines have them.

apt install -y systemd udev >/tmp/out 2>&1
ktap_ok $? "systemd and udev are installed" || note </tmp/out
files >/tmp/before
cp /etc/group /tmp/group
make install >/tmp/out 2>&1
ktap_ok $? "make install beside systemd" || note </tmp/out
getent group zcopy >/dev/null
ktap_ok $? "there is a group zcopy"
make install >/tmp/out 2>&1
ktap_ok $? "make install, a second time" || note </tmp/out
make uninstall >/tmp/out 2>&1
ktap_ok $? "make uninstall" || note </tmp/out
same_files /tmp/before "nothing is left of it"
ktap_check "nor in the list of groups" diff /tmp/group /etc/group

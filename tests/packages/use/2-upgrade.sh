# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# An upgrade replaces sources and module, and says that a loaded module stays. A purge
# leaves nothing, except a group that has members.

mkdir -p /sys/module/zcopy
echo 0123456789ABCDEF >/sys/module/zcopy/srcversion
apt install -y /root/built/new/*.deb >/tmp/out 2>&1
ktap_ok $? "apt install ./*.deb, a new version" || note </tmp/out
grep -q 'the loaded module stays until: modprobe -r zcopy && modprobe zcopy' /tmp/out
ktap_ok $? "and says that the loaded module stays" || note </tmp/out
ktap_is "$(dkms status zcopy)" "zcopy/9.9.9, $RELEASE, x86_64: installed" \
	"DKMS has the new module only" || note </tmp/out
ktap_is "$(echo /usr/src/zcopy-*)" /usr/src/zcopy-9.9.9 "and its sources only"
ktap_is "$(find /lib/modules/ -name 'zcopy.ko*' | wc -l)" 1 "there is one module"
ktap_is "$(modinfo -k "$RELEASE" -F version zcopy)" 9.9.9 "it is the new one"
ktap_is "$(zcctl --version)" "zcctl 9.9.9" "so is zcctl"

modinfo -k "$RELEASE" -F srcversion zcopy >/sys/module/zcopy/srcversion
dpkg-reconfigure zcopy-dkms >/tmp/out 2>&1
grep -q 'the loaded module stays' /tmp/out
ktap_ok $((! $?)) "nothing is said if the loaded module is the new one" || note </tmp/out

apt-get purge -y zcopy-dkms zcctl libzcopy1 libzcopy-dev libzcopy-sendfile >/tmp/out 2>&1
ktap_ok $? "apt purge" || note </tmp/out
grep -q 'the loaded module stays until: rmmod zcopy$' /tmp/out
ktap_ok $? "and says that the loaded module stays" || note </tmp/out
rm -r /sys/module
# Lists of modules are depmod's, and the key for signatures is DKMS's own.
files | grep -vE '^/(usr/)?lib/modules/[^/]*/modules\.|^/var/lib/dkms/mok\.' >/tmp/now
ktap_check "nothing is left" diff /tmp/before /tmp/now
ktap_check "nor in the list of groups" diff /tmp/group /etc/group

apt install -y /root/built/old/*.deb >/tmp/out 2>&1
ktap_ok $? "the packages are installed again" || note </tmp/out

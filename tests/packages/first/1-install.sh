# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Makes an empty Debian a machine that can start: its kernel, systemd and udev. Then README's
# section "Packages" is followed, from the headers on, as far as a machine that does not
# run can go: DKMS builds the module here, because a compiler in an emulated machine would
# take half an hour. The rest is for first-transfer, which that machine starts by itself.

# next COMMAND…: runs the next line of README, which must be that command.
next() {
	local line
	read -r line <&3
	line=${line%%  *#*}
	ktap_is "$line" "$*" "README goes on with: $*"
	bash -c "$line" >/tmp/out 2>&1 </dev/null
	ktap_ok $? "$line" || note </tmp/out
}

apt-get update >/dev/null
apt-get install -y --no-install-recommends systemd-sysv udev initramfs-tools passwd \
	"linux-image-$RELEASE" >/tmp/out 2>&1
ktap_ok $? "a kernel, systemd and udev are installed" || note </tmp/out

exec 3< <(awk -v section=Packages -v block=1 -f /test/commands README.md |
	sed '1,/^make deb/d')
# shellcheck disable=SC2016 # as README has it
next apt install -y 'linux-headers-$(uname -r)'
next apt install -y './build/deb/*.deb'
cat <&3 >/test/left
[ -s /test/left ]
ktap_ok $? "README has more to do when the machine runs"
apt-get clean

# What the machine starts, and what it takes along: the rest of README's lines, and ktap.
mkdir -p /opt/first
cp /test/left /test/release /test/ktap.sh /test/until.sh /test/first-transfer /opt/first/
cat >/etc/systemd/system/first-transfer.service <<'U'
[Unit]
Description=The first transfer

[Service]
ExecStart=/bin/bash /opt/first/first-transfer

[Install]
WantedBy=multi-user.target
U
echo "/dev/vda / ext4 defaults 0 1" >/etc/fstab
systemctl enable first-transfer >/tmp/out 2>&1
ktap_ok $? "the machine is ready to start" || note </tmp/out

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A kernel that comes later gets its module. A group with members survives a purge.

series=$(cat /test/later)
later=$(apt-cache pkgnames "linux-headers-$series." | sed -n 's/^linux-headers-\(.*-cloud-amd64\)$/\1/p' |
	sort -V | tail -n 1)
if [ -n "$later" ]; then
	apt-get install -y --no-install-recommends "linux-headers-$later" >/tmp/out 2>&1
	ktap_ok $? "headers of $later are installed" || note </tmp/out
	ktap_is "$(state "$later")" "zcopy/$VERSION, $later, x86_64: installed" \
		"DKMS built the module for it" || note </tmp/out
	ktap_is "$(modinfo -k "$later" -F vermagic zcopy | cut -d ' ' -f 1)" "$later" \
		"modinfo finds it"
else
	ktap_skip "no headers of a $series kernel in this machine's sources"
fi
ktap_is "$(state "$RELEASE")" "zcopy/$VERSION, $RELEASE, x86_64: installed" \
	"the module for $RELEASE is there too"

useradd -G zcopy member
apt-get purge -y zcopy-dkms zcctl libzcopy1 libzcopy-dev libzcopy-sendfile >/tmp/out 2>&1
ktap_ok $? "apt purge" || note </tmp/out
getent group zcopy >/dev/null
ktap_ok $? "a group with members stays"
ktap_is "$(find / -xdev \( -name '*zcopy*' -o -name '*zcctl*' \) -not -path '/root/*' \
	-not -path '/proc/*' -not -path '/tmp/*' -not -path '/var/cache/*')" "" "no file does"

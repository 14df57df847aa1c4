# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The same sources make the same packages: in another directory, from a copy without
# .git, by a user with another umask, zone and language. Then a newer version is built
# for the upgrade.

hashes() { (cd "$1" && sha256sum -- *.deb *.xz *.dsc); }

mkdir -p /home/other
(
	umask 077
	cp -r . /home/other/copy
	cd /home/other/copy || exit 1
	rm -rf .git build
	TZ=Asia/Tokyo LC_ALL=C.UTF-8 user/dist/deb /home/other/deb
) >/tmp/out 2>&1
ktap_ok $? "the packages are built again" || note </tmp/out
hashes build/deb >/tmp/first
hashes /home/other/deb >/tmp/second
ktap_check "and are the same: $(wc -l </tmp/first) files" diff /tmp/first /tmp/second

cd /home/other/copy || exit 1
sed -i 's/^zc-version := .*/zc-version := 9.9.9/' kmod/Kbuild
user/dist/deb /home/other/new >/tmp/out 2>&1
ktap_ok $((! $?)) "versions that differ: fails"
grep -q 'debian/changelog says version .*, kmod/Kbuild 9.9.9' /tmp/out
ktap_ok $? "and says which" || note </tmp/out
sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="9.9.9"/' dkms.conf
sed -i '1s/([^-]*/(9.9.9/' debian/changelog
user/dist/deb /home/other/new >/tmp/out 2>&1
ktap_ok $? "a new version is built" || note </tmp/out
cp -r /home/other/new /root/built/new
cd $TREE || exit 1

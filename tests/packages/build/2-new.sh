# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A newer version is built, for the upgrade.

cp -r . /tmp/newer
cd /tmp/newer || exit 1
rm -rf build
sed -i 's/^zc-version := .*/zc-version := 9.9.9/' kmod/Kbuild
user/dist/deb /root/built/new >/tmp/out 2>&1
ktap_ok $((! $?)) "versions that differ: fails"
grep -q 'debian/changelog says version .*, kmod/Kbuild 9.9.9' /tmp/out
ktap_ok $? "and says which" || note </tmp/out
sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="9.9.9"/' dkms.conf
sed -i '1s/([^-]*/(9.9.9/' debian/changelog
user/dist/deb /root/built/new >/tmp/out 2>&1
ktap_ok $? "a new version is built" || note </tmp/out
cd $TREE || exit 1

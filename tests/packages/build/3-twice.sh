# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The same sources make the same packages: in another directory, from a copy without
# .git, by a user with another umask, zone and language.

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

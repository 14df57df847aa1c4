#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kmod/Kbuild has the version; dkms.conf, the packages and the programs must have the same
# one.
set -u
. tests/lib/ktap.sh

zcctl=${ZCCTL:-build/user/zcctl}
version=$(sed -n 's/^zc-version := //p' kmod/Kbuild)

[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
ktap_ok $? "kmod/Kbuild has a version: $version"
ktap_is "$(. ./dkms.conf && echo "$PACKAGE_VERSION")" "$version" "dkms.conf"
ktap_is "$(sed -n '1s/.*(\(.*\)-.*/\1/p' debian/changelog)" "$version" "debian/changelog"
ktap_is "$(sed -n 's/^Version:\t*//p' user/dist/zcopy.spec)" "$version" "zcopy.spec"
ktap_is "$(sed -n '/^%changelog/,$s/^\*.* - \(.*\)-.*/\1/p' user/dist/zcopy.spec | head -n 1)" \
	"$version" "and its changelog"
ktap_is "$("$zcctl" --version)" "zcctl $version" "zcctl"
if git rev-parse HEAD >/dev/null 2>&1; then
	# The list of symbols has the versions that symbols came with.
	ktap_is "$(git grep -lF "$version" -- . ':!tests' ':!debian/libzcopy1.symbols' | xargs)" \
		"debian/changelog dkms.conf kmod/Kbuild user/dist/zcopy.spec" "no other file has it"
else
	ktap_skip "no git here"
fi
ktap_done

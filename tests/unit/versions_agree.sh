#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# kmod/Kbuild has the version; dkms.conf and the programs must have the same one.
set -u
. tests/lib/ktap.sh

zcctl=${ZCCTL:-build/user/zcctl}
version=$(sed -n 's/^zc-version := //p' kmod/Kbuild)

[[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+$ ]]
ktap_ok $? "kmod/Kbuild has a version: $version"
ktap_is "$(. ./dkms.conf && echo "$PACKAGE_VERSION")" "$version" "dkms.conf"
ktap_is "$("$zcctl" --version)" "zcctl $version" "zcctl"
if git rev-parse HEAD >/dev/null 2>&1; then
	ktap_is "$(git grep -lF "$version" -- . ':!tests' | tr '\n' ' ')" "dkms.conf kmod/Kbuild " "no other file has it"
else
	ktap_skip "no git here"
fi
ktap_done

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# lintian finds nothing in the packages.

apt-get install -y --no-install-recommends lintian >/tmp/out 2>&1
ktap_ok $? "lintian is installed" || note </tmp/out
lintian --allow-root --fail-on error,warning --tag-display-limit 0 build/deb/*.changes \
	>/tmp/out 2>&1
ktap_ok $? "lintian has no error and no warning" || note </tmp/out
ktap_is "$(grep '^[EW]:' /tmp/out)" "" "and prints none"
ktap_is "$(grep -hv '^#' debian/*overrides* | cut -d ' ' -f 2,3)" "unusual-interpreter bpftrace" \
	"it is told to overlook the interpreter that it does not know, and nothing else"

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: loads zcopy and the floor module, and measures. If SYMBOLS is set,
# leaves the kernel's and the modules' symbols beside the results.
set -eu
insmod /zcopy.ko
insmod /floor.ko
# Thousands of connections have bytes in flight at once; TCP's memory limit must not
# influence the measurement.
echo 262144 262144 262144 >/proc/sys/net/ipv4/tcp_mem
/bench --json /out/results.json "$@"
[ -z "${SYMBOLS-}" ] || cp /proc/kallsyms /out/

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The kernel's own netlink client talks to the module by user/zcopy.yaml; ynl.py does it.
# guest: timeout=240 skip-on=debug
. /tests/lib/userland.sh

make_file big 4096
exec python3 -B /tests/guest/servers/ynl.py /tests/kernel /tests/zcopy.yaml

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Python binding: its own tests with the module, with slow and closed peers and
# cancelled tasks, in each event loop; and its example server.
# guest: timeout=400
. /tests/lib/userland.sh
. /tests/lib/foreign.sh

built=/tests/bindings/python
U=http://127.0.0.1:$PORT
export PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$built/src
cd $built || exit 1
foreign python python3 -m unittest -v tests.test_device tests.test_aio
example python3 $built/examples/server.py $PORT /srv
ktap_done

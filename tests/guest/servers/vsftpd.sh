#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# vsftpd: one process per client, which changes its root and its user before it sends.
# Its sandbox allows no ioctl, and breaks vsftpd even without the interposer, so the
# test switches the sandbox off.
# guest: timeout=180
. /tests/lib/userland.sh

PORT=2121
U=ftp://127.0.0.1:$PORT
make_file small 3
make_file big 20480
# vsftpd looks for the home directory of its user first.
mkdir -p /run/vsftpd/empty /srv/ftp
cat >/tmp/vsftpd.conf <<E
listen=YES
listen_address=127.0.0.1
listen_port=$PORT
background=NO
anonymous_enable=YES
local_enable=NO
anon_root=/srv
seccomp_sandbox=NO
secure_chroot_dir=/run/vsftpd/empty
use_localtime=NO
E
get() {
	set -e
	curl -sSf $U/small | hash small
	curl -sSf $U/big | hash big
	curl -sSf -C 5000000 $U/big | hash rest
	curl -sSf $U/big $U/small $U/big | hash three
}
for f in small big; do hash $f <$f; done >/tmp/want
both vsftpd 78000000 get vsftpd /tmp/vsftpd.conf
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Apache, with threads and with processes. It calls sendfile(2) inside libapr.
# guest: timeout=240
. /tests/lib/userland.sh

U=http://127.0.0.1:$PORT
make_file page 64
make_file big 20480
conf() {
	cat <<-E
		LoadModule mpm_$1_module /usr/lib/apache2/modules/mod_mpm_$1.so
		LoadModule authz_core_module /usr/lib/apache2/modules/mod_authz_core.so
		ServerRoot /tmp
		ServerName h
		PidFile /run/apache.pid
		ErrorLog /tmp/apache.log
		User www-data
		Group www-data
		Listen 127.0.0.1:$PORT
		DocumentRoot /srv
		EnableSendfile On
		EnableMMAP Off
	E
}
get() {
	set -e
	curl -sSf $U/page | hash page
	curl -sSf $U/big | hash big
	curl -sSf -r 1000-5000000 $U/big | hash range
	# shellcheck disable=SC2046 # words are meant
	curl -sSf $(yes $U/page $U/big | head -n 6) | hash keep-alive
}
for mpm in event prefork; do
	conf $mpm >apache.conf
	for f in page big; do hash $f <$f; done >/tmp/want
	both "apache $mpm" 88000000 get apache2 -DFOREGROUND -f /srv/apache.conf
done
ktap_done

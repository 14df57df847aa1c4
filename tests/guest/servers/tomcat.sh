#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Debian's tomcat10 with static files: it uses sendfile(2) only for files over 48 KiB.
# guest: timeout=400
. /tests/lib/userland.sh

U=http://127.0.0.1:$PORT
home=/usr/share/tomcat10
mkdir -p site base/{conf,temp,work,logs,webapps}
make_file site/small 40
make_file site/page 64
make_file site/big 20480
cp /etc/tomcat10/web.xml base/conf/
cat >base/conf/server.xml <<E
<Server port="-1"><Service name="Catalina">
<Connector port="$PORT" address="127.0.0.1" protocol="org.apache.coyote.http11.Http11NioProtocol"/>
<Engine name="Catalina" defaultHost="h"><Host name="h" appBase="webapps">
<Context path="" docBase="/srv/site"/></Host></Engine></Service></Server>
E
get() {
	set -e
	local f
	for f in small page big page; do curl -sSf $U/$f | hash $f; done
	curl -sSf -r 1000-5000000 $U/big | hash range
	# shellcheck disable=SC2046 # words are meant
	curl -sSf $(yes $U/page $U/big | head -n 4) | hash keep-alive
}
for f in small page big; do hash $f <site/$f; done >/tmp/want
both "tomcat" 67000000 get java -XX:TieredStopAtLevel=1 \
	-cp $home/bin/bootstrap.jar:$home/bin/tomcat-juli.jar -Dcatalina.home=$home \
	-Dcatalina.base=/srv/base -Djava.io.tmpdir=/srv/base/temp \
	org.apache.catalina.startup.Bootstrap start
ktap_done

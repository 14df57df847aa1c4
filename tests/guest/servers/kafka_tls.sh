#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Kafka with TLS encrypts in Java (SSLEngine) and calls no sendfile: the module sends
# nothing, the report says why, and the consumer gets the same bytes.
# guest: timeout=1200 jars=kafka-4
. /tests/lib/userland.sh
. /tests/lib/kafka.sh

kafka_use kafka-4
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=127.0.0.1 -days 30 \
	-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out cert.pem 2>/dev/null
cat key.pem cert.pem >both.pem
cat >client.conf <<E
security.protocol=SSL
ssl.truststore.type=PEM
ssl.truststore.location=/srv/cert.pem
E
kafka_conf SSL <<E
log.segment.bytes=4194304
ssl.keystore.type=PEM
ssl.keystore.location=/srv/both.pem
ssl.truststore.type=PEM
ssl.truststore.location=/srv/cert.pem
E
make_lines all 200

get() {
	set -e
	[ -e filled ] || produce --command-config client.conf <all
	touch filled
	consume 200 --offset earliest --command-config client.conf | hash all
}
hash all <all >/tmp/want
before=$(sent)
both "Kafka $KAFKA_VERSION with TLS" 0 get "${KAFKA[@]}"
ktap_is $(($(sent) - before)) 0 "the module sends nothing"
ktap_check "the report says why" grep -q '"why":"no_call"' /tmp/report
ktap_done

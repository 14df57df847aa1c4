#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Kafka's retention deletes segments while a fetch of one is on its way to a consumer
# that does not read: what it reads later are whole messages in order, up to the last.
# guest: timeout=1200 jars=kafka-4
. /tests/lib/userland.sh
. /tests/lib/kafka.sh

kafka_use kafka-4
# A segment has 63 messages.
kafka_conf <<E
log.segment.bytes=4194304
log.retention.bytes=12582912
log.retention.check.interval.ms=500
log.segment.delete.delay.ms=0
E
make_lines all 600
first=/srv/log/$TOPIC-0/00000000000000000000.log

# Prints how many of the messages were read, if they are in their order and the last one
# is among them, and then which are missing.
cat >/tmp/follows.py <<'E'
at = {line: n for n, line in enumerate(open("all"))}
got = [at[line] for line in open("got")]
assert got == sorted(set(got)) and got[-1] == len(at) - 1, got
print(len(got), [f"{a + 1}-{b - 1}" for a, b in zip(got, got[1:]) if b != a + 1])
E

# True if the broker has bytes for a peer that takes none.
stuck() {
	local hex
	printf -v hex :%04X $PORT
	cat /proc/net/tcp /proc/net/tcp6 | awk -v port="$hex$" '$2 ~ port && $4 == "01" &&
		$5 !~ /^00000000:/ { found = 1 } END { exit !found }'
}

# eventually CMD…: waits until it is true; gives up after five minutes.
eventually() {
	local n=1500
	until "$@"; do
		n=$((n - 1))
		[ $n -gt 0 ] || return 1
		sleep 0.2
	done
}

# Reads one message, and the others when it may.
read_late() {
	dd bs=65536 count=1 iflag=fullblock 2>/dev/null
	eventually test -e go
	cat
}

start interposed "${KAFKA[@]}"
ktap_ok $? "Kafka $KAFKA_VERSION listens" || ktap_done
head -n 180 all | produce
before=$(sent)
consume 600 --offset earliest --timeout-ms 30000 \
	--command-property auto.offset.reset=earliest \
	--command-property max.partition.fetch.bytes=4194304 \
	--command-property request.timeout.ms=600000 2>consumer.log |
	read_late >got &
reader=$!
eventually test -s got && eventually stuck
ktap_ok $? "a fetch is on its way to a consumer that does not read" || ktap_done
[ -e $first ]
ktap_ok $? "the log still begins with the first message"
tail -n +181 all | produce
eventually test ! -e $first
ktap_ok $? "retention deletes segments"
stuck
ktap_ok $? "the fetch is still on its way"
touch go
wait $reader
ktap_check "the consumer gets messages in their order, the last one too" \
	python3 /tmp/follows.py
ktap_note "messages: $(python3 /tmp/follows.py)"
[ "$(wc -l <got)" -lt 600 ]
ktap_ok $? "retention deleted some before they were fetched" || :
ref=$(($(sent) - before))
[ $ref -ge $(($(stat -c %s got) * 9 / 10)) ]
ktap_ok $? "$ref bytes by the module, $(stat -c %s got) are in what was read" || :
stop
sed 's/^/# /' /tmp/report consumer.log /tmp/interposed.log | cut -c1-300
ktap_done

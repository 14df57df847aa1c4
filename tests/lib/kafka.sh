# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# A real Kafka as these tests run it: one node with KRaft, and Kafka's own console
# clients, all from Maven's jars. Sourced by tests/guest/servers/kafka*.sh, after
# userland.sh.

# A JVM starts slowly in an emulated machine.
SLOW=$((SLOW * 5))
TOPIC=t

# kafka_use SET: takes the jars of the list SET. Skips the test if they are not there.
kafka_use() {
	local jars=/tests/jars/$1
	[ -d "$jars" ] || ktap_skip_all "$(tail -n 1 "$jars.why")"
	# Quick to start: no second compiler, and jars are not verified.
	JAVA=(java -XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions
		-XX:-BytecodeVerificationRemote -XX:+UseSerialGC -Xmx384m
		-Dorg.slf4j.simpleLogger.defaultLogLevel=warn -cp "$jars/*")
	KAFKA_VERSION=$(basename "$jars"/kafka_2.13-*.jar .jar)
	KAFKA_VERSION=${KAFKA_VERSION##*-}
	case $KAFKA_VERSION in
	3.*) PRODUCER=kafka.tools.ConsoleProducer ;;
	*) PRODUCER=org.apache.kafka.tools.ConsoleProducer ;;
	esac
	# shellcheck disable=SC2034 # used by those who source
	KAFKA=("${JAVA[@]}" kafka.Kafka /srv/server.properties)
}

# kafka_conf [PROTOCOL]: writes the configuration and formats an empty log; more
# settings come from standard input.
kafka_conf() {
	local protocol=${1-PLAINTEXT}
	{
		cat <<-E
			process.roles=broker,controller
			node.id=1
			controller.quorum.voters=1@127.0.0.1:8093
			listeners=$protocol://127.0.0.1:$PORT,CONTROLLER://127.0.0.1:8093
			listener.security.protocol.map=CONTROLLER:PLAINTEXT,$protocol:$protocol
			controller.listener.names=CONTROLLER
			inter.broker.listener.name=$protocol
			log.dirs=/srv/log
			offsets.topic.replication.factor=1
			offsets.topic.num.partitions=1
			group.initial.rebalance.delay.ms=0
		E
		cat
	} >server.properties
	"${JAVA[@]}" kafka.tools.StorageTool format -t AAAAAAAAAAAAAAAAAAAAAQ \
		-c server.properties >format.log 2>&1
	ktap_ok $? "Kafka $KAFKA_VERSION: the log is formatted" || sed 's/^/# /' format.log
}

# make_lines NAME N: makes a file of N lines of 64 KiB, no two of which are equal.
make_lines() {
	openssl enc -aes-128-ctr -pass "pass:$1" -nosalt -pbkdf2 </dev/zero 2>/dev/null |
		base64 -w 65535 | head -n "$2" >"$1"
}

# produce [OPTION…]: sends each line of standard input as a message, many to a batch.
produce() {
	"${JAVA[@]}" $PRODUCER --bootstrap-server 127.0.0.1:$PORT --topic $TOPIC \
		--batch-size 900000 --max-memory-bytes 33554432 "$@"
}

# consume N [OPTION…]: prints the first N messages, a line for each.
consume() {
	local n=$1
	shift
	"${JAVA[@]}" org.apache.kafka.tools.consumer.ConsoleConsumer \
		--bootstrap-server 127.0.0.1:$PORT --topic $TOPIC --partition 0 \
		--max-messages "$n" "$@"
}

# The log's segments
segments() { find /srv/log/$TOPIC-0 -name '*.log'; }

# The pid of the broker, whether or not zcctl started it
kafka_pid() {
	local p
	for p in /proc/[0-9]*; do
		[ "$(cat "$p/comm" 2>/dev/null)" != java ] ||
			! tr '\0' '\n' <"$p/cmdline" | grep -qx kafka.Kafka ||
			echo "${p##*/}"
	done
}

# Milliseconds of CPU that the broker has used, itself and in the kernel
kafka_cpu() {
	sed 's/.*) //' "/proc/$(kafka_pid)/stat" | awk '{ print $12 * 10, $13 * 10 }'
}

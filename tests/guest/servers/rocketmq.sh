#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A RocketMQ broker with transferMsgByHeap=false (it writes from its mapped commit log)
# and true (from a copy on the heap). It calls no sendfile either way: the module sends
# nothing, the report says why, and the consumer gets the same bytes.
# guest: timeout=1200 jars=rocketmq
. /tests/lib/userland.sh

# A JVM starts slowly in an emulated machine.
SLOW=$((SLOW * 5))
NAMES=127.0.0.1:9876
jars=/tests/jars/rocketmq
[ -d $jars ] || ktap_skip_all "$(tail -n 1 $jars.why)"
JAVA=(java -XX:TieredStopAtLevel=1 -XX:+UnlockDiagnosticVMOptions
	-XX:-BytecodeVerificationRemote -XX:+UseSerialGC -Xmx512m
	-XX:MaxDirectMemorySize=512m --add-exports=java.base/sun.nio.ch=ALL-UNNAMED
	-Duser.home=/srv -Drocketmq.home.dir=/srv -cp "$jars/*")

# broker_conf HEAP: small files, and nothing that the test does not use.
broker_conf() {
	cat >"heap-$1.conf" <<-E
		brokerClusterName=c
		brokerName=b
		brokerId=0
		brokerIP1=127.0.0.1
		listenPort=$PORT
		namesrvAddr=$NAMES
		storePathRootDir=/srv/store
		mappedFileSizeCommitLog=8388608
		mappedFileSizeConsumeQueue=600000
		maxHashSlotNum=100000
		maxIndexNum=400000
		timerWheelEnable=false
		autoCreateTopicEnable=true
		transferMsgByHeap=$1
	E
}

mq() { "${JAVA[@]}" /tests/guest/servers/rocketmq/Mq.java "$@"; }

get() {
	set -e
	[ -e filled ] || mq produce $NAMES all
	touch filled
	mq consume $NAMES | hash all
}

serves() {
	local heap=$1 before
	broker_conf "$heap"
	hash all <all >/tmp/want
	before=$(sent)
	both "RocketMQ, transferMsgByHeap=$heap" 0 get "${JAVA[@]}" \
		org.apache.rocketmq.broker.BrokerStartup -c "/srv/heap-$heap.conf"
	ktap_is $(($(sent) - before)) 0 "transferMsgByHeap=$heap: the module sends nothing"
	ktap_check "transferMsgByHeap=$heap: the report says why" \
		grep -q '"why":"no_call"' /tmp/report
}

make_file all 20480
mkdir -p conf
echo 'listenPort=9876' >names.conf
PORT=9876 start plain "${JAVA[@]}" org.apache.rocketmq.namesrv.NamesrvStartup \
	-c /srv/names.conf
ktap_ok $? "the name server listens" || ktap_done
serves false
serves true
ktap_done

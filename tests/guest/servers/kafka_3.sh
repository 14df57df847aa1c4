#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The same as kafka.sh with Kafka 3.
# guest: timeout=1200 jars=kafka-3
. /tests/lib/userland.sh
. /tests/lib/kafka.sh
. /tests/lib/kafka_read.sh

kafka_use kafka-3
kafka_read 400
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Kafka 4 with a log of several segments: its own consumers read it from the beginning,
# two at a time, and one waits at its end for what comes.
# guest: timeout=1200 jars=kafka-4
. /tests/lib/userland.sh
. /tests/lib/kafka.sh
. /tests/lib/kafka_read.sh

kafka_use kafka-4
kafka_read 1000
ktap_done

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# From the counters to the dashboard: zcopy-metrics writes the file, promtool accepts it,
# node_exporter hands it out, Prometheus collects it, and each query of the dashboard has
# an answer.
# guest: timeout=600 skip-on=debug
. /tests/lib/userland.sh

make_file small 4
make_file big 4096
dir=$(sed -n 's/^Environment=TEXTFILES=//p' /tests/watch/zcopy-metrics.service)
collect() { sh /tests/watch/zcopy-metrics "$dir"; }

prometheus-node-exporter --collector.disable-defaults --collector.textfile \
	--web.listen-address=127.0.0.1:9100 >/tmp/exporter.log 2>&1 &
cat >/tmp/prometheus.yml <<'C'
# A collection that takes longer than that is none.
global: { scrape_interval: 3s }
scrape_configs:
  - { job_name: zcopy, static_configs: [ { targets: [ "127.0.0.1:9100" ] } ] }
C
prometheus --config.file=/tmp/prometheus.yml --storage.tsdb.path=/tmp/series \
	--web.listen-address=127.0.0.1:9090 >/tmp/prometheus.log 2>&1 &

bash /tests/lib/traffic.sh
collect
ktap_ok $? "it writes the counters where Debian's node_exporter looks" || :
ktap_check "promtool check metrics" promtool check metrics <"$dir/zcopy.prom"
python3 -B /tests/guest/servers/metrics.py handed-out "$dir/zcopy.prom" || KTAP_FAILED=1
for _ in $(seq 300); do
	listens 9090 && break
	sleep 0.2
done
# Rates need several points in time.
for _ in 1 2 3 4; do
	bash /tests/lib/traffic.sh
	collect
	sleep 4
done
python3 -B /tests/guest/servers/metrics.py answered /tests/watch/grafana.json || {
	KTAP_FAILED=1
	tail -n 20 /tmp/prometheus.log | sed 's/^/# /'
}
kill %1 %2
ktap_done

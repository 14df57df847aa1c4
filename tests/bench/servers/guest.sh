#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh SIZES SYSTEM…, in the guest: runs the given tests of tests/guest/servers,
# but measures their servers (measure.sh) instead of comparing them. iperf3 and the
# merge are not servers, so they are measured here.
if [ "${1-}" != inside ]; then
	[ ! -e /zcopy.ko ] || insmod /zcopy.ko || exit 1
	echo "$*" >/tests/bench/plan
fi
. /tests/lib/userland.sh

read -r sizes systems </tests/bench/plan
export SIZES=${sizes//,/ } MEASURE=/tests/bench/measure.sh
. /tests/bench/measure.sh
# The interposer leaves small calls to the kernel, but here they are measured too.
for s in $SIZES; do [ "$s" -ge 32 ] || export ZCOPY_SENDFILE_LEAST=0; done
make_file any 1
sync
sleep 20

# each_costs NAME SIZE FEW MANY CMD…: the cost of one more piece in a program whose
# last argument is the number of pieces to send.
each_costs() {
	local name=$1 size=$2 few=$3 many=$4 mode n busy cost got before
	shift 4
	for mode in plain interposed; do
		got=()
		before=$(sent)
		for _ in 1 2 3; do
			cost=()
			for n in "$few" "$many"; do
				busy=$(busy)
				run=(zcctl run --)
				[ $mode != plain ] || run=()
				"${run[@]}" "$@" "$n" >/tmp/$mode.log 2>&1 || {
					echo "failed $name:$size $mode: $(tail -n 3 /tmp/$mode.log)"
					return 1
				}
				cost+=($(($(busy) - busy)))
			done
			got+=($(((cost[1] - cost[0]) / (many - few))))
		done
		echo "row $name:$size $mode $(printf '%s\n' "${got[@]}" | sort -n |
			sed -n 2p) 0 $(($(sent) - before))"
	done
}

for system in $systems; do
	case $system in
	iperf3)
		# Enough bytes that those left in buffers at the end are the same
		iperf3 -s -B 127.0.0.1 -p 5201 >/tmp/server.log 2>&1 &
		sleep 2
		for s in $SIZES; do
			each_costs "iperf3 -Z" "$s" $((24576 / s)) $((98304 / s)) \
				iperf3 -c 127.0.0.1 -p 5201 -Z -l "${s}K" -k
		done
		kill $!
		;;
	merge)
		for s in $SIZES; do
			each_costs "Spark's merge" "$s" 100 300 java -Xshare:auto \
				-XX:TieredStopAtLevel=1 -cp /tests/guest/servers/classes \
				Transfer merge "$s"
		done
		;;
	*) bash "/tests/guest/servers/$system.sh" inside 2>&1 |
		grep --line-buffered '^row \|^failed \|does not listen' ;;
	esac
done

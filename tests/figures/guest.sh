#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: a veth to the namespace "far", files on a disk and in memory, and
# the measurement of one table (see figures.c). Leaves the kernel's symbols beside it.
set -eu
table=$1 size=$2
insmod /zcopy.ko
modprobe -q veth
[ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
ip netns add far
ip link add near type veth peer name there netns far
ip addr add 10.77.0.1/24 dev near
ip link set near up
ip netns exec far ip addr add 10.77.0.2/24 dev there
ip netns exec far ip link set there up
mkdir -p /run/figures-disk /run/figures-cache
mount -t tmpfs -o size=90%,huge=never tmpfs /run/figures-cache
if [ "$table" = copies ]; then
	mkfs.ext4 -q /dev/vda
	mount /dev/vda /run/figures-disk
fi
sleep 2
/figures "$table" "$size" "/out/${table/%size/sizes}.json"
grep -m 1 '^model name' /proc/cpuinfo >/out/cpu
cp /proc/kallsyms /out/

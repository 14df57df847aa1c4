#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Runs in the guest: devices to the namespace "far", files on a disk and in memory, and
# the measurement of one table (see figures.c). Leaves the kernel's symbols beside it.
set -eu
table=$1 size=$2
insmod /zcopy.ko
modprobe -q veth
[ -e /sys/kernel/tracing/events ] || mount -t tracefs tracefs /sys/kernel/tracing
ip netns add far

# pair NAME NET [NEAR FAR]: the near end gets that name, the far end goes to "far".
pair() {
	local name=$1 net=$2 near=${3-$1} far=${4-far-$1}
	[ "$near" = "$name" ] || ip link set "$near" name "$name"
	ip link set "$far" netns far
	ip addr add "$net.1/24" dev "$name"
	ip link set "$name" up
	ip netns exec far ip addr add "$net.2/24" dev "$far"
	ip netns exec far ip link set "$far" up
}

# The two cards of a driver, if the guest has them
cards() {
	local d
	for d in /sys/class/net/*; do
		[ "$(basename "$(readlink -f "$d/device/driver")")" != "$1" ] ||
			basename "$d"
	done
}

ip link add veth type veth peer name far-veth
pair veth 10.77.0
mkdir -p /run/figures-disk /run/figures-cache
mount -t tmpfs -o size=90%,huge=never tmpfs /run/figures-cache
if [ "$table" = copies ]; then
	mkfs.ext4 -q /dev/vda
	mount /dev/vda /run/figures-disk
	modprobe -qa virtio_net vmxnet3 || :
	mapfile -t ends < <(cards vmxnet3)
	[ ${#ends[@]} -ne 2 ] || pair vmxnet3 10.78.0 "${ends[@]}"
	mapfile -t ends < <(cards virtio_net)
	[ ${#ends[@]} -ne 2 ] || pair virtio 10.79.0 "${ends[@]}"
fi
if [ "$table" = java ]; then
	mkdir /run/java-disk /run/java-new /run/java
	mount -o ro,noload /dev/vda /run/java-disk
	mount -t tmpfs tmpfs /run/java-new
	mkdir /run/java-new/{upper,work}
	mount -t overlay -o "lowerdir=/run/java-disk,upperdir=/run/java-new/upper,\
workdir=/run/java-new/work" overlay /run/java
	for d in dev proc sys; do mount --rbind /$d /run/java/$d; done
	mkdir /run/java/cache
	mount --bind /run/figures-cache /run/java/cache
	cp -r /classes /libzcopy-sendfile.so /run/java/
fi
sleep 2
/figures "$table" "$size" "/out/$(case $table in size | java) echo sizes ;; *) echo "$table" ;; esac).json"
grep -m 1 '^model name' /proc/cpuinfo >/out/cpu
cp /proc/kallsyms /out/

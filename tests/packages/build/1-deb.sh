# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# "make deb" in an empty machine: the packages are there, built as Debian builds its own.

NAMES='libzcopy-dev libzcopy-sendfile libzcopy1 zcctl zcopy-dkms'

apt-get update >/dev/null
apt-get install -y --no-install-recommends make >/tmp/out 2>&1
make deb >/tmp/out 2>&1
ktap_ok $? "make deb" || note </tmp/out
mkdir -p /root/built
cp -r build/deb /root/built/old
ktap_is "$(cd /root/built/old && for f in *.deb; do dpkg-deb -f "$f" Package; done | xargs)" \
	"$NAMES" "the packages"

mkdir /tmp/x
for f in /root/built/old/*.deb; do
	dpkg-deb -x "$f" /tmp/x
done
lib=/tmp/x/usr/lib/x86_64-linux-gnu
for f in /tmp/x/usr/bin/zcctl $lib/libzcopy.so.1 $lib/zcopy/libzcopy-sendfile.so; do
	readelf -d "$f" | grep -q 'FLAGS.*\bNOW\b' && readelf -lW "$f" | grep -q GNU_RELRO
	ktap_ok $? "${f##*/}: symbols are bound at its start, then read-only"
done
readelf -h /tmp/x/usr/bin/zcctl | grep -q 'DYN (Position'
ktap_ok $? "zcctl can be loaded anywhere"
for f in /tmp/x/usr/bin/zcctl $lib/libzcopy.so.1; do
	nm -D "$f" | grep -q 'U __.*_chk@'
	ktap_ok $? "${f##*/}: calls of the C library are checked"
done
readelf -d /tmp/x/usr/bin/zcctl | grep -q 'NEEDED.*libzcopy.so.1'
ktap_ok $? "zcctl uses the shared library"
ktap_is "$(dpkg-deb -f /root/built/old/libzcopy-dev_*.deb Depends | tr -d '()=0-9. -')" \
	"libzcopyupstream" "libzcopy-dev needs the library, and nothing else"

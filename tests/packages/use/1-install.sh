# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# The packages are installed as a user does it, and what they bring is where Debian has
# such things. DKMS builds the module for the kernel of this machine.

VERSION=$(dpkg-deb -f /root/built/old/zcopy-dkms_*.deb Version)
VERSION=${VERSION%-*}
LIB=/usr/lib/x86_64-linux-gnu

# state KERNEL: what DKMS says about the module for KERNEL
state() { dkms status zcopy | grep -F ", $1, "; }

apt-get update >/dev/null
apt-get install -y --no-install-recommends "linux-headers-$RELEASE" pkg-config >/tmp/out 2>&1
ktap_ok $? "headers are installed" || note </tmp/out
mapfile -t deps < <(apt-get -s install /root/built/old/*.deb |
	awk '$1 == "Inst" && $2 !~ /zcopy|zcctl/ { print $2 }')
apt-get install -y "${deps[@]}" >/tmp/out 2>&1
ktap_ok $? "what the packages need is installed" || note </tmp/out
files >/tmp/before
cp /etc/group /tmp/group

apt install -y /root/built/old/*.deb >/tmp/out 2>&1
ktap_ok $? "apt install ./*.deb" || note </tmp/out
ktap_is "$(state "$RELEASE")" "zcopy/$VERSION, $RELEASE, x86_64: installed" \
	"DKMS built the module for $RELEASE" || note </tmp/out
ktap_is "$(modinfo -k "$RELEASE" -F version zcopy)" "$VERSION" "modinfo finds it"
modprobe zcopy
ktap_ok $? "so does modprobe"
getent group zcopy >/dev/null
ktap_ok $? "there is a group zcopy"
zcctl doctor >/tmp/doctor
grep -q 'the module is not loaded; it is built for this kernel' /tmp/doctor
ktap_ok $? "doctor: only loading is left" || note </tmp/doctor

ktap_is "$(zcctl --version)" "zcctl $VERSION" "zcctl runs"
# shellcheck disable=SC2016 # expanded inside
ktap_is "$(zcctl run -q -- sh -c 'echo $LD_PRELOAD' 2>/dev/null)" \
	"$LIB/zcopy/libzcopy-sendfile.so" "zcctl run finds the interposer"
ktap_is "$(ldconfig -p | grep -c sendfile)" 0 "which no linker finds"
for f in /usr/lib/udev/rules.d/60-zcopy.rules /usr/lib/sysusers.d/zcopy.conf \
	/usr/share/man/man1/zcopy-sendfile.1.gz /usr/share/man/man4/zcopy.4.gz \
	/usr/share/man/man7/zcopy.7.gz /usr/share/man/man8/zcctl.8.gz \
	/usr/share/zsh/vendor-completions/_zcctl \
	/usr/share/fish/vendor_completions.d/zcctl.fish \
	/usr/share/man/man3/zcopy_send.3.gz /usr/share/man/man3/zcopy_wait.3.gz \
	/usr/lib/systemd/system/zcopy-metrics.timer \
	/usr/share/zcopy/zcopy.yaml /usr/share/zcopy/schema/send.json; do
	[ -s $f ]
	ktap_ok $? "there is $f"
done
# shellcheck disable=SC2016 # expanded inside
ktap_is "$(bash -c '. /usr/share/bash-completion/completions/zcctl
	COMP_WORDS=(zcctl doc) COMP_CWORD=1; _zcctl; echo "${COMPREPLY[@]}"')" doctor \
	"the completion for bash completes" || :
# The machine leaves out documents, so look into the packages.
dpkg-deb --fsys-tarfile /root/built/old/libzcopy-sendfile_*.deb |
	tar xO --wildcards '*/nginx.service.d/zcopy.conf' |
	grep -qx "Environment=LD_PRELOAD=$LIB/zcopy/libzcopy-sendfile.so"
ktap_ok $? "the drop-in for nginx names the interposer"
dpkg-deb -c /root/built/old/libzcopy-dev_*.deb | grep -q '/examples/fanout\.c$'
ktap_ok $? "libzcopy-dev has examples"

cat >/tmp/uses.c <<'C'
#include <zcopy.h>
#include <linux/zcopy.h>
int main(void) { struct zcopy *z; return zcopy_open(&z, 0) == 0; }
C
[ ! -e /usr/include/libnl3 ]
ktap_ok $? "there are no netlink headers here"
# shellcheck disable=SC2046 # words are meant
ktap_check "a program is built against libzcopy without them" \
	gcc -o /tmp/uses /tmp/uses.c $(pkg-config --cflags --libs libzcopy)
ktap_check "and runs" /tmp/uses

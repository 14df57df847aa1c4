# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Follows README's second block, then checks what happens to the module if "make
# dkms-install" runs again: changed, broken, from a tarball, from another user's clone.

# shellcheck disable=SC2317 # called by follow
before_command() {
	case $1 in "make dkms-install"*) files >/tmp/before ;; esac
}

# install_again NAME: make dkms-install must succeed and replace the module by the
# changed one.
install_again() {
	change "$1"
	make dkms-install >/tmp/out 2>&1
	ktap_ok $? "make dkms-install, $1" || note </tmp/out
	ktap_is "$(tells "$RELEASE")" "$1" "the module is replaced, $1"
	grep -q "\"$1\"" /usr/src/zcopy-*/kmod/main.c
	ktap_ok $? "the sources are replaced, $1"
}

mkdir /tmp/saved
cp -a kmod dkms.conf /tmp/saved/
rm -f /test/loaded
make install >/tmp/out 2>&1
follow 2
unset -f before_command
ktap_is "$(sed 's/\(zcopy.ko\).*/\1/' /test/loaded)" "/lib/modules/$RELEASE/updates/dkms/zcopy.ko" \
	"modprobe finds the module"

zcctl doctor >/tmp/doctor
ktap_is "$(grep -A 1 'the module is not loaded' /tmp/doctor | sed 's/ *-> //' | tr '\n' '|')" \
	"MISSING  the module is not loaded; it is built for this kernel: /lib/modules/$RELEASE/updates/dkms/zcopy.ko|load it as root: modprobe zcopy|" \
	"doctor: built, not loaded"
echo 6.1.0-1-amd64 >/test/release
zcctl doctor >/tmp/doctor
grep -qF "it is built for $RELEASE, and not for the kernel that runs, 6.1.0-1-amd64" /tmp/doctor &&
	grep -qF -- '-> as root: apt install linux-headers-6.1.0-1-amd64; then dkms autoinstall; modprobe zcopy' /tmp/doctor
ktap_ok $? "doctor: built for another kernel" || note </tmp/doctor
make dkms-install >/tmp/out 2>&1
ktap_ok $((! $?)) "make dkms-install without headers: fails"
grep -q 'apt install linux-headers-6.1.0-1-amd64' /tmp/out
ktap_ok $? "and says what to install" || note </tmp/out
echo "$RELEASE" >/test/release
mkdir -p /sys/kernel/security /sys/firmware/efi/efivars
echo 'none [integrity] confidentiality' >/sys/kernel/security/lockdown
printf '\6\0\0\0\1' >/sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c
zcctl doctor >/tmp/doctor
grep -q 'does not know DKMS.s key.*Key was rejected by service' /tmp/doctor &&
	grep -q -- '-> as root: mokutil --import /var/lib/dkms/mok.pub' /tmp/doctor
ktap_ok $? "doctor: Secure Boot without DKMS's key" || note </tmp/doctor
cp /var/lib/dkms/mok.pub /sys/firmware/efi/efivars/MokListRT-605dab50-e046-4300-abb6-3dd810dd8b23
zcctl doctor >/tmp/doctor
grep -q 'it is built for this kernel' /tmp/doctor
ktap_ok $? "doctor: Secure Boot with it" || note </tmp/doctor
rm -r /sys/kernel /sys/firmware

install_again "after a change"
echo 'this is no C' >>kmod/main.c
make dkms-install >/tmp/out 2>&1
ktap_ok $((! $?)) "make dkms-install, broken: fails"
grep -q 'what was installed stays' /tmp/out
ktap_ok $? "and says that what was installed stays" || note </tmp/out
ktap_is "$(tells "$RELEASE")" "after a change" "it does"
grep -q 'this is no C' /usr/src/zcopy-*/kmod/main.c
ktap_ok $((! $?)) "and so do its sources"
sed -i '/this is no C/d' kmod/main.c

mkdir /root/tarball
git archive HEAD >/tmp/head.tar && tar xf /tmp/head.tar -C /root/tarball
cp -r Makefile README.md user kmod Kbuild dkms.conf /root/tarball/
rm -f /root/tarball/kmod/*.o
cd /root/tarball || exit 1
[ ! -e .git ]
ktap_ok $? "a tarball has no .git"
install_again "from a tarball"

useradd -m somebody
cp -a $TREE /home/somebody/zcopy
chown -R somebody: /home/somebody/zcopy
cd /home/somebody/zcopy || exit 1
git ls-files >/dev/null 2>&1
ktap_ok $((! $?)) "git does not answer root in the clone of somebody else"

# In that clone: a new version must replace the previous one, and a module that was
# installed without DKMS.
version=$(sed -n 's/^zc-version := //p' kmod/Kbuild)
sed -i 's/^zc-version := .*/zc-version := 9.9.9/' kmod/Kbuild
make dkms-install >/tmp/out 2>&1
ktap_ok $((! $?)) "versions that differ: fails"
grep -q "dkms.conf says version $version, kmod/Kbuild 9.9.9" /tmp/out
ktap_ok $? "and says which" || note </tmp/out
sed -i 's/^PACKAGE_VERSION=.*/PACKAGE_VERSION="9.9.9"/' dkms.conf
mkdir "/lib/modules/$RELEASE/updates/kmod"
cp $TREE/kmod/zcopy.ko "/lib/modules/$RELEASE/updates/kmod/"
install_again "from a clone of somebody else, in a new version"
ktap_is "$(find /usr/src/zcopy-* ! -user root)" "" "nothing in /usr/src is somebody else's"
ktap_is "$(dkms status zcopy | sed 's/,.*//')" "zcopy/9.9.9" "DKMS has the new version only"
ktap_is "$(ls -d /usr/src/zcopy-*)" "/usr/src/zcopy-9.9.9" "and its sources only"
ktap_is "$(find /lib/modules/ -name 'zcopy.ko*' | wc -l)" 1 "there is one module"

zcctl doctor | grep -q 'the module is not loaded; it is built for this kernel'
ktap_ok $? "doctor: the new version is there"
cd $TREE || exit 1
make dkms-uninstall >/tmp/out 2>&1
ktap_ok $? "make dkms-uninstall" || note </tmp/out
files >/tmp/now
ktap_is "$(diff /tmp/before /tmp/now | grep -E 'zcopy|updates')" "" "nothing is left of it"
make dkms-uninstall >/tmp/out 2>&1
ktap_ok $? "make dkms-uninstall, a second time" || note </tmp/out

echo 'this is no C' >>kmod/main.c
make dkms-install >/tmp/out 2>&1
ktap_ok $((! $?)) "make dkms-install, broken from the start: fails"
log=$(zcctl doctor | sed -n 's/.*-> \(.*make.log\) says why/\1/p')
grep -q 'this is no C\|unknown type name' "$log"
ktap_ok $? "doctor names the log that says why: $log" || zcctl doctor | note
cp -a /tmp/saved/. $TREE/
make dkms-install >/tmp/out 2>&1
ktap_ok $? "make dkms-install, repaired" || note </tmp/out
zcctl doctor | grep -q 'the module is not loaded; it is built for this kernel'
ktap_ok $? "doctor does not speak of that any more"
make dkms-uninstall >/tmp/out 2>&1
make uninstall >/tmp/out 2>&1

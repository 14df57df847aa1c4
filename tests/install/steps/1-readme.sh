# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# Follows README's first block in an empty machine, then checks what "make install" has
# to do, and what "make uninstall" has to leave.

# shellcheck disable=SC2317 # called by follow
before_command() {
	case $1 in
	"make install"*)
		files >/tmp/before
		cp /etc/group /tmp/group
		;;
	esac
}

follow 1
unset -f before_command
ktap_is "$(cat /test/loaded)" "kmod/zcopy.ko" "the module that was built is the one to load"
zcctl --version >/dev/null
ktap_ok $? "zcctl runs"
getent group zcopy >/dev/null
ktap_ok $? "there is a group zcopy"

# A program that uses the library is built with its header, is linked with it, and starts.
cat >/tmp/uses.c <<'E'
#include <zcopy.h>
#include <linux/zcopy.h>
int main(void) { struct zcopy *z; return zcopy_open(&z, 0) == 0; }
E
# shellcheck disable=SC2046 # words are meant
ktap_check "a program is built against libzcopy" \
	gcc -o /tmp/uses /tmp/uses.c $(pkg-config --cflags --libs libzcopy)
ktap_check "and finds it when it starts" /tmp/uses

files >/tmp/installed
make install >/tmp/out 2>&1
ktap_ok $? "make install, a second time" || note </tmp/out
same_files /tmp/installed "twice is once"
make uninstall >/tmp/out 2>&1
ktap_ok $? "make uninstall" || note </tmp/out
same_files /tmp/before "nothing is left of it"
ktap_check "nor in the list of groups" diff /tmp/group /etc/group
ktap_is "$(ldconfig -p | grep zcopy)" "" "nor in the list of libraries"
make uninstall >/tmp/out 2>&1
ktap_ok $? "make uninstall, a second time" || note </tmp/out

make install >/tmp/out 2>&1
useradd -G zcopy member
make uninstall >/tmp/out 2>&1
grep -q 'groupdel zcopy' /tmp/out && getent group zcopy >/dev/null
ktap_ok $? "a group with members stays, and that is said" || note </tmp/out
userdel -r member >/dev/null 2>&1
groupdel zcopy

#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# make install and dkms-install into a DESTDIR, as the user that runs the tests: the
# files are there, a second install changes nothing, the running system is not touched,
# all users can read the files, and uninstalling leaves nothing.
set -u
. tests/lib/ktap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -a build/user "$dir/out"
version=$(sed -n 's/^zc-version := //p' kmod/Kbuild)

# Replaces programs that would change the running system with ones that report a call.
mkdir "$dir/bin"
for name in ldconfig systemd-sysusers groupadd groupdel addgroup udevadm dkms depmod; do
	printf '#!/bin/sh\necho "%s $*" >>%s/called\n' $name "$dir" >"$dir/bin/$name"
	chmod 755 "$dir/bin/$name"
done
PATH=$dir/bin:$PATH

make_it() {
	MAKEFLAGS='' make -s O="$dir/out" "$@" >"$dir/log" 2>&1 || {
		sed 's/^/# /' "$dir/log"
		return 1
	}
}

# contents DIR: prints names, kinds and modes of all files below DIR.
contents() { (cd "$1" && find . -printf '%p %y %m %l\n' | sort); }

# round NAME WORD…: installs twice and uninstalls, with these arguments for make.
round() {
	local name=$1 stage=$dir/stage
	shift
	mkdir "$stage"
	(umask 077 && make_it "$@" DESTDIR="$stage" install dkms-install)
	ktap_ok $? "$name: installs"
	contents "$stage" >"$dir/first"
	(cd "$stage" && find . -type f) >"$dir/files"
	ktap_is "$(find "$stage" -mindepth 1 ! -type l ! -perm -444)" "" "$name: others can read it"
	make_it "$@" DESTDIR="$stage" install dkms-install
	man -M "$(dirname "$(find "$stage" -name man3)")" zcopy_fd 2>&1 | grep -q '^ZCOPY_OPEN(3)'
	ktap_ok $? "$name: the page of a call is found by its name"
	contents "$stage" >"$dir/second"
	ktap_check "$name: twice is once" diff "$dir/first" "$dir/second"
	mkdir -p "$stage/usr/share/doc/other"
	make_it "$@" DESTDIR="$stage" uninstall dkms-uninstall
	ktap_ok $? "$name: is removed"
	ktap_is "$(cd "$stage" && find . -mindepth 1 | tr '\n' ' ')" \
		"./usr ./usr/share ./usr/share/doc ./usr/share/doc/other " \
		"$name: nothing is left but what was not ours"
	rm -rf "$stage"
}

has() { grep -qxF "./$1" "$dir/files"; ktap_ok $? "there is $1"; }

round "/usr/local"
for file in bin/zcctl lib/libzcopy.so.1 lib/libzcopy.a lib/zcopy/libzcopy-sendfile.so \
	lib/pkgconfig/libzcopy.pc include/zcopy.h include/linux/zcopy.h \
	share/bash-completion/completions/zcctl \
	share/zsh/site-functions/_zcctl share/fish/vendor_completions.d/zcctl.fish \
	share/zcopy/zcopy.yaml share/zcopy/schema/send.json \
	share/doc/zcopy/examples/fanout.c share/doc/zcopy/examples/h2_server/list.c \
	share/doc/zcopy/examples/nginx.service.d/zcopy.conf \
	share/zcopy/zcopy-metrics share/zcopy/grafana.json share/zcopy/ends.bt \
	lib/systemd/system/zcopy-metrics.service lib/systemd/system/zcopy-metrics.timer; do
	has usr/local/$file
done
for page in user/man/*; do
	has "usr/local/share/man/man${page##*.}/${page##*/}"
done
for link in $(user/dist/page-links user/man/*.3); do
	has "usr/local/share/man/man3/${link%:*}"
done
has usr/lib/udev/rules.d/60-zcopy.rules
has usr/lib/sysusers.d/zcopy.conf
ktap_is "$(sed -n "s,^./usr/src/zcopy-$version/,,p" "$dir/files" | sort)" \
	"$(git ls-files Kbuild dkms.conf kmod | sort)" "DKMS gets what git has, without git"

round "a prefix" PREFIX=/opt/zcopy LIBDIR=/opt/zcopy/lib64
has opt/zcopy/lib64/libzcopy.so.1
grep -q '^ExecStart=/opt/zcopy/share/zcopy/zcopy-metrics ' "$dir/out/zcopy-metrics.service"
ktap_ok $? "a prefix: the service runs the script there"

# In the root of a system, uninstalling keeps the directories that every system has.
mkdir -p "$dir/root"/{etc,usr/local/bin}
make_it DESTDIR="$dir/root" install dkms-install
make_it DESTDIR="$dir/root" uninstall dkms-uninstall
[ -d "$dir/root/usr/local/bin" ] && [ ! -e "$dir/root/usr/local/lib/pkgconfig" ]
ktap_ok $? "a root of a system keeps its own directories"

# A relative DESTDIR is below the directory in which make was called.
name=build/stage.$$
make_it DESTDIR=$name install dkms-install
[ -x "$name/usr/local/bin/zcctl" ] && [ -e "$name/usr/lib/udev/rules.d/60-zcopy.rules" ]
ktap_ok $? "a relative DESTDIR is one place"
rm -rf "$name"

mkdir "$dir/stage"
make_it PREFIX=/opt/zcopy LIBDIR=/opt/zcopy/lib64 DESTDIR="$dir/stage" install
ktap_is "$(PKG_CONFIG_LIBDIR=$dir/stage/opt/zcopy/lib64/pkgconfig pkg-config \
	--variable=libdir libzcopy)" /opt/zcopy/lib64 "pkg-config: place"
ktap_is "$(PKG_CONFIG_LIBDIR=$dir/stage/opt/zcopy/lib64/pkgconfig pkg-config \
	--modversion libzcopy)" "$version" "pkg-config: version"
ktap_is "$(PKG_CONFIG_LIBDIR=$dir/stage/opt/zcopy/lib64/pkgconfig pkg-config \
	--cflags --libs libzcopy | xargs)" \
	"-I/opt/zcopy/include -L/opt/zcopy/lib64 -lzcopy" \
	"pkg-config: users of the shared library need no other -dev package"
for file in bin/zcctl share/man/man1/zcopy-sendfile.1 \
	share/doc/zcopy/examples/nginx.service.d/zcopy.conf; do
	grep -q /opt/zcopy/lib64/zcopy "$dir/stage/opt/zcopy/$file"
	ktap_ok $? "$file names that place of the interposer"
done

ktap_is "$(cat "$dir/called" 2>/dev/null)" "" "nothing of the running system was called"
ktap_done

# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash
# "make rpm": rpmbuild accepts the spec, and the packages hold what Debian's do.

make rpm >/tmp/out 2>&1
ktap_ok $? "make rpm" || note </tmp/out
ktap_is "$(cd build/rpm && rpm -qp --qf '%{NAME}\n' -- *[!c].rpm | sort | xargs)" \
	"libzcopy libzcopy-devel libzcopy-sendfile libzcopy-static zcctl zcopy-dkms" \
	"the packages"
[ -e "$(ls build/rpm/*.src.rpm)" ]
ktap_ok $? "the source package"
rpm -K --nosignature build/rpm/*.rpm >/tmp/out 2>&1
ktap_ok $? "their sums are right" || note </tmp/out
rpm -qp --provides build/rpm/libzcopy-[0-9]*.rpm | grep -qF 'libzcopy.so.1(LIBZCOPY_1)(64bit)'
ktap_ok $? "others can ask for the library"

# Names of files, without the directories that differ between Debian and rpm
contents() { grep -vE '/$|/usr/share/(doc|licenses)/|build-id' | sed -E 's,.*/,,; s/\.gz$//' | sort; }
for f in /root/built/old/*.deb; do
	dpkg-deb --fsys-tarfile "$f" | tar t
done | contents >/tmp/deb.list
for f in build/rpm/*[!c].rpm; do
	rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' "$f" | sed -n '/^d/!s/^[^ ]* //p'
done | contents >/tmp/rpm.list
ktap_check "the files are the same: $(wc -l </tmp/rpm.list)" diff /tmp/deb.list /tmp/rpm.list

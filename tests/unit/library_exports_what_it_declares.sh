#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# libzcopy's header, symbol map and shared object agree.  The library prints nothing,
# has no global state, and opens all descriptors close-on-exec.
set -u
. tests/lib/ktap.sh

lib=build/user/libzcopy.so.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

declared() {
	gcc -E -P -I kmod/uapi user/lib/zcopy.h |
		grep -oE '\bzcopy_[a-z_]+\(' | tr -d '(' | sort -u
}

ktap_is "$(nm -D --defined-only "$lib" | sed -n 's/.* T \(zcopy_[a-z_]*\)@@.*/\1/p' | sort)" \
	"$(declared)" "the shared object exports what the header declares"
ktap_is "$(sed -n 's/^\t\(zcopy_[a-z_]*\);$/\1/p' user/lib/libzcopy.map | sort)" \
	"$(declared)" "so does the map"
ktap_is "$(sed -n 's/^ \(zcopy_[a-z_]*@.*\) .*/\1/p' debian/libzcopy1.symbols | sort)" \
	"$(nm -D --defined-only "$lib" | sed -n 's/.* T \(zcopy_.*\)@@/\1@/p' | sort)" \
	"Debian's list of symbols has them, with the version of each"
ktap_is "$(nm -D --defined-only "$lib" | grep -vE ' (T zcopy_|A LIBZCOPY_)')" "" \
	"nothing else is exported"
ktap_is "$(nm build/user/libzcopy.a | awk '$2 ~ /^[TDBRC]$/ && $3 !~ /^(zcopy|zci)_/')" "" \
	"no symbol of the archive can collide"
ktap_is "$(nm "$lib" | awk '$2 ~ /^[bBC]$/ && $3 !~ /^(completed|__bss_start)/')" "" \
	"no variables"
ktap_is "$(nm -D --undefined-only "$lib" | grep -oE '\b(f?printf|puts|putchar|perror|fwrite|stderr|stdout|exit|abort)@' )" \
	"" "it neither prints nor exits"
ktap_is "$(grep -nE '\b(open|socket|accept|memfd_create)[(]' user/lib/*.c | grep -vE 'oflags|open_socket')" "" \
	"what it opens is close-on-exec"
ktap_is "$(objdump -p "$lib" | awk '$1 == "SONAME" { print $2 }')" libzcopy.so.1 "its name"

cat >"$work/user.cc" <<'CC'
#include "zcopy.h"
int main() { return zcopy_strerror(0) == nullptr; }
CC
if command -v g++ >/dev/null; then
	ktap_check "zcopy_uring.h as well" g++ -std=c++11 -Wall -Wextra -Werror \
		-I kmod/uapi -I user/lib -fsyntax-only -x c++ user/lib/zcopy_uring.h -Wno-pragma-once-outside-header
	ktap_check "the header is fit for C++" g++ -std=c++11 -Wall -Wextra -Werror \
		-I kmod/uapi -I user/lib -o "$work/user" "$work/user.cc" \
		-L build/user -lzcopy
else
	ktap_skip "the headers in C++: there is no g++"
fi

ktap_check "it installs" make -s -C user install DESTDIR="$work/root" PREFIX=/opt/zcopy
export PKG_CONFIG_PATH=$work/root/opt/zcopy/lib/pkgconfig PKG_CONFIG_SYSROOT_DIR=$work/root
cat >"$work/app.c" <<'C'
#include <zcopy.h>
int main(void) { return zcopy_strerror(0) == 0; }
C
# shellcheck disable=SC2046 # words are meant
ktap_check "pkg-config leads to it" gcc -Wall -Werror -o "$work/app" "$work/app.c" \
	$(pkg-config --cflags --libs libzcopy)
# shellcheck disable=SC2046
ktap_check "statically as well" gcc -Wall -Werror -o "$work/app" "$work/app.c" \
	$(pkg-config --cflags libzcopy) -Wl,-Bstatic \
	$(pkg-config --static --libs libzcopy | sed 's/-lzcopy/& -Wl,-Bdynamic/')
ktap_done

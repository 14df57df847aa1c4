#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# zcopy-metrics replaces its file as a whole, by one that others can read; without the
# module it asks for nothing and leaves no file, and of a failure it leaves nothing, too.
set -u
. tests/lib/ktap.sh

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir "$dir"/{bin,textfiles,module}
file=$dir/textfiles/zcopy.prom

# zcctl_does SCRIPT: has the program of that name do that.
zcctl_does() {
	printf '#!/bin/sh\necho "$*" >>%s/called\n%s\n' "$dir" "$1" >"$dir/bin/zcctl"
	chmod 755 "$dir/bin/zcctl"
}

collect() { (umask 077 && PATH=$dir/bin:$PATH MODULE=$dir/module user/watch/zcopy-metrics "$dir/textfiles"); }

left() { find "$dir/textfiles" -type f -printf '%f ' | xargs; }

zcctl_does 'echo old 1'
collect
ktap_is "$?:$(cat "$file"):$(cat "$dir/called")" "0:old 1:stats --prometheus" \
	"it writes what zcctl prints"
ktap_is "$(stat -c %a "$file")" 644 "others can read it"

# A reader that has the old file open, and looks at the name meanwhile
exec 5<"$file"
zcctl_does "echo new 1; cat $file >$dir/meanwhile; echo new 2"
collect
ktap_is "$(cat "$dir/meanwhile")" "old 1" "while it writes, the old file is there"
ktap_is "$(cat <&5)" "old 1" "a reader keeps the old one"
ktap_is "$(cat "$file")" $'new 1\nnew 2' "then the new one is"
exec 5<&-

zcctl_does 'echo part; exit 1'
collect
ktap_is "$?:$(left)" "1:" "a failure is one, and leaves no file"
zcctl_does 'echo late'
collect
rmdir "$dir/module"
: >"$dir/called"
collect
ktap_is "$?:$(left):$(cat "$dir/called")" "0::" "without the module: no file, no question"
mkdir "$dir/module"
zcctl_does 'exit 3'
collect
ktap_is "$?:$(left)" "0:" "a module that just goes is no failure"
(cd "$dir" && "$OLDPWD/user/watch/zcopy-metrics") 2>"$dir/words"
[ $? -ne 0 ] && grep -q usage "$dir/words"
ktap_ok $? "no directory: it says what it wants"

# The units name the script, and systemd takes them, where it is here.
unit=$(sed "s,@[A-Z]*@,$dir," user/watch/zcopy-metrics.service)
grep -qF "ExecStart=$dir/zcopy/zcopy-metrics \${TEXTFILES}" <<<"$unit"
ktap_ok $? "the service runs it"
if command -v systemd-analyze >/dev/null; then
	mkdir "$dir/zcopy"
	cp user/watch/zcopy-metrics "$dir/zcopy/"
	echo "$unit" >"$dir/zcopy-metrics.service"
	cp user/watch/zcopy-metrics.timer "$dir/"
	ktap_check "systemd-analyze verify" systemd-analyze verify --man=no \
		"$dir"/zcopy-metrics.{service,timer}
else
	ktap_skip "systemd-analyze is not installed"
fi
ktap_done

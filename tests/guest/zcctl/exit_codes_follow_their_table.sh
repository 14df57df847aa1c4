#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The exit code of every verb in every situation, and what it says: a failure is a
# sentence and a next step, as words and as JSON.
# guest: timeout=120 takes=20 skip-on=debug
set -u
. /tests/lib/ktap.sh
. /tests/lib/until.sh
. /tests/lib/port.sh
. /tests/lib/zcctl.sh

# ends CODE WHAT WORD…: runs zcctl with the words.
ends() {
	local want=$1 what=$2
	shift 2
	"${as[@]}" zcctl "$@" >out 2>err </dev/null
	ktap_is $? "$want" "$1: $what" || ktap_note "$(cat out err)"
}

# fails CODE WHAT WORD…: as ends, and looks at what is said, without and with -j.
fails() {
	local want=$1 what=$2 verb=$3 code hint
	ends "$@"
	shift 3
	[ "$(grep -c '^zcctl: ' err)" = 1 ] && [ "$(grep -c '^       [^ ]' err)" = 1 ]
	ktap_ok $? "$verb: $what: a sentence and a next step" || ktap_note "$(cat err)"
	! grep -qE '(.{12,}).*: \1' err
	ktap_ok $? "$verb: $what: nothing is said twice" || ktap_note "$(cat err)"
	"${as[@]}" zcctl "$verb" -j "$@" >out 2>err </dev/null
	code=$?
	hint=$(sed -n 's/.*"hint":"\([^"]*\)".*/\1/p' out)
	[ $code = "$want" ] && grep -q '"error":"[^"]' out && [ -n "$hint" ] && [ ! -s err ]
	ktap_ok $? "$verb: $what: with -j" || ktap_note "$code: $(cat out err)"
}

as=()
nobody=(setpriv --reuid=65534 --regid=65534 --clear-groups)
head -c 100000 /dev/urandom >file
chmod 644 file
chmod 755 .
chmod 660 /dev/zcopy
receiver --discard 9300
truncate -s 1G much
id=$(zcctl send --detach --rate 1K much 127.0.0.1:9300)
other=$(zcctl send --detach --rate 1K much 127.0.0.1:9300)

# Done
ends 0 "done" send -q file 127.0.0.1:9300
ends 0 "done" list
ends 0 "done" show "$id"
ends 0 "done" rate "$id" 2K
ends 0 "done" cancel "$other"
ends 0 "done" top -n 1
ends 0 "done" stats
ends 0 "done" features
ends 0 "done" limits
ends 0 "done" doctor
ends 0 "done" bench -t 0.01 -m read_write 4K
ends 0 "done" help
ends 0 "done" completion zsh
ends 0 "done: the program's code" run -q true
ends 7 "the program's code" run -q sh -c 'exit 7'
# Again and again, because monitor must listen before a transfer begins
(until [ -e heard ]; do nap 1; zcctl send -q file 127.0.0.1:9300; done) &
ends 0 "done" monitor -q -n 1
: >heard
wait $!

# Failed
fails 1 "nobody listens" send file 127.0.0.1:1
fails 1 "no such file" send nothing 127.0.0.1:9300
fails 1 "a directory" send . 127.0.0.1:9300
fails 1 "a pipe" send <(:) 127.0.0.1:9300
fails 1 "a header that is not there" send --header @nothing file 127.0.0.1:9300
fails 1 "the port is taken" recv 9300
fails 1 "it cannot write" recv -o /nothing/x 9301
fails 1 "no such transfer" show 999999
fails 1 "no such transfer" rate 999999 1K
fails 1 "no such transfer" cancel 999999
fails 1 "out of time" drain -t 0
fails 1 "no such limit" limits max_nothing 5
fails 1 "no such value" limits max_transfers 0
fails 1 "no such directory" bench --dir /nothing
fails 1 "no report" run -q -r /nothing/x true
fails 127 "no such command" run -q /nothing
fails 126 "no command" run -q /etc/passwd
zcctl send --deadline 0.2 --rate 1K file 127.0.0.1:9300 >out 2>err
ktap_is "$? $(grep -c 'the deadline passed$' err) $(grep -c '^       .*--deadline' err)" "1 1 1" \
	"send: out of time: a sentence, nothing twice, and a next step" || ktap_note "$(cat err)"

# No right
as=("${nobody[@]}")
fails 3 "no right" send file 127.0.0.1:9300
fails 3 "no right" list -A
fails 3 "no right" show -A "$id"
ends 3 "no right" cancel -A "$id"
zcctl_as_json=$("${as[@]}" zcctl cancel -j -A "$id")
ktap_is "$? $(grep -c '"hint":"this needs root' <<<"$zcctl_as_json")" "3 1" "cancel: no right: with -j"
fails 3 "no right" cancel -A --all
fails 3 "no right" rate -A "$id" 1K
fails 3 "no right" drain -A
fails 3 "no right" monitor -q
fails 3 "no right" limits max_transfers 5
ends 3 "no right" doctor
fails 3 "no right" bench -t 0.01 -m zcopy 4K
ends 1 "another user's is not there" show "$id"
ends 0 "runs without the right" run -q true
as=()

# What is printed is lost
for words in "show $id" list "top -n 1" stats features limits doctor help completion \
	"rate $id 1K" "send file 127.0.0.1:9300"; do
	# shellcheck disable=SC2086 # words are meant
	zcctl $words >/dev/full 2>err
	ktap_is "$? $(grep -c 'not all could be written' err)" "1 1" "${words%% *}: a full disk"
done

# The module goes, and is not there
zcctl monitor >out 2>err &
monitor=$!
until_ok contains err listening
zcctl cancel --all >/dev/null
ends 0 "nothing is left" drain -A -t 20
ends 0 "nothing to stop" cancel --all
kill $monitor $peer
wait
ktap_check "the module is unloaded" until_ok rmmod zcopy
for words in "send file 127.0.0.1:9300" list "show 1" "cancel --all" "rate 1 1K" drain \
	"top -n 1" monitor stats features limits "limits max_transfers 5"; do
	# shellcheck disable=SC2086
	fails 3 "no module" $words
done
ends 3 "no module" doctor
fails 3 "no module" bench -t 0.01 -m zcopy 4K
ends 0 "measures the others without the module" bench -t 0.01 -m sendfile 4K
ends 0 "runs without the module" run -q true
ends 0 "needs no module" help
ktap_done

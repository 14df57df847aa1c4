#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A JVM: FileChannel.transferTo in each way, also with 5 GiB; mapped and direct
# buffers; and merging files as Spark does.
# guest: timeout=700
. /tests/lib/userland.sh

make_file small 3
make_file big 20480
truncate -s 5G huge
dd if=big of=huge bs=1M seek=5110 conv=notrunc 2>/dev/null
java=(java -Xshare:auto -XX:TieredStopAtLevel=1 -cp /tests/guest/servers/classes)

# Hashes the last 20 MiB and only counts the bytes before.
cat >/tmp/most.py <<'E'
import hashlib, socket, sys
s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
s.sendall(b"transfer huge\n")
left, h, tail = 5 << 30, hashlib.sha256(), 20 << 20
while left > tail:
    n = len(s.recv(min(left - tail, 1 << 22)))
    assert n
    left -= n
while True:
    b = s.recv(1 << 20)
    if not b:
        break
    left -= len(b)
    h.update(b)
print("huge", left, h.hexdigest())
E
ask() { echo "$1 $2" | socat -t 120 - TCP:127.0.0.1:$PORT | hash "$1"; }
get() {
	local how
	for how in transfer chunks nonblocking; do ask $how big; done
	ask transfer small
	python3 /tmp/most.py $PORT
}
for how in transfer chunks nonblocking; do hash $how <big; done >/tmp/want
both "java transferTo" 5430000000 get "${java[@]}" Transfer $PORT

# The module does not serve Java's own writes; they must still be right. One JVM does
# both kinds of buffers and transferTo, each on its own connection.
get_buffers() {
	local how
	for how in mapped direct transfer mapped direct; do ask $how big; done
	ask mapped small
	ask direct small
}
for how in mapped direct transfer; do hash $how <big; done >/tmp/want
before=$(sent)
both "java buffers" 20971520 get_buffers "${java[@]}" Transfer $PORT
ktap_is $(($(sent) - before)) 20971520 "java buffers: those of transferTo alone go through the module"

zcctl run -r /tmp/report -- "${java[@]}" Transfer merge
ktap_is $? 0 "Spark's merge: positions are right"
ktap_is "$(sha256sum <merged)" "$(cat big small big | sha256sum)" "Spark's merge: so are the bytes"
sed 's/^/# /' /tmp/report
ktap_done

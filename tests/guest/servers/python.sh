#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Python: socket.sendfile, os.sendfile and shutil, blocking and with a time limit (which
# makes its sockets non-blocking); and the standard http.server.
# guest: timeout=240
. /tests/lib/userland.sh

make_file small 3
make_file big 20480
cat >server.py <<'E'
import os, socket, sys, threading
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
def whole(sock, f):
    sock.sendfile(f)
def part(sock, f):
    sock.sendfile(f, 1000, 5000000)
    assert f.tell() == 5001000
def with_limit(sock, f):
    sock.settimeout(60)
    sock.sendfile(f)
def raw(sock, f):
    at, size = 0, os.fstat(f.fileno()).st_size
    while at < size:
        n = os.sendfile(sock.fileno(), f.fileno(), at, size)
        assert n > 0
        at += n
    assert f.tell() == 0
def position(sock, f):
    os.lseek(f.fileno(), 777, 0)
    while os.sendfile(sock.fileno(), f.fileno(), None, 1 << 20):
        pass
    assert os.lseek(f.fileno(), 0, 1) == os.fstat(f.fileno()).st_size
def serve(sock):
    with sock:
        how, name = sock.makefile().readline().split()
        with open(name, "rb") as f:
            globals()[how](sock, f)
while True:
    sock, _ = listener.accept()
    threading.Thread(target=serve, args=(sock,)).start()
E
get() {
	local how
	for how in whole part with_limit raw position; do
		echo $how big | socat -t 60 - TCP:127.0.0.1:$PORT | hash $how
	done
	for _ in 1 2 3 4 5; do
		echo whole small | socat -t 60 - TCP:127.0.0.1:$PORT | hash small
	done
}
hash whole <big >/tmp/want
hash with_limit <big >>/tmp/want
both "socket.sendfile" 88000000 get python3 server.py $PORT
grep -q '"passed":{[^}]*\(not_served\|refused\)' /tmp/report
ktap_ok $((1 - $?)) "socket.sendfile: it was not refused and done otherwise" || :

# http.server copies with read and write: there is no call to take, and it still works.
get_http() { curl -sSf http://127.0.0.1:$PORT/big | hash big; }
hash big <big >/tmp/want
both "http.server" 0 get_http python3 -m http.server --bind 127.0.0.1 $PORT
ktap_done

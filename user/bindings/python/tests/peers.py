# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Connected sockets, a file without equal parts, and the module's counters."""

import os
import random
import socket
import struct
import tempfile
import time
import unittest

SIZE = 6 << 20
CONTENT = random.Random(1).randbytes(SIZE)

# For a class of tests that need the module
needs_module = unittest.skipUnless(os.path.exists("/dev/zcopy"), "there is no /dev/zcopy here")


def counter(name):
    with open("/proc/zcopy/stats") as stats:
        return next(int(line.split()[1]) for line in stats if line.split()[0] == name)


def pair():
    """Two ends of a TCP connection with small buffers: near sends, far reads."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        near = socket.create_connection(listener.getsockname())
        near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
        return near, listener.accept()[0]


def reset(sock):
    """Close a socket so that its peer gets an RST."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def take(sock, count, pause=0.0):
    """Read exactly count bytes, and sleep before each read."""
    got = bytearray()
    while len(got) < count:
        time.sleep(pause)
        data = sock.recv(min(count - len(got), 1 << 18))
        if not data:
            break
        got += data
    return bytes(got)


class WithFile(unittest.TestCase):
    def setUp(self):
        self.file = tempfile.TemporaryFile()
        self.addCleanup(self.file.close)
        self.file.write(CONTENT)
        self.file.flush()
        # Past the tick of the clock in which a change of the file could not be seen
        time.sleep(0.05)

    def connect(self):
        near, far = pair()
        self.addCleanup(near.close)
        self.addCleanup(far.close)
        return near, far

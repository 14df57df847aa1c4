#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0 OR MIT
"""A static file server in one thread: GET of HTTP/1.1, keep-alive, one range a request.

server.py PORT [DIRECTORY]
"""

import asyncio
import contextlib
import os
import re
import socket
import sys
from http import HTTPStatus
from urllib.parse import unquote

import zcopy

IDLE = 60


def head(status, *lines):
    lines = (f"HTTP/1.1 {status.value} {status.phrase}", "Server: zcopy-example", *lines)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1")


def locate(root, target):
    """The regular file under root that a request names, or None."""
    path = os.path.realpath(os.path.join(root, unquote(target.split("?")[0]).lstrip("/")))
    inside = os.path.commonpath([root, path]) == root
    return open(path, "rb") if inside and os.path.isfile(path) else None


def slice_of(text, size):
    """First byte and count for a Range field (RFC 9110, 14.2); None: no such bytes."""
    wanted = re.fullmatch(r"bytes=(\d*)-(\d*)", text or "")
    if not wanted or wanted.groups() == ("", ""):
        return 0, size
    if not wanted[1]:
        count = min(int(wanted[2]), size)
        return (size - count, count) if count else None
    first = int(wanted[1])
    last = min(int(wanted[2] or size), size - 1)
    return (first, last - first + 1) if first <= last else None


async def respond(loop, sock, root, request):
    line, *fields = request.decode("latin-1").split("\r\n")
    method, target, _ = line.split(" ", 2)
    fields = {name.lower(): value.strip() for name, _, value in (f.partition(":") for f in fields)}
    file = locate(root, target) if method == "GET" else None
    with file or contextlib.nullcontext():
        size = os.fstat(file.fileno()).st_size if file else 0
        part = slice_of(fields.get("range"), size) if file else None
        if not file:
            status = HTTPStatus.NOT_FOUND if method == "GET" else HTTPStatus.NOT_IMPLEMENTED
            await loop.sock_sendall(sock, head(status, "Content-Length: 0"))
        elif not part:
            status = HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            lines = (f"Content-Range: bytes */{size}", "Content-Length: 0")
            await loop.sock_sendall(sock, head(status, *lines))
        else:
            first, count = part
            lines = [f"Content-Length: {count}", "Accept-Ranges: bytes"]
            if count < size:
                lines.append(f"Content-Range: bytes {first}-{first + count - 1}/{size}")
            status = HTTPStatus.PARTIAL_CONTENT if count < size else HTTPStatus.OK
            text = head(status, *lines)
            await zcopy.sendfile(loop, sock, file, first, count, header=text, idle=IDLE)
    return method == "GET" and fields.get("connection", "").lower() != "close"


async def serve(loop, sock, root):
    requests = b""
    # A peer that is gone or silent, or that asks for nonsense, loses its connection.
    with sock, contextlib.suppress(OSError, ValueError, asyncio.TimeoutError):
        while data := await asyncio.wait_for(loop.sock_recv(sock, 8192), IDLE):
            requests += data
            while b"\r\n\r\n" in requests:
                request, _, requests = requests.partition(b"\r\n\r\n")
                if not await respond(loop, sock, root, request):
                    return


async def main(port, root):
    loop, tasks = asyncio.get_running_loop(), set()
    with zcopy.Device(), socket.create_server(("", port), backlog=1024) as listener:
        listener.setblocking(False)
        while True:
            sock, _ = await loop.sock_accept(listener)
            task = loop.create_task(serve(loop, sock, root))
            tasks.add(task)
            task.add_done_callback(tasks.discard)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit(f"usage: {sys.argv[0]} PORT [DIRECTORY]")
    asyncio.run(main(int(sys.argv[1]), os.path.realpath(sys.argv[2] if sys.argv[2:] else ".")))

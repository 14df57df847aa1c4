# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Transfers that coroutines wait for, with asyncio's event loop or uvloop's."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import weakref
from collections.abc import Sequence
from typing import Any

from ._abi import Flag
from ._device import Descriptor, Device, Piece, Range
from ._result import Result


class Transfers:
    """The transfers of one event loop, which watches their device."""

    # A reference to the loop would keep both alive, see _of_loops.
    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.device = Device(nonblocking=True)
        self._waiting: dict[int, asyncio.Future[Result]] = {}
        loop.add_reader(self.device.fileno(), self._collect)

    def close(self, loop: asyncio.AbstractEventLoop) -> None:
        """Cancel what has not ended; its waiters get ECANCELED."""
        if self.device.closed:
            return
        loop.remove_reader(self.device.fileno())
        self.device.close()
        while self._waiting:
            waiter = self._waiting.popitem()[1]
            if not waiter.done():
                text = "cancelled: the device was closed"
                waiter.set_exception(OSError(errno.ECANCELED, text))

    def _collect(self) -> None:
        with contextlib.suppress(BlockingIOError):
            for result in self.device.read():
                waiter = self._waiting.pop(result.id, None)
                if waiter and not waiter.done():
                    waiter.set_result(result)

    async def send(self, sock: Descriptor, source: Piece | Sequence[Piece], **how: Any) -> Result:
        """Send to one socket; the arguments are those of ``Device.submit``.

        Raise OSError if not all bytes were sent, see ``Result.check``. A task that is
        cancelled meanwhile cancels the transfer and waits for its end, so that the
        socket is the caller's again.
        """
        if how.get("flags", 0) & Flag.DETACHED:
            raise ValueError("a detached transfer has no completion to wait for")
        # Completions are collected by callbacks of this thread, so none is missed.
        id = self.device.submit([sock], source, **how)
        waiter = asyncio.get_running_loop().create_future()
        self._waiting[id] = waiter
        try:
            result = await asyncio.shield(waiter)
        except asyncio.CancelledError:
            with contextlib.suppress(FileNotFoundError, ValueError):
                self.device.cancel(id)
            await asyncio.wait({waiter})
            raise
        return result.check()


# A loop that nobody uses any more takes its entry, and so the device, with it.
_of_loops: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Transfers]
_of_loops = weakref.WeakKeyDictionary()


async def sendfile(
    loop: asyncio.AbstractEventLoop,
    sock: Descriptor,
    file: Descriptor,
    offset: int = 0,
    count: int | None = None,
    *,
    header: bytes = b"",
    trailer: bytes = b"",
    **how: Any,
) -> Result:
    """Send a part of a file, between a header and a trailer, and say how that ended.

    Unlike ``loop.sock_sendfile`` it waits for the disk in the kernel, and not in the
    event loop; it does not move the file's position; and a file that ends before
    ``count`` bytes is an error (ENODATA). Other arguments are those of ``Device``;
    errors and cancellation are as in ``Transfers.send``. The first call of an event
    loop opens a device for it.
    """
    transfers = _of_loops.get(loop)
    if transfers is None:
        transfers = _of_loops[loop] = Transfers(loop)
    pieces = [header, Range(file, offset, count), trailer]
    return await transfers.send(sock, [piece for piece in pieces if piece], **how)

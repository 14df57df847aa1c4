# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Transfers in event loops, with the module."""

import asyncio
import contextlib
import errno
import gc
import importlib.util
import os
import unittest

import zcopy
from zcopy import _aio

from .peers import CONTENT, SIZE, WithFile, counter, needs_module, pair, reset


def devices():
    """How many descriptors of the device this process has."""
    names = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    return sum(os.path.exists(name) and os.readlink(name) == zcopy.DEVICE for name in names)


@contextlib.contextmanager
def connected():
    near, far = pair()
    near.setblocking(False)
    far.setblocking(False)
    with near, far:
        yield near, far


async def take(loop, sock, count, pause=0.0):
    got = bytearray()
    while len(got) < count:
        await asyncio.sleep(pause)
        data = await loop.sock_recv(sock, min(count - len(got), 1 << 18))
        if not data:
            break
        got += data
    return bytes(got)


class Loops:
    """Tests for any event loop; subclasses have run()."""

    def run_in_loop(self, coroutine):
        self.run_loop(asyncio.wait_for(coroutine, 120))
        # Neither loop nor device stay when the loop is not used any more
        gc.collect()
        self.assertEqual(devices(), 0)
        self.assertEqual(len(_aio._of_loops), 0)

    def test_many_slow_peers_get_their_bytes(self):
        async def one(n):
            loop = asyncio.get_running_loop()
            with connected() as (near, far):
                head, begin = b"head %d" % n, n * 1000
                want = head + CONTENT[begin:] + b"tail"
                reader = asyncio.ensure_future(take(loop, far, len(want), pause=0.001 * n))
                result = await zcopy.sendfile(
                    loop, near, self.file, begin, header=head, trailer=b"tail"
                )
                self.assertTrue(await reader == want)
                self.assertEqual(result.bytes, len(want))
                self.assertGreater(result.bytes_by_ref, SIZE - begin - 8192)

        async def all_of_them():
            await asyncio.gather(*(one(n) for n in range(12)))
            self.assertEqual(devices(), 1)

        before = counter("bytes_by_ref")
        self.run_in_loop(all_of_them())
        self.assertGreater(counter("bytes_by_ref") - before, 11 * SIZE)
        self.assertEqual(self.file.tell(), SIZE)

    def test_a_cancelled_task_cancels_its_transfer(self):
        async def main():
            loop = asyncio.get_running_loop()
            with connected() as (near, far):
                sending = asyncio.ensure_future(zcopy.sendfile(loop, near, self.file))
                await asyncio.sleep(0.1)
                before = counter("transfers_cancelled")
                sending.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await sending
                self.assertEqual(counter("transfers_cancelled") - before, 1)
                # The socket is the caller's again
                await asyncio.wait_for(take(loop, far, 1), 10)
                with self.assertRaises(asyncio.TimeoutError):
                    await asyncio.wait_for(zcopy.sendfile(loop, near, self.file), 0.1)
                near.close()
                got = await take(loop, far, SIZE)
                self.assertTrue(1 < len(got) < SIZE)

        self.run_in_loop(main())

    def test_errors_have_their_status(self):
        async def main():
            loop = asyncio.get_running_loop()
            with connected() as (near, far):
                sending = asyncio.ensure_future(zcopy.sendfile(loop, near, self.file))
                await asyncio.sleep(0.05)
                reset(far)
                with self.assertRaisesRegex(ConnectionError, "socket_error: ") as caught:
                    await sending
                self.assertLess(caught.exception.result.bytes, SIZE)
            with connected() as (near, far):
                with self.assertRaisesRegex(OSError, "truncated: ") as caught:
                    await zcopy.sendfile(loop, near, self.file, SIZE - 10, 11)
                self.assertEqual(caught.exception.errno, errno.ENODATA)
                self.assertEqual(await take(loop, far, 10), CONTENT[-10:])
                with self.assertRaisesRegex(TimeoutError, "idle: "):
                    await zcopy.sendfile(loop, near, self.file, idle=0.1)

        self.run_in_loop(main())

    def test_a_closed_device_ends_the_waiting(self):
        async def main():
            loop = asyncio.get_running_loop()
            transfers = zcopy.Transfers(loop)
            with connected() as (near, _far):
                sending = asyncio.ensure_future(transfers.send(near, self.file))
                await asyncio.sleep(0.05)
                transfers.close(loop)
                transfers.close(loop)
                with self.assertRaisesRegex(OSError, "cancelled: "):
                    await sending

        self.run_in_loop(main())


@needs_module
class Asyncio(Loops, WithFile):
    def run_loop(self, coroutine):
        asyncio.run(coroutine)


@needs_module
@unittest.skipUnless(importlib.util.find_spec("uvloop"), "there is no uvloop here")
class Uvloop(Loops, WithFile):
    def run_loop(self, coroutine):
        import uvloop

        loop = uvloop.new_event_loop()
        try:
            loop.run_until_complete(coroutine)
        finally:
            loop.close()


if __name__ == "__main__":
    unittest.main()

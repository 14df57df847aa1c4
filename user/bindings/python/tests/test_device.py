# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The device's verbs, with the module."""

import errno
import select
import socket
import threading
import time
import unittest

from zcopy import Device, End, Feature, Flag, Range, Status, Until

from .peers import CONTENT, SIZE, WithFile, counter, needs_module, reset, take


@needs_module
class Verbs(WithFile):
    def setUp(self):
        super().setUp()
        self.device = Device()
        self.addCleanup(self.device.close)

    def ends(self, id, status):
        (result,) = self.device.wait(id)
        self.assertEqual((result.id, result.status), (id, status), result)
        return result

    def test_query_says_what_is_offered(self):
        told = self.device.query()
        self.assertIn(Feature.LISTS, told.features)
        self.assertIn(Flag.STABLE, told.send_flags)
        self.assertEqual((told.max_elems, told.max_sinks, told.max_memory), (1024, 64, 65536))
        self.assertRegex(told.version, r"^\d+\.\d+")

    def test_send_is_exact_to_a_slow_peer(self):
        near, far = self.connect()
        source = [b"head", Range(self.file, 7, 3 << 20), bytearray(b"mid"), self.file, b"tail"]
        want = b"head" + CONTENT[7 : 7 + (3 << 20)] + b"mid" + CONTENT + b"tail"
        results = []
        before = counter("bytes_by_ref")
        thread = threading.Thread(
            target=lambda: results.append(self.device.send(near, source, end=End.SHUTDOWN))
        )
        thread.start()
        got = take(far, len(want) + 1, pause=0.002)
        thread.join()
        self.assertTrue(got == want)
        self.assertIs(results[0].status, Status.DONE)
        self.assertEqual(results[0].bytes, len(want))
        self.assertGreaterEqual(results[0].bytes_by_ref, SIZE)
        self.assertEqual(counter("bytes_by_ref") - before, results[0].bytes_by_ref)

    def test_submissions_keep_their_order(self):
        near, far = self.connect()
        ids = [self.device.submit(near, [b"%d" % n, Range(self.file, n, SIZE - n)]) for n in (3, 2)]
        near.close()
        want = b"3" + CONTENT[3:] + b"2" + CONTENT[2:]
        self.assertTrue(take(far, len(want) + 1) == want)
        self.assertEqual([result.id for result in self.device.wait(at_least=2)], ids)
        self.assertEqual(self.device.wait(), [])

    def test_completions_are_waited_for(self):
        near, far = self.connect()
        id = self.device.submit(near, self.file, cookie=2**63 + 5, until=Until.ACKED)
        self.assertEqual(self.device.wait(id, timeout=0.1), [])
        self.assertEqual(select.select([self.device], [], [], 0)[0], [])
        with Device(nonblocking=True) as other:
            self.assertEqual(other.read(), [])
            with self.assertRaises(FileNotFoundError):
                other.wait(id)
        self.assertTrue(take(far, SIZE) == CONTENT)
        self.assertEqual(select.select([self.device], [], [], 10)[0], [self.device])
        (result,) = self.device.read()
        self.assertEqual((result.id, result.cookie, result.bytes), (id, 2**63 + 5, SIZE))
        with self.assertRaises(FileNotFoundError):
            self.device.cancel(id)

    def test_cancel_stops_and_what_was_sent_arrives(self):
        near, far = self.connect()
        id = self.device.submit(near, self.file)
        self.assertEqual(self.device.cancel(id), 1)
        result = self.ends(id, Status.CANCELLED)
        near.close()
        self.assertLess(result.bytes, SIZE)
        self.assertTrue(take(far, SIZE) == CONTENT[: result.bytes])
        with self.assertRaisesRegex(OSError, "cancelled: ") as caught:
            result.check()
        self.assertEqual(caught.exception.errno, errno.ECANCELED)
        self.assertEqual(self.device.cancel(), 0)

    def test_one_list_goes_to_many(self):
        pairs = [self.connect() for _ in range(3)]
        first = self.device.submit([near for near, _ in pairs], [b"x", self.file])
        for _, far in reversed(pairs):
            self.assertTrue(take(far, SIZE + 1) == b"x" + CONTENT)
        results = self.device.wait(at_least=3)
        self.assertEqual(sorted(result.sink for result in results), [0, 1, 2])
        self.assertEqual(next(r.sink for r in results if r.id == first), 0)

    def test_a_closed_peer_is_a_connection_error(self):
        near, far = self.connect()
        id = self.device.submit(near, self.file)
        reset(far)
        with self.assertRaisesRegex(ConnectionError, "socket_error: "):
            self.ends(id, Status.SOCKET_ERROR).check()

    def test_time_limits_end_transfers(self):
        near, _far = self.connect()
        ids = [self.device.submit(near, self.file, deadline=0.1)]
        ids.append(self.device.submit(near, self.file, idle=0.1))
        for id, status in zip(ids, (Status.DEADLINE, Status.IDLE)):
            with self.assertRaises(TimeoutError):
                self.ends(id, status).check()

    def test_rates_hold_and_change(self):
        near, far = self.connect()
        start = time.monotonic()
        id = self.device.submit(near, Range(self.file, 0, 1 << 20), rate=100 << 10)
        self.assertTrue(take(far, 50 << 10) == CONTENT[: 50 << 10])
        self.assertGreater(time.monotonic() - start, 0.2)
        self.device.set_rate(id, 0)
        self.assertTrue(take(far, (1 << 20) - (50 << 10)) == CONTENT[50 << 10 : 1 << 20])
        self.ends(id, Status.DONE)

    def test_a_full_nonblocking_socket_is_again(self):
        near, _far = self.connect()
        near.setblocking(False)
        result = self.device.send(near, self.file)
        self.assertIs(result.status, Status.AGAIN)
        self.assertGreater(result.bytes, 0)
        with self.assertRaises(BlockingIOError):
            result.check()

    def test_warm_sends_nothing(self):
        result = self.device.warm([self.file, Range(self.file, 0, 4096)])
        self.assertEqual((result.status, result.bytes), (Status.DONE, 0))
        self.assertEqual(result.cache_hit_bytes, SIZE + 4096)

    def test_refusals_have_their_errno(self):
        near, _far = self.connect()
        with socket.socket() as alone:
            cases = (
                (errno.ENOTCONN, lambda: self.device.submit(alone, self.file)),
                (errno.ENOTSOCK, lambda: self.device.submit(self.file, self.file)),
                (errno.E2BIG, lambda: self.device.submit(near, bytes(65537))),
                (errno.EINVAL, lambda: self.device.submit([], b"x")),
                (errno.EINVAL, lambda: self.device.submit(near, b"x", until=9)),
            )
            for number, call in cases:
                with self.assertRaises(OSError) as caught:
                    call()
                self.assertEqual(caught.exception.errno, number)
        self.assertEqual(self.device.read(), [])


if __name__ == "__main__":
    unittest.main()

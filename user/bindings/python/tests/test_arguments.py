# SPDX-License-Identifier: GPL-2.0 OR MIT
"""What is refused before the kernel is asked, and how requests and errors look."""

import ctypes
import errno
import os
import socket
import ssl
import tempfile
import unittest

from zcopy import Copy, Device, Flag, Range, Result, Status, _abi, _aio, _device


def raw_result(status, error, **fields):
    return _abi.zcopy_result(size=208, status=status, error=error, **fields)


class Elements(unittest.TestCase):
    def setUp(self):
        self.file = tempfile.TemporaryFile()
        self.addCleanup(self.file.close)

    def test_pieces_become_elements(self):
        view = memoryview(bytearray(b"0123456789"))[::3]
        source = [b"head", Range(self.file, 5, 6), bytearray(b"mid"), view, self.file, b""]
        elems, memory = _device._elements(source)
        kinds = [elem.kind for elem in elems]
        self.assertEqual(kinds, [2, 1, 2, 2, 1, 2])
        read = [ctypes.string_at(elem.off, elem.len) for elem in elems if elem.kind == 2]
        self.assertEqual(read, [b"head", b"mid", b"0369", b""])
        self.assertEqual(memory, read)
        self.assertEqual((elems[1].fd, elems[1].off, elems[1].len), (self.file.fileno(), 5, 6))
        self.assertEqual((elems[4].off, elems[4].len), (0, 2**64 - 1))

    def test_one_piece_needs_no_list(self):
        for piece in (b"abc", bytearray(b"abc"), Range(self.file), self.file, Range(0, 1, 2)):
            self.assertEqual(len(_device._elements(piece)[0]), 1)
        self.assertEqual(len(_device._elements([])[0]), 0)

    def test_wrong_pieces_are_refused(self):
        for wrong in (5, [5], ["text"], "text", None, [None]):
            with self.subTest(wrong), self.assertRaises(TypeError):
                _device._elements(wrong)

    def test_numbers_are_not_cut_off(self):
        for wrong in (Range(0, -1), Range(0, 2**63), Range(0, 0, -1), Range(0, 0, 2**64)):
            with self.subTest(wrong), self.assertRaises(ValueError):
                _device._elements(wrong)
        for seconds in (-1, 1e12, float("nan")):
            with self.subTest(seconds), self.assertRaises(ValueError):
                _device._ns("idle", seconds)
        self.assertEqual(_device._ns("idle", None), 0)
        self.assertEqual(_device._ns("idle", 0), 1)
        self.assertEqual(_device._ns("idle", 1.5), 1500000000)

    def test_closed_and_ssl_sockets_are_refused(self):
        sock = socket.socket()
        self.assertEqual(_device._fd(sock), sock.fileno())
        sock.close()
        with self.assertRaises(ValueError):
            _device._fd(sock)
        with socket.socket() as plain:
            wrapped = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).wrap_socket(
                plain, do_handshake_on_connect=False, server_hostname="h"
            )
            with wrapped, self.assertRaises(TypeError):
                _device._fd(wrapped)


class Results(unittest.TestCase):
    def test_fields_are_told(self):
        raw = raw_result(1, 0, id=7, bytes=10, bytes_copied=4, copied_small=3)
        raw.copied[_abi.COPY_NR - 1] = 1
        result = Result.of(raw)
        self.assertIs(result.status, Status.CHANGED)
        self.assertEqual((result.id, result.bytes), (7, 10))
        self.assertEqual(result.copied, {Copy.SMALL: 3, Copy.RELEASED: 1})
        self.assertIs(result.check(), result)

    def test_errors_have_name_class_and_result(self):
        cases = (
            (Status.SOCKET_ERROR, errno.ECONNRESET, ConnectionResetError),
            (Status.SOCKET_ERROR, errno.EPIPE, BrokenPipeError),
            (Status.DEADLINE, errno.ETIMEDOUT, TimeoutError),
            (Status.AGAIN, errno.EAGAIN, BlockingIOError),
            (Status.TRUNCATED, errno.ENODATA, OSError),
            (Status.NO_MEMORY, 0, OSError),
        )
        for status, error, kind in cases:
            with self.subTest(status), self.assertRaises(kind) as caught:
                Result.of(raw_result(status, error, bytes=5)).check()
            self.assertEqual(caught.exception.errno, error or errno.EIO)
            self.assertTrue(caught.exception.strerror.startswith(status.name.lower() + ": "))
            self.assertEqual(caught.exception.result.bytes, 5)


class WithoutModule(unittest.IsolatedAsyncioTestCase):
    """A file in the place of the device, which knows no verb."""

    def setUp(self):
        self.file = tempfile.NamedTemporaryFile()
        self.addCleanup(self.file.close)
        self.device = Device(self.file.name)
        self.addCleanup(self.device.close)

    def test_verbs_of_another_file_are_unknown(self):
        verbs = (
            self.device.query,
            self.device.cancel,
            self.device.wait,
            lambda: self.device.warm(self.file),
            lambda: self.device.send(0, b"x"),
            lambda: self.device.submit([0, 1], b"x"),
            lambda: self.device.set_rate(1, 2),
        )
        for verb in verbs:
            with self.assertRaises(OSError) as caught:
                verb()
            self.assertEqual(caught.exception.errno, errno.ENOTTY)
        self.assertEqual(self.device.read(), [])

    def test_wrong_arguments_are_refused(self):
        for how in ({"cookie": -1}, {"rate": 2**64}, {"flags": Flag.POSITION}, {"until": -1}):
            with self.subTest(how), self.assertRaises(ValueError):
                self.device.submit(0, b"x", **how)
        with self.assertRaises(TypeError):
            self.device.submit(0, b"x", unknown=1)
        with self.assertRaises(ValueError):
            self.device.wait(at_least=2, at_most=1)

    def test_closing_closes(self):
        fd = self.device.fileno()
        self.assertFalse(os.get_inheritable(fd))
        with self.device:
            pass
        self.device.close()
        self.assertTrue(self.device.closed)
        with self.assertRaises(OSError):
            os.fstat(fd)
        with self.assertRaises(ValueError):
            self.device.query()
        with self.assertRaises(FileNotFoundError):
            Device("/nonexistent")

    def test_dropping_closes(self):
        device = Device(self.file.name)
        fd = device.fileno()
        del device
        with self.assertRaises(OSError):
            os.fstat(fd)

    async def test_detached_transfers_cannot_be_awaited(self):
        transfers = _aio.Transfers.__new__(_aio.Transfers)
        with self.assertRaises(ValueError):
            await transfers.send(0, b"x", flags=Flag.DETACHED)


if __name__ == "__main__":
    unittest.main()

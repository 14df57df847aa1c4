# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The verbs of /dev/zcopy."""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import sys
import time
import weakref
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol, Union

from . import _abi
from ._abi import End, Feature, Flag, Until
from ._result import Result

DEVICE = "/dev/zcopy"
_OFFSET_MAX = 2**63 - 1


class HasFileno(Protocol):
    def fileno(self) -> int: ...


Descriptor = Union[int, HasFileno]


class Range(NamedTuple):
    """A part of a file; without a count, up to the end that it has at submission.

    A file object's own position is neither used nor moved.
    """

    file: Descriptor
    offset: int = 0
    count: int | None = None


# All of a file, a part of one, or memory (any object with the buffer protocol)
Piece = Union[Range, HasFileno, bytes, bytearray, memoryview]


class Features(NamedTuple):
    """What kernel and module offer."""

    features: Feature
    send_flags: Flag
    max_elems: int
    max_sinks: int
    max_memory: int
    max_transfers: int
    version: str


def _fd(file: Descriptor) -> int:
    ssl = sys.modules.get("ssl")
    if ssl and isinstance(file, ssl.SSLSocket):
        raise TypeError("a socket of ssl encrypts in Python, so the kernel cannot send")
    fd = file if isinstance(file, int) else file.fileno()
    if fd < 0:
        raise ValueError("the file or socket is closed")
    return fd


def _number(name: str, value: int, most: int = 2**64 - 1) -> int:
    """Refuse what ctypes would cut off in silence."""
    if not 0 <= value <= most:
        raise ValueError(f"{name} is {value}, not 0 to {most}")
    return value


def _ns(name: str, seconds: float | None) -> int:
    if seconds is None:
        return 0
    # 0 would be no limit
    return max(_number(name, int(seconds * 1e9)), 1)


def _elements(source: Piece | Sequence[Piece]) -> tuple[Any, list[bytes]]:
    """Return an array of elements, and the memory that it points into."""
    lone = isinstance(source, (Range, bytes, bytearray, memoryview))
    pieces = [source] if lone or hasattr(source, "fileno") else list(source)
    elems, memory = (_abi.zcopy_elem * len(pieces))(), []
    for elem, piece in zip(elems, pieces):
        if hasattr(piece, "fileno"):
            piece = Range(piece)
        if isinstance(piece, Range):
            elem.kind = _abi.ELEM_FILE
            elem.fd = _fd(piece.file)
            elem.off = _number("offset", piece.offset, _OFFSET_MAX)
            if piece.count is None:
                elem.len = _abi.LEN_EOF
            else:
                elem.len = _number("count", piece.count, _OFFSET_MAX)
        else:
            data = piece if type(piece) is bytes else memoryview(piece).tobytes()
            memory.append(data)
            elem.kind = _abi.ELEM_MEMORY
            elem.off = ctypes.cast(data, ctypes.c_void_p).value or 0
            elem.len = len(data)
    return elems, memory


class Device:
    """An open ``/dev/zcopy``, which owns the transfers that it starts.

    Its close cancels those that have not ended. It is readable, for select and
    event loops, while a completion can be collected.

    A ``source`` is one piece or a sequence of them: a :class:`Range`, all of a file, or
    memory. ``send`` and ``submit`` also take: ``cookie``, a number that the result
    repeats; ``until``, ``end`` and ``flags``, see the enumerations; ``rate`` in bytes a
    second; ``deadline`` and ``idle``, seconds after which the transfer is given up,
    since its submission and without progress; ``readahead``, most bytes to read ahead.
    """

    def __init__(self, path: str = DEVICE, *, nonblocking: bool = False) -> None:
        mode = os.O_RDWR | os.O_CLOEXEC | (os.O_NONBLOCK if nonblocking else 0)
        self._fd = os.open(path, mode)
        self._closer = weakref.finalize(self, os.close, self._fd)

    def __enter__(self) -> Device:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    @property
    def closed(self) -> bool:
        return not self._closer.alive

    def close(self) -> None:
        self._closer()

    def fileno(self) -> int:
        if self.closed:
            raise ValueError("the device is closed")
        return self._fd

    def _ioctl(self, verb: int, arg: ctypes.Structure) -> None:
        while True:
            # EINTR: nothing was done. Python's signal handlers run before the next turn,
            # and what they raise ends the call.
            with contextlib.suppress(InterruptedError):
                fcntl.ioctl(self.fileno(), verb, arg, True)
                return

    def query(self) -> Features:
        """Say what kernel and module offer."""
        raw = _abi.zcopy_query(size=ctypes.sizeof(_abi.zcopy_query))
        self._ioctl(_abi.IOC_QUERY, raw)
        values = {name: getattr(raw, name) for name in Features._fields}
        values["features"] = Feature(raw.features)
        values["send_flags"] = Flag(raw.send_flags)
        values["version"] = raw.version.decode()
        return Features(**values)

    def send(self, sock: Descriptor, source: Piece | Sequence[Piece], **how: Any) -> Result:
        """Run a transfer in this thread, and say how it ended.

        A socket with O_NONBLOCK ends it with Status.AGAIN where it is full. (Python
        sets that on sockets with a timeout.)
        """
        return self._start(_abi.IOC_SEND, [sock], source, **how)[1]

    def warm(self, source: Piece | Sequence[Piece]) -> Result:
        """Bring files into the page cache, and send nothing."""
        return self._start(_abi.IOC_SEND, [], source, flags=Flag.WARM)[1]

    def submit(
        self,
        socks: Descriptor | Sequence[Descriptor],
        source: Piece | Sequence[Piece],
        **how: Any,
    ) -> int:
        """Start a transfer to each socket, and return the id of the first.

        Each has a completion of its own, and ``Result.sink`` is the index of its
        socket. Sockets and files may be closed at once.
        """
        lone = isinstance(socks, int) or hasattr(socks, "fileno")
        return self._start(_abi.IOC_SUBMIT, [socks] if lone else socks, source, **how)[0]

    def _start(
        self,
        verb: int,
        socks: Sequence[Descriptor],
        source: Piece | Sequence[Piece],
        *,
        cookie: int = 0,
        until: Until = Until.QUEUED,
        end: End = End.KEEP,
        flags: int = 0,
        rate: int = 0,
        deadline: float | None = None,
        idle: float | None = None,
        readahead: int = 0,
    ) -> tuple[int, Any]:
        if flags & Flag.POSITION:
            raise ValueError("Flag.POSITION is not for element lists")
        elems, memory = _elements(source)
        sinks = (_abi.zcopy_sink * len(socks))()
        for sink, sock in zip(sinks, socks):
            sink.fd = _fd(sock)
        request = _abi.zcopy_send(
            size=ctypes.sizeof(_abi.zcopy_send),
            flags=_number("flags", flags, 2**32 - 1),
            elems=ctypes.addressof(elems),
            nr_elems=len(elems),
            elem_size=ctypes.sizeof(_abi.zcopy_elem),
            sinks=ctypes.addressof(sinks),
            nr_sinks=len(sinks),
            sink_size=ctypes.sizeof(_abi.zcopy_sink),
            cookie=_number("cookie", cookie),
            until=_number("until", until, 2**32 - 1),
            end=_number("end", end, 2**32 - 1),
            rate=_number("rate", rate),
            deadline_ns=_ns("deadline", deadline),
            idle_ns=_ns("idle", idle),
            readahead=_number("readahead", readahead),
        )
        result = None
        if verb == _abi.IOC_SEND:
            result = _abi.zcopy_result()
            request.results = ctypes.addressof(result)
            request.result_size = ctypes.sizeof(result)
        self._ioctl(verb, request)
        # The kernel has its copy by now
        del memory
        return request.id, result and Result.of(result)

    def wait(
        self,
        id: int = _abi.ID_ANY,
        *,
        at_least: int = 1,
        at_most: int = 64,
        timeout: float | None = None,
    ) -> list[Result]:
        """Collect up to ``at_most`` completions, oldest first; wait for ``at_least`` of them.

        There are fewer after ``timeout`` seconds, and where no live transfer can bring
        more. FileNotFoundError: this device has no transfer ``id`` (any more).
        """
        results = (_abi.zcopy_result * _number("at_most", at_most, 1 << 20))()
        request = _abi.zcopy_wait(
            size=ctypes.sizeof(_abi.zcopy_wait),
            id=_number("id", id),
            results=ctypes.addressof(results),
            nr_results=at_most,
            result_size=ctypes.sizeof(_abi.zcopy_result),
            min=_number("at_least", at_least, at_most),
            timeout_ns=_abi.WAIT_FOREVER,
        )
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            if until is not None:
                request.timeout_ns = max(int((until - time.monotonic()) * 1e9), 0)
            with contextlib.suppress(InterruptedError):
                fcntl.ioctl(self.fileno(), _abi.IOC_WAIT, request, True)
                return [Result.of(raw) for raw in results[: request.got]]

    def read(self, at_most: int = 64) -> list[Result]:
        """Collect up to ``at_most`` completions by read(2).

        Without any, return an empty list if no transfer is live; otherwise wait, or
        raise BlockingIOError if the device was opened with ``nonblocking``.
        """
        size = _abi.RESULT_SIZE_VER0
        data = os.read(self.fileno(), _number("at_most", at_most, 1 << 20) * size)
        raw = _abi.zcopy_result.from_buffer_copy
        return [Result.of(raw(data, at)) for at in range(0, len(data), size)]

    def cancel(self, id: int | None = None) -> int:
        """Stop a transfer, or all; return how many were told. The completions still come.

        FileNotFoundError: no live transfer of this device has that id.
        """
        request = _abi.zcopy_cancel(size=ctypes.sizeof(_abi.zcopy_cancel))
        if id is None:
            request.flags = _abi.CANCEL_ALL
        else:
            request.id = _number("id", id)
        self._ioctl(_abi.IOC_CANCEL, request)
        return request.count

    def set_rate(self, id: int, rate: int) -> None:
        """Limit a live transfer to ``rate`` bytes a second from now on; 0: no limit."""
        request = _abi.zcopy_rate(size=ctypes.sizeof(_abi.zcopy_rate))
        request.id, request.rate = _number("id", id), _number("rate", rate)
        self._ioctl(_abi.IOC_RATE, request)

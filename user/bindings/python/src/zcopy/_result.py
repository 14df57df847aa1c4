# SPDX-License-Identifier: GPL-2.0 OR MIT
"""What is told of a transfer when it has ended."""

from __future__ import annotations

import errno
import os
from typing import NamedTuple

from . import _abi
from ._abi import Copy, Status


class Result(NamedTuple):
    """How a transfer to one socket ended; times are nanoseconds since submission."""

    id: int
    sink: int
    cookie: int
    status: Status
    error: int
    bytes_asked: int
    bytes: int
    bytes_by_ref: int
    bytes_copied: int
    copied: dict[Copy, int]
    cache_hit_bytes: int
    cache_miss_bytes: int
    socket_waits: int
    disk_waits: int
    retrans: int
    queued_ns: int
    first_byte_ns: int
    last_byte_ns: int
    duration_ns: int

    @classmethod
    def of(cls, raw: _abi.zcopy_result) -> Result:
        values = {name: getattr(raw, name) for name in cls._fields}
        values["status"] = Status(raw.status)
        reasons = {Copy(n): count for n, count in enumerate(raw.copied)}
        reasons |= {Copy.SMALL: raw.copied_small, Copy.POLICY: raw.copied_policy}
        values["copied"] = {why: count for why, count in reasons.items() if count}
        return cls(**values)

    def check(self) -> Result:
        """Return this result if all bytes were sent; otherwise raise OSError.

        The error is of the class that belongs to its errno (ConnectionResetError,
        TimeoutError, ...). Its text begins with the name of the status, and its
        attribute ``result`` is this result.
        """
        if self.status in (Status.DONE, Status.CHANGED):
            return self
        error = self.error or errno.EIO
        text = f"{self.status.name.lower()}: {os.strerror(error)}"
        failure = OSError(error, text)
        failure.result = self  # type: ignore[attr-defined]
        raise failure

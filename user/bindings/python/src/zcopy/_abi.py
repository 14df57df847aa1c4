# SPDX-License-Identifier: GPL-2.0 OR MIT
"""The numbers and structs of <linux/zcopy.h>; tests/test_abi.py compares them."""

from ctypes import Structure, c_char, c_int32, c_uint32, c_uint64
from enum import IntEnum, IntFlag

# How a transfer ended.
Status = IntEnum(
    "Status",
    "DONE CHANGED TRUNCATED CANCELLED AGAIN SOCKET_ERROR FILE_ERROR NO_MEMORY DEADLINE IDLE "
    "RUNNING",
    start=0,
)

# When a transfer counts as complete.
Until = IntEnum("Until", "QUEUED ACKED RELEASED", start=0)

# What is done to the socket after the last byte.
End = IntEnum("End", "KEEP CORK SHUTDOWN", start=0)

# Why bytes were copied instead of referenced.
Copy = IntEnum(
    "Copy", "NO_SG TLS DIRECT NO_CACHE STABLE NO_SPLICE MEMORY RELEASED SMALL POLICY", start=0
)

# What a transfer does beside sending.
Flag = IntFlag(
    "Flag", "STABLE DROP_BEHIND NOWAIT WARM DETACHED DONTWAIT MORE POSITION AS_READ ANY_PID"
)

# What kernel and module offer.
Feature = IntFlag(
    "Feature",
    "BY_REF LISTS FANOUT ACKED RELEASED RATE DEADLINE IDLE READAHEAD END URING URING_CANCEL MEMCG"
    " RECORD",
)

# _IO(0xBB, n): no direction and no size in it
IOC_QUERY = 0xBB00
IOC_SEND = 0xBB01
IOC_SUBMIT = 0xBB02
IOC_WAIT = 0xBB03
IOC_CANCEL = 0xBB04
IOC_RATE = 0xBB06

ELEM_FILE, ELEM_MEMORY = 1, 2
LEN_EOF = 2**64 - 1
ID_ANY = 0
WAIT_FOREVER = 2**64 - 1
CANCEL_ALL = 1
COPY_NR = 8
RESULT_SIZE_VER0 = 208

_TYPES = {"u32": c_uint32, "s32": c_int32, "u64": c_uint64, "char": c_char}


def _fields(text: str) -> list[tuple[str, type]]:
    """Return the fields of a struct, which are written almost as in the header."""
    fields = []
    for field in text.split(","):
        kind, name, *length = field.replace("[", " ").replace("]", "").split()
        fields.append((name, _TYPES[kind] * int(length[0]) if length else _TYPES[kind]))
    return fields


# The structs have the names of the header, by which the test finds them.
class zcopy_elem(Structure):  # noqa: N801
    _fields_ = _fields("u32 kind, s32 fd, u64 off, u64 len, u32 flags, u32 record")


class zcopy_sink(Structure):  # noqa: N801
    _fields_ = _fields("s32 fd, u32 flags, u64 rate, u64 reserved[2]")


class zcopy_send(Structure):  # noqa: N801
    _fields_ = _fields(
        """
        u32 size, u32 flags, u64 elems, u32 nr_elems, u32 elem_size, u64 sinks,
        u32 nr_sinks, u32 sink_size, u64 cookie, u32 until, u32 end, u64 rate,
        u64 deadline_ns, u64 idle_ns, u64 readahead, u64 results, u32 result_size,
        u32 reserved0, u64 id, u64 reserved[4]
        """
    )


class zcopy_result(Structure):  # noqa: N801
    _fields_ = _fields(
        """
        u32 size, u32 sink, u64 id, u64 cookie, u32 status, u32 error, u64 bytes_asked,
        u64 bytes, u64 bytes_by_ref, u64 bytes_copied, u64 copied[8], u64 cache_hit_bytes,
        u64 cache_miss_bytes, u32 socket_waits, u32 disk_waits, u32 retrans, u32 reserved0,
        u64 queued_ns, u64 first_byte_ns, u64 last_byte_ns, u64 duration_ns,
        u64 copied_small, u64 copied_policy
        """
    )


class zcopy_wait(Structure):  # noqa: N801
    _fields_ = _fields(
        """
        u32 size, u32 flags, u64 id, u64 results, u32 nr_results, u32 result_size, u32 min,
        u32 got, u64 timeout_ns, u64 reserved[2]
        """
    )


class zcopy_cancel(Structure):  # noqa: N801
    _fields_ = _fields("u32 size, u32 flags, u64 id, u32 count, u32 reserved0, u64 reserved[2]")


class zcopy_rate(Structure):  # noqa: N801
    _fields_ = _fields("u32 size, u32 flags, u64 id, u64 rate, u64 reserved[2]")


class zcopy_query(Structure):  # noqa: N801
    _fields_ = _fields(
        """
        u32 size, u32 flags, u64 features, u64 send_flags, u64 verbs, u32 max_elems,
        u32 max_sinks, u32 max_memory, u32 max_transfers, char version[32],
        u64 reserved[4]
        """
    )

# SPDX-License-Identifier: GPL-2.0 OR MIT
"""Files to TCP sockets inside the kernel, without waiting.

A :class:`Device` sends lists of file ranges and pieces of memory; :func:`sendfile` does
so in asyncio. The manual pages zcopy(7) and zcopy(4) say what a transfer does.
"""

from ._abi import Copy, End, Feature, Flag, Status, Until
from ._aio import Transfers, sendfile
from ._device import DEVICE, Device, Features, Range
from ._result import Result

__all__ = [
    "DEVICE",
    "Copy",
    "Device",
    "End",
    "Feature",
    "Features",
    "Flag",
    "Range",
    "Result",
    "Status",
    "Transfers",
    "Until",
    "sendfile",
]

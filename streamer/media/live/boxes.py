"""Walks the boxes of ISO base media files (ISO/IEC 14496-12), in bytes only.

An incomplete box ends the walk, as in a file that still grows; an inconsistent one raises MediaError. Other modules
interpret the boxes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from streamer.core.base.errors import MediaError

_SIZE_AND_KIND = struct.Struct(">I4s")
_LARGE_SIZE = struct.Struct(">Q")


class Box(NamedTuple):
    """A whole box, from ``start`` to ``end``; its content begins at ``body``."""

    kind: bytes
    start: int
    body: int
    end: int


def boxes(data: bytes | bytearray, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """The whole boxes from ``start``; stops at an incomplete one.

    Raises MediaError for an impossible size.
    """
    limit = len(data) if end is None else min(end, len(data))
    while start + 8 <= limit:
        size, kind = _SIZE_AND_KIND.unpack_from(data, start)
        body = start + 8
        if size == 1:
            if start + 16 > limit:
                return
            size, body = _LARGE_SIZE.unpack_from(data, start + 8)[0], start + 16
        if size < body - start:
            raise MediaError(f"a box has an impossible size of {size} bytes", where=f"byte {start}")
        if start + size > limit:
            return
        yield Box(kind, start, body, start + size)
        start += size


def find(data: bytes | bytearray, path: str, start: int = 0, end: int | None = None) -> Box | None:
    """The first box at a path of plain containers such as ``moov/trak/mdia``; None if it is missing."""
    kind, _, rest = path.partition("/")
    for box in boxes(data, start, end):
        if box.kind == kind.encode():
            found = find(data, rest, box.body, box.end) if rest else box
            if found:
                return found
    return None

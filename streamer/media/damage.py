"""How much of a captured segment is still there, for a disk may fill, a machine lose power, a sector die.

What is not there must not keep the rest from being used, and must be known: FFmpeg refuses to begin where one piece
is missing, and passes in silence over what is empty or garbage. Reads a file once, to its end; decodes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streamer.media.transport import PACKET, SYNC, rhythm, streams

_HEAD = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Remains:
    """The byte ranges of a file that can be used, and what is wrong with the rest; empty where nothing is."""

    ranges: tuple[tuple[int, int], ...]
    fault: str = ""


def remains(file: Path, size: int) -> Remains:
    """What is left of a transport stream that once had ``size`` bytes."""
    try:
        content = file.read_bytes()
    except FileNotFoundError:
        return Remains(ranges=(), fault="its file is gone")
    except OSError as error:
        return Remains(ranges=(), fault=f"it can't be read: {error.strerror}")
    if not content:
        return Remains(ranges=(), fault="it is empty")
    ranges = tuple(_in_rhythm(content))
    if not ranges or not streams(content[ranges[0][0] :][:_HEAD]):
        return Remains(ranges=(), fault="it is no transport stream")
    usable = sum(end - begin for begin, end in ranges)
    if usable == len(content) >= size:
        return Remains(ranges=ranges)
    return Remains(ranges=ranges, fault=f"{max(size, len(content)) - usable} of its bytes are missing or no media")


def _in_rhythm(content: bytes) -> Iterator[tuple[int, int]]:
    """Ranges of whole packets."""
    if len(content) % PACKET == 0 and content[::PACKET].count(SYNC) == len(content) // PACKET:
        yield 0, len(content)
        return
    begin = rhythm(content, 0)
    while begin is not None:
        end = begin
        while end + PACKET <= len(content) and content[end] == SYNC:
            end += PACKET
        if end > begin:
            yield begin, end
        begin = rhythm(content, max(end, begin + 1))

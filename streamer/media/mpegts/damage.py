"""Finds the usable part of a captured segment, after a full disk, a power cut or a bad sector.

The rest must stay usable and the loss must be known: FFmpeg refuses to begin if one piece is missing, and silently
skips empty files and garbage. Reads a file once, to its end; decodes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streamer.media.mpegts.packets import PACKET, SYNC, payload_of, rhythm, streams

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
        return Remains(ranges=(), fault="it is not a transport stream")
    if sum(end - begin for begin, end in ranges) == len(content) >= size:
        return Remains(ranges=ranges)
    ranges = tuple(left for begin, end in ranges for left in _without_torn(content, begin, end))
    usable = sum(end - begin for begin, end in ranges)
    return Remains(ranges=ranges, fault=f"{max(size, len(content)) - usable} of its bytes are missing or not media")


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


def _without_torn(content: bytes, begin: int, end: int) -> Iterator[tuple[int, int]]:
    """A range without the packets of frames whose end is not in it: what comes next would be taken for their rest.

    That is known of PES packets that state their length, as those of sound do (ISO/IEC 13818-1, 2.4.3.7).
    """
    unfinished: dict[int, tuple[int, list[int]]] = {}
    for place in range(begin, end, PACKET):
        packet = content[place : place + PACKET]
        pid, payload = (packet[1] & 0x1F) << 8 | packet[2], payload_of(packet)
        if packet[1] & 0x40 and payload[:3] == b"\0\0\1":
            length = int.from_bytes(payload[4:6])
            missing, places = (6 + length if length else 0), [place]
        else:
            missing, places = unfinished.get(pid, (0, []))
            places.append(place)
        if missing > len(payload):
            unfinished[pid] = (missing - len(payload), places)
        else:
            unfinished.pop(pid, None)
    for torn in sorted(place for _, places in unfinished.values() for place in places):
        if torn > begin:
            yield begin, torn
        begin = torn + PACKET
    if end > begin:
        yield begin, end

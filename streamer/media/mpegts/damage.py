"""Finds the usable part of a captured segment, after a full disk, a power cut or a bad sector.

The rest must stay usable and the loss must be known: FFmpeg refuses to begin if one piece is missing, and silently
skips empty files and garbage. Reads a file once, to its end; decodes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streamer.media.mpegts.packets import PACKET, SYNC, payload_of, presented_at, rhythm, streams

_HEAD = 1 << 16
_WRAP = 1 << 33


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
    found = streams(content[ranges[0][0] :][:_HEAD]) if ranges else []
    if not found:
        return Remains(ranges=(), fault="it is not a transport stream")
    if sum(end - begin for begin, end in ranges) == len(content) >= size:
        return Remains(ranges=ranges)
    pictures = frozenset(stream.pid for stream in found if stream.is_video)
    ranges = tuple(left for begin, end in ranges for left in _decodable(content, begin, end, size, pictures))
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


def _decodable(content: bytes, begin: int, end: int, size: int, pictures: frozenset[int]) -> Iterator[tuple[int, int]]:
    """A range without what can't be decoded.

    Behind damage, these are the pictures up to the next keyframe, which need a picture that is lost, and those of an
    open GOP that follow the keyframe and are shown before it; sound goes on.
    Before damage, they are the frames whose end is not in the range: what comes next would be taken for their rest. A
    PES packet that states its length, as those of sound do, shows whether it is whole (ISO/IEC 13818-1, 2.4.3.7); one
    of the picture does not, so the last one goes.
    """
    lost: list[int] = []
    unfinished: dict[int, tuple[int, list[int]]] = {}
    last_picture: dict[int, list[int]] = {}
    waiting = set(pictures) if begin else set()
    entered: dict[int, int] = {}
    leading: set[int] = set()
    for place in range(begin, end, PACKET):
        packet = content[place : place + PACKET]
        pid, payload = (packet[1] & 0x1F) << 8 | packet[2], payload_of(packet)
        is_start = bool(packet[1] & 0x40) and payload[:3] == b"\0\0\1"
        if pid in waiting:
            if not (is_start and _is_random_access(packet)):
                lost.append(place)
                continue
            waiting.discard(pid)
            entered[pid] = presented_at(payload) or 0
        elif is_start and pid in entered:
            time = presented_at(payload)
            if time is not None and _is_before(time, entered[pid]):
                leading.add(pid)
            else:
                del entered[pid]
                leading.discard(pid)
        if pid in leading:
            lost.append(place)
            continue
        if pid in pictures:
            if is_start:
                last_picture[pid] = []
            last_picture.setdefault(pid, []).append(place)
        if is_start:
            length = int.from_bytes(payload[4:6])
            missing, places = (6 + length if length else 0), [place]
        else:
            missing, places = unfinished.get(pid, (0, []))
            places.append(place)
        if missing > len(payload):
            unfinished[pid] = (missing - len(payload), places)
        else:
            unfinished.pop(pid, None)
    if end < len(content) or len(content) < size:
        lost += [place for places in last_picture.values() for place in places]
    lost += [place for _, places in unfinished.values() for place in places]
    for place in sorted({*lost}):
        if place > begin:
            yield begin, place
        begin = place + PACKET
    if end > begin:
        yield begin, end


def _is_before(time: int, other: int) -> bool:
    """Of two time stamps, which wrap after 33 bits."""
    return 0 < (other - time) % _WRAP < _WRAP // 2


def _is_random_access(packet: bytes) -> bool:
    """Whether decoding can begin at a packet: the random_access_indicator of its adaptation field (2.4.3.5)."""
    return bool(packet[3] & 0x20 and packet[4] and packet[5] & 0x40)

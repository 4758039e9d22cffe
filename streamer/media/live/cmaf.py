"""Reads CMAF initialisation segments and chunks (ISO/IEC 23000-19), and moves chunks on their clock.

Works on bytes only and opens no file. Incomplete data is left for the next reading; inconsistent data raises
MediaError. Numbers from a file are checked before they control a loop or a slice.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from streamer.core.base.errors import MediaError
from streamer.core.channel.chunks import Part
from streamer.media.live.boxes import Box, boxes, find
from streamer.media.live.codec_strings import codec_of

_U32 = struct.Struct(">I")
_U64 = struct.Struct(">Q")
_NON_SYNC = 0x10000  # sample_is_non_sync_sample in a sample's flags


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """An initialisation segment's description of its (first) track.

    ``codec`` is its RFC 6381 string, ``configuration`` the body of its avcC or esds box. The defaults are trex's.
    """

    id: int
    handler: str
    timescale: int
    codec: str
    configuration: bytes
    default_duration: int = 0
    default_flags: int = 0


def track_of(init: bytes) -> Track:
    """Read an initialisation segment. Raises MediaError where it is incomplete or invalid."""
    try:
        return _track(init)
    except (struct.error, IndexError) as error:
        raise MediaError("an initialisation segment is cut short") from error


def _track(init: bytes) -> Track:
    moov = _need(init, "moov")
    trak = _need(init, "trak", moov.body, moov.end)
    tkhd = _need(init, "tkhd", trak.body, trak.end)
    mdhd = _need(init, "mdia/mdhd", trak.body, trak.end)
    hdlr = _need(init, "mdia/hdlr", trak.body, trak.end)
    stsd = _need(init, "mdia/minf/stbl/stsd", trak.body, trak.end)
    timescale = _versioned(init, mdhd, 12, 20)
    if timescale == 0:
        raise MediaError("a track has no timescale", where=f"byte {mdhd.start}")
    id = _versioned(init, tkhd, 12, 20)
    duration, flags = _defaults(init, moov, id)
    codec, configuration = codec_of(init, stsd)
    return Track(
        id=id,
        handler=init[hdlr.body + 8 : hdlr.body + 12].decode("latin-1"),
        timescale=timescale,
        codec=codec,
        configuration=configuration,
        default_duration=duration,
        default_flags=flags,
    )


def _need(data: bytes, path: str, start: int = 0, end: int | None = None) -> Box:
    box = find(data, path, start, end)
    if box is None:
        raise MediaError(f"an initialisation segment has no {path} box")
    return box


def _versioned(data: bytes, box: Box, narrow: int, wide: int) -> int:
    """A 32-bit field whose offset depends on the box's version, which has times of 32 or 64 bits before it."""
    place = box.body + (wide if data[box.body] else narrow)
    if place + 4 > box.end:
        raise MediaError(f"a {box.kind.decode('latin-1')} box is cut short", where=f"byte {box.start}")
    return int(_U32.unpack_from(data, place)[0])


def _defaults(init: bytes, moov: Box, track: int) -> tuple[int, int]:
    mvex = find(init, "mvex", moov.body, moov.end)
    if mvex is None:
        return 0, 0
    for box in boxes(init, mvex.body, mvex.end):
        if box.kind == b"trex" and box.end - box.body >= 24:
            id, _, duration, _, flags = struct.unpack_from(">5I", init, box.body + 4)
            if id == track:
                return duration, flags
    return 0, 0


def parts(data: bytes, track: Track, base: int = 0) -> tuple[list[Part], int]:
    """The whole parts in ``data``, which begins at byte ``base`` of its file, and how many bytes they take.

    A part ends with its mdat and begins where the one before ended.
    """
    found: list[Part] = []
    used = 0
    fragment: Box | None = None
    for box in boxes(data):
        if box.kind == b"moof":
            fragment = box
        elif box.kind == b"mdat":
            if fragment is None:
                raise MediaError("media data without a moof before it", where=f"byte {base + box.start}")
            start, duration, independent = _fragment(data, fragment, track)
            found.append(
                Part(
                    offset=base + used,
                    size=box.end - used,
                    start=start / track.timescale,
                    duration=duration / track.timescale,
                    independent=independent,
                )
            )
            used, fragment = box.end, None
    return found, used


def _fragment(data: bytes, moof: Box, track: Track) -> tuple[int, int, bool]:
    """Start and duration (timescale units), and whether it begins with a sync sample."""
    for traf in boxes(data, moof.body, moof.end):
        if traf.kind != b"traf":
            continue
        try:
            found = _track_fragment(data, traf, track)
        except struct.error as error:
            raise MediaError("a track fragment is cut short", where=f"byte {traf.start}") from error
        if found is not None:
            return found
    raise MediaError(f"a fragment has no media of track {track.id}", where=f"byte {moof.start}")


def _track_fragment(data: bytes, traf: Box, track: Track) -> tuple[int, int, bool] | None:
    start: int | None = None
    duration = 0
    default, flags = track.default_duration, track.default_flags
    first: int | None = None
    for box in boxes(data, traf.body, traf.end):
        content = data[box.body : box.end]
        if box.kind == b"tfhd":
            if _U32.unpack_from(content, 4)[0] != track.id:
                return None
            default, flags = _fragment_defaults(content, default, flags)
        elif box.kind == b"tfdt":
            start = (_U64 if content[:1] == b"\1" else _U32).unpack_from(content, 4)[0]
        elif box.kind == b"trun":
            length, leading = _run(content, default, flags)
            duration += length
            first = leading if first is None else first
    if start is None or first is None:
        raise MediaError("a fragment states neither its start nor its content", where=f"byte {traf.start}")
    return start, duration, not first & _NON_SYNC


def _fragment_defaults(tfhd: bytes, duration: int, flags: int) -> tuple[int, int]:
    present = _U32.unpack_from(tfhd, 0)[0] & 0xFFFFFF
    place = 8 + (8 if present & 0x1 else 0) + (4 if present & 0x2 else 0)
    if present & 0x8:
        duration = _U32.unpack_from(tfhd, place)[0]
        place += 4
    place += 4 if present & 0x10 else 0
    if present & 0x20:
        flags = _U32.unpack_from(tfhd, place)[0]
    return duration, flags


def _run(trun: bytes, default: int, flags: int) -> tuple[int, int]:
    """Duration of a track run, and the flags of its first sample."""
    present = _U32.unpack_from(trun, 0)[0] & 0xFFFFFF
    count = _U32.unpack_from(trun, 4)[0]
    place = 8 + (4 if present & 0x1 else 0)
    first = flags
    if present & 0x4:
        first = _U32.unpack_from(trun, place)[0]
        place += 4
    width = 4 * (present >> 8 & 0xF).bit_count()
    if place + count * width > len(trun):
        raise MediaError(f"a run of {count} samples does not fit in its box")
    if present & 0x400 and count and not present & 0x4:
        behind = 4 * (present >> 8 & 0x3).bit_count()
        first = _U32.unpack_from(trun, place + behind)[0]
    if not present & 0x100:
        return count * default, first
    return sum(_U32.unpack_from(trun, place + index * width)[0] for index in range(count)), first


def shift_tfdt(data: bytes, ticks: int) -> bytes:
    """The same chunks ``ticks`` timescale units later. Raises MediaError where a time would not fit its field."""
    moved = bytearray(data)
    for moof in boxes(data):
        if moof.kind != b"moof":
            continue
        for traf in boxes(data, moof.body, moof.end):
            tfdt = find(data, "tfdt", traf.body, traf.end) if traf.kind == b"traf" else None
            if tfdt is None:
                continue
            field = _U64 if data[tfdt.body : tfdt.body + 1] == b"\1" else _U32
            try:
                field.pack_into(moved, tfdt.body + 4, field.unpack_from(data, tfdt.body + 4)[0] + ticks)
            except struct.error as error:
                raise MediaError("a chunk can't be moved on its clock", where=f"byte {tfdt.start}") from error
    return bytes(moved)

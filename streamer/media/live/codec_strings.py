"""Makes the codec strings of playlists (RFC 6381) from a track's sample entry."""

from __future__ import annotations

from streamer.core.base.errors import MediaError
from streamer.media.live.boxes import Box, boxes, find

_VISUAL_FIELDS = 78
_AUDIO_FIELDS = 28
_MPEG4_AUDIO = 0x40


def codec_of(init: bytes, stsd: Box) -> tuple[str, bytes]:
    """The codec's string, and the body of the avcC or esds box it was read from (empty without these boxes)."""
    entry = next(boxes(init, stsd.body + 8, stsd.end), None)
    if entry is None:
        raise MediaError("a track has no sample entry", where=f"byte {stsd.start}")
    name = entry.kind.decode("latin-1")
    if avcc := find(init, "avcC", entry.body + _VISUAL_FIELDS, entry.end):
        content = init[avcc.body : avcc.end]
        return f"{name}.{content[1]:02x}{content[2]:02x}{content[3]:02x}", content
    if esds := find(init, "esds", entry.body + _AUDIO_FIELDS, entry.end):
        content = init[esds.body : esds.end]
        return f"{name}.{_audio_object(content[4:])}", content
    return name, b""


def _audio_object(descriptor: bytes) -> str:
    """The codec numbers, such as ``40.2``, of an ES_Descriptor (ISO/IEC 14496-1 section 7.2.6)."""
    place = 0
    kind, place = _descriptor(descriptor, place)
    if kind != 3:
        raise MediaError("an esds box does not begin with an elementary stream")
    flags = descriptor[place + 2]
    place += 3 + (2 if flags & 0x80 else 0)
    if flags & 0x40:
        place += 1 + descriptor[place]
    place += 2 if flags & 0x20 else 0
    kind, place = _descriptor(descriptor, place)
    if kind != 4:
        raise MediaError("an esds box does not state its coding")
    object_type = descriptor[place]
    place += 13
    if object_type != _MPEG4_AUDIO or place >= len(descriptor):
        return f"{object_type:02x}"
    kind, place = _descriptor(descriptor, place)
    if kind != 5:
        return f"{object_type:02x}"
    specific = descriptor[place] >> 3
    if specific == 31:
        specific = 32 + ((descriptor[place] & 7) << 3 | descriptor[place + 1] >> 5)
    return f"{object_type:02x}.{specific}"


def _descriptor(data: bytes, place: int) -> tuple[int, int]:
    """A descriptor's tag, and the offset of its content after up to four bytes of length."""
    tag = data[place]
    place += 1
    for _ in range(4):
        more = data[place] & 0x80
        place += 1
        if not more:
            break
    return tag, place

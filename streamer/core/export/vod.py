"""A recording as an HLS playlist over its captured segments (RFC 8216): it can be watched before any file is written.

The URI of a cut segment includes its byte range, so the cut needs no storage.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from streamer.core.base.ids import RunId
from streamer.core.channel.playlists import extinf, program_date_time, target_duration
from streamer.core.footage.sequence import Part, Placed
from streamer.core.footage.wall_clock import SMALLEST_GAP
from streamer.core.jobs.specs import Piece

_NAME = re.compile(r"(?P<take>[A-Za-z0-9._~-]{1,200})~(?P<number>[0-9]{6,9})\.ts")
_OFFSET = re.compile(r"[0-9]{1,15}")
_PART = re.compile(r"([0-9]{1,15})-([0-9]{0,15})")
_MOST_PARTS = 200
"""A server takes no longer URI; of a segment that is damaged in more places the rest is left out."""
_SHORTEST = 0.001
_BRIDGED = 0.5
"""Seconds without a picture that players bridge by themselves; a discontinuity tells them of a longer pause."""


def vod_playlist(parts: Sequence[Part], *, complete: bool) -> str:
    """The media playlist of a recording; one that is not ``complete`` will grow (EVENT).

    URIs are relative to the playlist's. Ends with a newline.
    """
    clips = [placed for part in parts for placed in part.clips if placed.duration >= _SHORTEST and placed.clip.pieces]
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        f"#EXT-X-TARGETDURATION:{target_duration(c.duration for c in clips)}",
        "#EXT-X-MEDIA-SEQUENCE:0",
        f"#EXT-X-PLAYLIST-TYPE:{'VOD' if complete else 'EVENT'}",
        "#EXT-X-INDEPENDENT-SEGMENTS",
    ]
    before: Placed | None = None
    for placed in clips:
        pause = placed.clip.start - before.clip.end if before is not None and placed.joins else math.inf
        if before is not None and pause > _BRIDGED:
            lines.append("#EXT-X-DISCONTINUITY")
        if pause > SMALLEST_GAP:
            lines.append(f"#EXT-X-PROGRAM-DATE-TIME:{program_date_time(placed.wall)}")
        lines += [f"#EXTINF:{extinf(placed.duration)},", segment_uri(placed)]
        before = placed
    if complete:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join(lines) + "\n"


def segment_uri(placed: Placed) -> str:
    """``TAKE~NUMBER.ts``, and the byte ranges of a cut segment: ``tables`` from its head, ``from``, ``to``; those of a
    damaged one: ``parts``."""
    clip = placed.clip
    name = f"{clip.take}~{clip.number:06d}.ts"
    if len(clip.pieces) > 2 or (len(clip.pieces) == 2 and clip.pieces[0].start):
        left = clip.pieces[:_MOST_PARTS]
        parts = ",".join(f"{piece.start}-{'' if piece.end is None else piece.end}" for piece in left)
        return f"{name}?parts={parts}"
    *tables, body = clip.pieces
    cut = {
        "tables": tables[0].end if tables else None,
        "from": body.start or None,
        "to": body.end,
    }
    query = "&".join(f"{key}={value}" for key, value in cut.items() if value is not None)
    return f"{name}?{query}" if query else name


def named_segment(name: str, query: Mapping[str, str], path: str, size: int) -> tuple[Piece, ...] | None:
    """The pieces of ``path``, which has ``size`` bytes, that a URI of :func:`segment_uri` names; None for any other
    URI."""
    if _NAME.fullmatch(name) is None:
        return None
    if query.keys() == {"parts"}:
        return _parts(query["parts"], path, size)
    if not query.keys() <= {"tables", "from", "to"}:
        return None
    if not all(_OFFSET.fullmatch(value) for value in query.values()):
        return None
    tables, start = int(query.get("tables", 0)), int(query.get("from", 0))
    end = int(query["to"]) if "to" in query else None
    if tables > start or max(start, end or 0) > size or (end is not None and end <= start):
        return None
    body = Piece(path=path, start=start, end=end)
    return (Piece(path=path, end=tables), body) if tables else (body,)


def _parts(text: str, path: str, size: int) -> tuple[Piece, ...] | None:
    """Ranges within the file, each behind the one before."""
    found = [_PART.fullmatch(part) for part in text.split(",", _MOST_PARTS)]
    pieces, edge = [], 0
    for number, part in enumerate(found, 1):
        if part is None or (not part[2] and number < len(found)):
            return None
        start, end = int(part[1]), int(part[2] or size)
        if not edge <= start < end <= size:
            return None
        pieces.append(Piece(path=path, start=start, end=int(part[2]) if part[2] else None))
        edge = end
    return tuple(pieces)


def segment_key(name: str) -> tuple[RunId, int] | None:
    """The take and number that a segment's name stands for; None for any other name."""
    found = _NAME.fullmatch(name)
    return (RunId(found["take"]), int(found["number"])) if found else None

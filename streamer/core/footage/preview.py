"""The playlists of a room's preview: HLS (RFC 8216) over the captured segments of its newest take, for the crew."""

from __future__ import annotations

import math
from collections.abc import Sequence

from streamer.core.base.ids import RunId
from streamer.core.footage.wall_clock import Timed

LISTED = 6
"""Segments in the playlist: players begin three from its end."""


def multivariant(take: RunId) -> str:
    """The playlist that names the one of a take. A client opens it again when that ends."""
    return f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-STREAM-INF:BANDWIDTH=6000000\n{take}/index.m3u8\n"


def playlist(segments: Sequence[Timed], *, ended: bool) -> str:
    """The newest of a take's ``segments``, in order of their numbers; ``ended`` if none will follow."""
    listed = segments[-LISTED:]
    longest = max((one.end - one.start for one in listed), default=2.0)
    lines = [
        "#EXTM3U",
        "#EXT-X-VERSION:3",
        f"#EXT-X-TARGETDURATION:{math.ceil(longest)}",
        f"#EXT-X-MEDIA-SEQUENCE:{listed[0].segment.number if listed else 0}",
    ]
    for one in listed:
        lines += [f"#EXTINF:{one.end - one.start:.3f},", f"{one.segment.number}.ts"]
    return "\n".join([*lines, *(["#EXT-X-ENDLIST"] if ended else [])]) + "\n"

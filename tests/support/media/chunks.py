"""CMAF chunks as FFmpeg packages them, as values: pictures in parts of a third of a second, sound in AAC frames."""

from __future__ import annotations

import math
from fractions import Fraction

import pytest

from streamer.core.channel.chunks import Chunk, Loop, Part
from streamer.core.jobs.live_format import LiveFormat, Rendition

FORMAT = LiveFormat(
    rate=Fraction(30),
    renditions=(
        Rendition(name="720p", width=1280, height=720, bitrate=2_500_000),
        Rendition(name="360p", width=640, height=360, bitrate=800_000),
    ),
)
PICTURES = FORMAT.tracks[:-1]
AAC_FRAME = 1024 / 48000
SEGMENT = 2.0
PARTS = 6


def _edge(track: str, seconds: float) -> float:
    """Where a part of a track begins that is to begin at this media time.

    Sound is cut between its own frames, a frame later than need be; only after 375 frames both fall together.
    """
    if track != "audio":
        return seconds
    frames = math.ceil(seconds / AAC_FRAME - 1e-9)
    return (frames + (frames % 375 > 0)) * AAC_FRAME


def chunk(track: str, number: int, parts: int = PARTS, seen_at: float = 0.0, run: str = "run") -> Chunk:
    """The segment with this number, counted from 0, as far as it has grown."""
    begin = number * SEGMENT
    edges = [_edge(track, begin + i * SEGMENT / PARTS) for i in range(PARTS + 1)]
    found, offset = [], 0
    for i in range(parts):
        size = 100 + 10 * i
        found.append(
            Part(offset=offset, size=size, start=edges[i], duration=edges[i + 1] - edges[i], independent=i == 0)
        )
        offset += size
    return Chunk(
        track=track,
        number=number,
        path=f"/{run}/{track}-{number}.m4s",
        parts=tuple(found),
        complete=parts == PARTS,
        seen_at=seen_at,
    )


def loop(segments: int = 4) -> Loop:
    """Eight seconds of slate: a whole number of pictures, of segments and of AAC frames."""
    return Loop(
        key="key",
        seconds=segments * SEGMENT,
        inits={t: f"/slate/{t}/init" for t in FORMAT.tracks},
        segments={t: tuple(chunk(t, n, run="slate") for n in range(segments)) for t in FORMAT.tracks},
        timescales={t: 48_000 if t == "audio" else 15_360 for t in FORMAT.tracks},
        codecs={t: "mp4a.40.2" if t == "audio" else "avc1.4d401f" for t in FORMAT.tracks},
    )


def at(seconds: float) -> object:
    """Equal to the same wall time within a tenth of a millisecond; pytest.approx is relative, so blind to minutes."""
    return pytest.approx(seconds, rel=0, abs=1e-4)


def part_ends(of: Chunk) -> dict[int, float]:
    """Where each part of a chunk ends in bytes, and in media time (s)."""
    return {p.offset + p.size: p.start + p.duration for p in of.parts}

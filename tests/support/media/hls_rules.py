"""What RFC 8216 asks of a live media playlist over time, by a reader that shares no code with the writer.

A viewer reads a playlist again and again; this one never forgets what it was told and complains of the first
contradiction.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True)
class Told:
    """What playlists say of one segment. ``discontinuity`` is its absolute discontinuity sequence number."""

    uri: str
    map: str
    discontinuity: int
    seconds: float
    at: datetime


@dataclass
class Reading:
    """One version of a playlist: its segments by media sequence number."""

    first: int
    segments: dict[int, Told] = field(default_factory=dict)
    seams: int = 0


def read(text: str) -> Reading:
    """Parse a version; asserts what RFC 8216 asks of a single one."""
    lines = text.split("\n")
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == "", "a playlist ends with a newline"
    assert "" not in lines[:-1]
    first, discontinuity, target = (_number(text, f"#EXT-X-{name}") for name in _HEAD)
    reading = Reading(first=first)
    number, map_uri, at, seconds, seam = first, "", None, None, False
    for line in lines[:-1]:
        if line == "#EXT-X-DISCONTINUITY":
            assert not seam, "two discontinuities at one seam"
            assert reading.segments, "the first segment's own discontinuity belongs into the sequence number"
            discontinuity += 1
            seam = True
        elif found := re.fullmatch(r'#EXT-X-MAP:URI="([^"]+)"', line):
            assert seam or not reading.segments, "another initialisation segment without a discontinuity"
            map_uri = found[1]
        elif found := re.fullmatch(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", line):
            at = datetime.fromisoformat(found[1])
            assert at.utcoffset() is not None
        elif found := re.fullmatch(r"#EXTINF:([0-9.]+),", line):
            seconds = float(found[1])
            assert seconds > 0
            assert int(seconds + 0.5) <= target, "EXTINF, rounded, exceeds the target duration"
        elif not line.startswith("#"):
            assert map_uri, "no initialisation segment"
            assert seconds is not None, "no EXTINF"
            assert at is not None, "no PROGRAM-DATE-TIME"
            reading.segments[number] = Told(line, map_uri, discontinuity, seconds, at)
            reading.seams += seam
            number, at, seconds, seam = number + 1, None, None, False
    assert seconds is None, "EXTINF without a segment"
    assert not seam, "a discontinuity without a segment"
    return reading


_HEAD = ("MEDIA-SEQUENCE", "DISCONTINUITY-SEQUENCE", "TARGETDURATION")


def _number(text: str, tag: str) -> int:
    (value,) = re.findall(rf"^{tag}:(.*)$", text, re.M)
    return int(value)


@dataclass
class Viewer:
    """Remembers every version of one track's playlist."""

    told: dict[int, Told] = field(default_factory=dict)
    uris: dict[str, int] = field(default_factory=dict)
    versions: list[Reading] = field(default_factory=list)
    target: int | None = None
    last: str = ""

    def reads(self, text: str) -> Reading:
        if text == self.last:  # the same version contradicts nothing
            return self.versions[-1]
        self.last, reading = text, read(text)
        target = _number(text, "#EXT-X-TARGETDURATION")
        assert self.target in (None, target), "the target duration must not change"
        self.target = target
        for number, segment in reading.segments.items():
            assert self.told.setdefault(number, segment) == segment, f"segment {number} is not what it was"
            assert self.uris.setdefault(segment.uri, number) == number, f"{segment.uri} was another segment"
        before = self.versions[-1] if self.versions else reading
        assert reading.first >= before.first, "the media sequence went back"
        assert max(reading.segments, default=0) >= max(before.segments, default=0), "segments left at the end"
        numbers = [s.discontinuity for r in (before, reading) for _, s in sorted(r.segments.items())]
        known = len(before.segments)
        assert numbers[:known] == sorted(numbers[:known])
        assert numbers[known:] == sorted(numbers[known:])
        assert max(numbers[:known], default=0) <= max(numbers[known:], default=0), "the discontinuities went back"
        self.versions.append(reading)
        return reading

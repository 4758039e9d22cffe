"""FFmpeg's account of its input: the tracks that it found when it opened the source.

FFmpeg writes it into its log at the level ``info``, before it opens any output. It describes what the source sends,
also where the output can't carry it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks
from streamer.media.ffmpeg.logs import parse

_HEAD_BYTES = 256 << 10
_OLDER = ".1"

_INPUT = re.compile(r"Input #0, (?P<format>.*?), from ")
_PROGRAM = re.compile(r"  (?P<name>Program \d+|No Program)\b")
_STREAM = re.compile(
    r"  Stream #0:(?P<index>\d+)(?:\[0x[0-9a-f]+\])?(?:\((?P<language>\w+)\))?: (?P<kind>Video|Audio): (?P<rest>.*)"
)
_CODEC = re.compile(r"[\w.-]+")
_SIZE = re.compile(r", (?P<width>\d+)x(?P<height>\d+)\b")
_ASPECT = re.compile(r"\bSAR (?P<aspect>[1-9]\d*:[1-9]\d*)")
_INTERLACED = re.compile(r"\b(?:top|bottom) (?:first|coded first)")
_RATE = re.compile(r", (?P<rate>\d+) Hz")
_CHANNELS = re.compile(r"(?P<number>\d+) channels|(?P<front>\d+)\.(?P<low>\d+)(?:\.(?P<height>\d+))?|mono|stereo")
_STILL = re.compile(r"\(attached pic\)|\(still image\)")
_RAW = frozenset({"lavfi", "video4linux2,v4l2"})
_PACKED = frozenset({"flv", "live_flv", "matroska,webm", "mov,mp4,m4a,3gp,3g2,mj2", "dash"})
_SEGMENTED = frozenset({"hls", "dash"})
"""Formats in which each quality may have a sound of its own: the first is taken."""


def account(lines: Iterable[str]) -> SourceTracks | None:
    """The tracks of the first input that a log describes; None if it does not, or not to the end yet."""
    format, program = None, ""
    streams: dict[int, tuple[re.Match[str], str]] = {}
    for line in parse(lines):
        if format is None:
            opened = _INPUT.match(line.text)
            format = opened["format"] if opened else None
        elif match := _STREAM.match(line.text):
            streams.setdefault(int(match["index"]), (match, program))
        elif match := _PROGRAM.match(line.text):
            program = match["name"]
        elif not line.speaker and not line.text.startswith(" "):
            return _tracks(format, [streams[index] for index in sorted(streams)])
    return None


def account_of(log: Path) -> SourceTracks | None:
    """As :func:`account`, of a log file; the older half of a long log has it."""
    older = log.with_name(log.name + _OLDER)
    for file in (older, log):
        try:
            with file.open("rb") as opened:
                head = opened.read(_HEAD_BYTES)
        except OSError:
            continue
        whole = head[: head.rfind(b"\n") + 1].decode(errors="replace")
        if (found := account(whole.splitlines())) is not None:
            return found
    return None


def _tracks(format: str, streams: list[tuple[re.Match[str], str]]) -> SourceTracks:
    pictures = [(m, p) for m, p in streams if m["kind"] == "Video" and not _STILL.search(m["rest"])]
    programme = pictures[0][1] if pictures else None
    sounds = [
        _sound(match, elsewhere=programme is not None and program != programme)
        for match, program in streams
        if match["kind"] == "Audio"
    ]
    return SourceTracks(
        picture=_picture(pictures[0][0]["rest"]) if pictures else None,
        sounds=tuple(sounds[:1] if format in _SEGMENTED else sounds),
        is_raw=format in _RAW,
        is_packed=format in _PACKED,
    )


def _picture(rest: str) -> PictureTrack:
    size, aspect = _SIZE.search(rest), _ASPECT.search(rest)
    return PictureTrack(
        codec=_codec(rest),
        width=int(size["width"]) if size else 0,
        height=int(size["height"]) if size else 0,
        sample_aspect=aspect["aspect"] if aspect else "1:1",
        interlaced=_INTERLACED.search(rest) is not None,
    )


def _sound(match: re.Match[str], *, elsewhere: bool) -> SoundTrack:
    rest = match["rest"]
    rate = _RATE.search(rest)
    return SoundTrack(
        codec=_codec(rest),
        rate=int(rate["rate"]) if rate else 0,
        channels=_channels(rest[rate.end() :]) if rate else 0,
        language=match["language"] or "",
        elsewhere=elsewhere,
    )


def _codec(rest: str) -> str:
    found = _CODEC.match(rest)
    return found[0] if found else ""


def _channels(layout: str) -> int:
    """The number of channels of FFmpeg's name for a layout, such as ``stereo``, ``5.1(side)`` or ``3 channels``."""
    match = _CHANNELS.search(layout)
    if match is None:
        return 0
    if match["number"]:
        return int(match["number"])
    if match["front"]:
        return sum(int(part) for part in match.group("front", "low", "height") if part)
    return 1 if match[0] == "mono" else 2

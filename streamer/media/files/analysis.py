"""Analyses a finished recording: its loudness, and its silent, black or frozen stretches.

The last step, for the crew: one process with the lowest priority, which decodes all sound and as little of the picture
as possible. Changes nothing.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ffmpeg

from streamer.core.base.errors import MediaError
from streamer.core.recording.quality import Quality, Stretch
from streamer.media.capture import probe
from streamer.media.ffmpeg.oneshot import run_once

SILENT_FROM = 5.0
BLACK_FROM = 2.0
FROZEN_FROM = 5.0
"""Seconds that a stretch lasts at least."""

_SILENCE = "-50dB"
_STILL = "-60dB"  # mean difference between pictures
_WIDTH = 160
_ENOUGH_KEYFRAMES = 2.5  # seconds between them; if they are farther apart, all frames are decoded
_LOOKS = 2  # pictures a second that are analysed then
_NICE = 19
_START = 60.0

_SUMMARY = re.compile(
    r"Summary:.*?\bI:\s+(?P<loudness>\S+) LUFS.*?\bLRA:\s+(?P<range>\S+) LU.*?\bPeak:\s+(?P<peak>\S+) dBFS", re.DOTALL
)
_EVENT = re.compile(r"^lavfi\.(?:freezedetect\.)?(?P<kind>silence|black|freeze)_(?P<edge>start|end)=(?P<time>[\d.]+)$")


async def analyse(program: str, file: Path) -> Quality:
    """Raises MediaError where the file can't be read or decoded; takes at most the duration of the file. A
    cancelled analysis leaves nothing behind."""
    found = await probe.recording(file)
    if not found["video_frames"]:
        raise MediaError("it has no picture", where=file.name)
    sparse = found["gop"] is not None and found["gop"] <= _ENOUGH_KEYFRAMES
    precision = float(found["gop"]) if sparse else 1 / _LOOKS
    with tempfile.TemporaryDirectory(prefix="streamer-analysis-") as folder:
        argv = _command(program, file, has_audio=found["has_audio"], sparse=sparse)
        done = await run_once(argv, timeout=_START + found["duration"], cwd=Path(folder), nice=_NICE)
        if done.status != 0:
            raise MediaError(f"can't be analysed: {_last_line(done.errors)}", where=file.name)
        events = [event for name in ("picture", "sound") for event in _events(Path(folder, name))]
    return Quality(
        **_loudness(done.errors if found["has_audio"] else ""),
        silent=_stretches(events, "silence", SILENT_FROM, found["duration"]),
        black=_stretches(events, "black", max(BLACK_FROM, 2 * precision), found["duration"]),
        frozen=_stretches(events, "freeze", FROZEN_FROM, found["duration"]),
        precision=precision,
    )


def _command(program: str, file: Path, *, has_audio: bool, sparse: bool) -> tuple[str, ...]:
    options = {"skip_frame": "nokey"} if sparse else {}
    opened = ffmpeg.input(str(file.absolute()), threads=1, skip_loop_filter="all", **options)
    picture = opened["v:0"] if sparse else opened["v:0"].filter("fps", fps=_LOOKS)
    picture = (
        picture.filter("scale", w=_WIDTH, h=-2, flags="fast_bilinear")
        .filter("blackdetect", d=BLACK_FROM)
        .filter("freezedetect", n=_STILL, d=FROZEN_FROM)
        .filter("metadata", mode="print", file="picture")
    )
    sound = (
        opened["a:0"]
        .filter("ebur128", peak="true", framelog="quiet")
        .filter("silencedetect", n=_SILENCE, d=SILENT_FROM)
        .filter("ametadata", mode="print", file="sound")
    )
    output = ffmpeg.output(*([picture, sound] if has_audio else [picture]), "-", format="null")
    command = [program, "-hide_banner", "-nostdin", "-nostats", "-loglevel", "info", "-filter_complex_threads", "1"]
    return tuple(ffmpeg.compile(output, cmd=command))


def _events(file: Path) -> Iterator[tuple[str, str, float]]:
    """The filters' output about frames: kind, edge, and time in seconds."""
    if file.exists():
        for line in file.read_text(errors="replace").splitlines():
            match = _EVENT.match(line)
            if match:
                yield match["kind"], match["edge"], float(match["time"])


def _stretches(
    events: list[tuple[str, str, float]], kind: str, shortest: float, duration: float
) -> tuple[Stretch, ...]:
    """Each from its start to its end, or to that of the file."""
    found, begin = [], None
    for event, edge, time in [*events, (kind, "end", duration)]:
        if event != kind:
            continue
        if edge == "start":
            begin = time
        elif begin is not None:
            if time - begin >= shortest - 0.001:
                found.append(Stretch(start=begin, duration=time - begin))
            begin = None
    return tuple(found)


def _loudness(log: str) -> Mapping[str, Any]:
    """Read from the filter's summary; None each if there is no summary."""
    match = _SUMMARY.search(log)
    if match is None:
        return {"loudness": None, "loudness_range": None, "true_peak": None}
    return {
        "loudness": _level(match["loudness"]),
        "loudness_range": _level(match["range"]),
        "true_peak": _level(match["peak"]),
    }


def _level(text: str) -> float | None:
    """None for an infinite value or text that is not a number."""
    try:
        level = float(text)
    except ValueError:
        return None
    return level if abs(level) < 1000 else None


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "no reason was given")

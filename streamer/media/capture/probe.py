"""Probes a file or a source in a child process, and returns values.

:mod:`streamer.media.capture.inspector` does the reading; this module has the deadlines and the error messages.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

from streamer.core.base.errors import MediaError, SourceError
from streamer.core.jobs.coding import COPIED, Coding, coding_of, serves
from streamer.core.jobs.processes import ExitCause
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import SourceTracks
from streamer.core.jobs.specs import LONGEST_ANALYSIS, JobKind
from streamer.media.capture.command import taken
from streamer.media.capture.sources import READ_TIMEOUT, Options, describe, is_listening, open_source
from streamer.media.ffmpeg.explain import explain
from streamer.media.ffmpeg.input_account import account
from streamer.media.ffmpeg.logs import is_information, parse
from streamer.media.ffmpeg.oneshot import Finished, TookTooLong, run_once
from streamer.media.processes.log_watch import refusal

SEGMENT_TIMEOUT = 10.0
RECORDING_TIMEOUT = 600.0
_MARGIN = 5.0


Ask = Callable[[str, Path, float], Awaitable[dict[str, Any]]]
"""Answers one of the inspector's questions about a file within some seconds. Raises MediaError."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyframes:
    """(time in s, byte offset) of each keyframe, in order; ``header`` bytes of tables come before everything, and
    picture or sound from ``start`` on."""

    places: tuple[tuple[float, int], ...]
    header: int
    start: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Codecs:
    """The codecs of a file's picture and sounds as FFmpeg calls them, its format of pixels, and its length in s."""

    video: str
    pixels: str
    sounds: tuple[str, ...]
    duration: float


async def ask_inspector(question: str, file: Path, timeout: float) -> dict[str, Any]:
    """Ask a question about a file in a child process. Raises MediaError."""
    argv = (sys.executable, "-m", "streamer.media.capture.inspector", question, str(file))
    done = await run_once(argv, timeout=timeout)
    if done.status != 0:
        raise MediaError(f"can't be read: {_last_line(done.errors) or f'status {done.status}'}", where=file.name)
    try:
        answer = json.loads(done.output)
    except ValueError as error:
        raise MediaError("can't be read: the probe gave no answer", where=file.name) from error
    assert isinstance(answer, dict)
    return answer


async def source_facts(file: Path, timeout: float = SEGMENT_TIMEOUT, ask: Ask = ask_inspector) -> SourceFacts:
    """What a file holds. Raises MediaError."""
    return _facts(await ask("facts", file, timeout))


async def keyframes(file: Path, ask: Ask = ask_inspector) -> Keyframes:
    """The keyframes of a transport stream, where decoding can start. Raises MediaError."""
    answer = await ask("keyframes", file, SEGMENT_TIMEOUT)
    places = tuple((time, place) for time, place in answer["keyframes"])
    return Keyframes(places=places, header=answer["header"], start=answer["start"])


async def digests(file: Path) -> Sequence[tuple[float, str, str]]:
    """Time (s) of each keyframe, digest of its bytes and of the sound behind it, in order. Raises MediaError."""
    answer = await ask_inspector("digests", file, SEGMENT_TIMEOUT)
    return [(time, picture, sound) for time, picture, sound in answer["digests"]]


async def span(file: Path, ask: Ask = ask_inspector) -> tuple[float, float]:
    """The start and end of a file's picture on the file's clock, in seconds. Raises MediaError."""
    answer = await ask("span", file, SEGMENT_TIMEOUT)
    return answer["start"], answer["end"]


async def recording(file: Path) -> Mapping[str, Any]:
    """A file read from end to end: duration, video_frames, has_audio, av_offset (times in s). Raises MediaError."""
    return await ask_inspector("recording", file, RECORDING_TIMEOUT)


async def codecs(file: Path) -> Codecs:
    """The tracks of a file as its head describes them. Raises MediaError."""
    answer = await ask_inspector("codecs", file, SEGMENT_TIMEOUT)
    return Codecs(**{**answer, "sounds": tuple(answer["sounds"])})


async def length(file: Path) -> float:
    """The length that a file states, in seconds. Raises MediaError."""
    return float((await ask_inspector("length", file, SEGMENT_TIMEOUT))["length"])


def _facts(answer: Mapping[str, Any]) -> SourceFacts:
    return SourceFacts(**{**answer, "rate": Fraction(answer["rate"])})


async def probe_source(
    ffmpeg: str,
    source: str,
    options: Options = (),
    listen: bool = False,
    seconds: float = 5.0,
    patience: float = READ_TIMEOUT + _MARGIN,
    longest: float = LONGEST_ANALYSIS,
) -> SourceFacts:
    """Receive ``seconds`` of a source as a capture would, ``longest`` if no keyframe comes, and return their facts. A
    source that delivers nothing fails ``patience`` seconds after that.

    Raises SourceError that says what to do, MediaError if FFmpeg itself can't be started.
    """
    try:
        return await _probe(ffmpeg, source, options, listen, seconds, patience)
    except _NoKeyframe:
        if is_listening(source, listen) or seconds >= longest:  # the publisher may not come again
            raise
    return await _probe(ffmpeg, source, options, listen, longest, patience)


class _NoKeyframe(SourceError):
    """A source has a picture, and no keyframe of it came."""


async def _probe(
    ffmpeg: str, source: str, options: Options, listen: bool, seconds: float, patience: float
) -> SourceFacts:
    opened = open_source(source, listen=listen, options=options, analyze_seconds=seconds)
    with tempfile.TemporaryDirectory(prefix="streamer-probe-") as folder:
        received = Path(folder, "received.ts")

        def argv(coding: Coding) -> Sequence[str]:
            quiet = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", "level+info", "-y")
            tracks = taken(source, opened, coding, usable_only=True)
            written = ("-t", f"{seconds:g}", "-f", "mpegts", "-flush_packets", "1", str(received))
            return (ffmpeg, *quiet, *opened.arguments, *tracks, *written)

        waits = is_listening(source, listen)  # then a second try would wait for the publisher to come again
        error, tracks = await _received(argv(COPIED), received, source, listen, seconds + patience)
        if tracks is not None and not waits and not serves(COPIED, tracks):
            error, _ = await _received(argv(coding_of(tracks)), received, source, listen, seconds + patience)
        if error is not None:
            raise error
        try:
            return replace(await source_facts(received), tracks=tracks)
        except MediaError as unreadable:
            if tracks is not None and tracks.picture is not None:
                raise _no_keyframe(source, listen, seconds) from unreadable
            raise SourceError(
                f"its data {unreadable.message}", where=describe(source, listen), hint="send H.264 and AAC"
            ) from unreadable


def _no_keyframe(source: str, listen: bool, seconds: float) -> SourceError:
    return _NoKeyframe(
        f"no keyframe of its picture came in {seconds:g} s, and a capture begins with one",
        where=describe(source, listen),
        hint="set the encoder's keyframe interval to 2 s",
    )


async def _received(
    argv: Sequence[str], received: Path, source: str, listen: bool, timeout: float
) -> tuple[SourceError | None, SourceTracks | None]:
    """Run FFmpeg for a while; the error if no data arrived, and what FFmpeg says of the source's tracks."""
    log = received.with_suffix(".log")
    try:
        done = await run_once(argv, timeout=timeout, log=log)
    except TookTooLong:
        return (None if _size(received) else _silent(source, listen, refusal(log.read_bytes()))), None
    tracks = account(done.errors.splitlines())
    return (None if _size(received) else _failure(source, listen, argv, done)), tracks


def _size(file: Path) -> int:
    return file.stat().st_size if file.exists() else 0


class NoPublisher(SourceError):
    """A port that waits for a publisher is free, and none came."""


def _silent(source: str, listen: bool, refused: str = "") -> SourceError:
    if refused:
        message = f"a publisher was refused: {refused}"
        return SourceError(message, where=describe(source, listen), hint="correct the encoder or the room's source")
    if is_listening(source, listen):
        return NoPublisher(
            "the port is free, and no encoder sends to it yet",
            where=describe(source, listen),
            hint="start the encoder that sends here, and check again",
        )
    return SourceError(
        "no data arrives", where=describe(source, listen), hint="check the sender, its address and the firewall"
    )


def _failure(source: str, listen: bool, argv: Sequence[str], done: Finished) -> SourceError:
    """Why FFmpeg received nothing, from its last log lines."""
    complaints = [line for line in done.errors.splitlines() if not is_information(line)]
    if not complaints:
        return _silent(source, listen)
    verdict = explain(parse(complaints), done.status, kind=JobKind.CAPTURE, argv=argv)
    kind = _NoKeyframe if verdict.cause is ExitCause.UNDECODED else SourceError
    return kind(verdict.sentence)


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "")

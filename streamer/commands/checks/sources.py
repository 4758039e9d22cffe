"""The rooms' sources: configured, valid, claimed by one room only, and received for a few seconds each."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass

from streamer.commands.checks.finding import Finding, of_error, warning, wrong
from streamer.commands.checks.service import ServiceFound
from streamer.config import Config, Room
from streamer.core.base.errors import SourceError, StreamerError
from streamer.core.jobs.coding import COPIED, coding_of, remarks, unplayed
from streamer.core.jobs.lifecycle import JobState
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.specs import SEGMENT_SECONDS
from streamer.media.capture.probe import NoPublisher, probe_source
from streamer.media.capture.sources import describe, is_exclusive, is_listening, is_multicast, is_raw, validate
from streamer.media.ffmpeg.program import FFmpeg

_NAME = "source"
_AT_ONCE = 4
_LONGEST_GOP = SEGMENT_SECONDS + 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class Probed:
    """The findings about a room, and what its source delivers, if it was received."""

    room: str
    findings: list[Finding]
    facts: SourceFacts | None = None


async def examine(
    config: Config, ffmpeg: FFmpeg | None, services_found: Sequence[ServiceFound], seconds: float, patience: float
) -> AsyncIterator[Probed]:
    """Each room, in the order of the configuration. Without ``ffmpeg`` nothing is received.

    A publisher may take ``patience`` seconds to connect, before ``seconds`` of its source are received.
    """
    claims = _claims(config)
    captures = {room: job for one in services_found for room, job in one.captures.items()} if services_found else None
    turns = asyncio.Semaphore(_AT_ONCE)
    tasks = [
        asyncio.create_task(
            _room(room, claims, captures, ffmpeg, turns, seconds, patience, playable=config.recording.playable),
            name=f"source of {room.id}",
        )
        for room in config.rooms
    ]
    try:
        for task in tasks:
            yield await task
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _claims(config: Config) -> dict[str, list[str]]:
    """The rooms that claim each exclusive resource, such as a port or a device."""
    claims: dict[str, list[str]] = defaultdict(list)
    for room in config.rooms:
        if room.source is not None and (thing := _exclusive(room)) is not None:
            claims[thing].append(room.id)
    return claims


def _exclusive(room: Room) -> str | None:
    try:
        return is_exclusive(room.source or "", room.listen)
    except SourceError:
        return None


async def _room(
    room: Room,
    claims: Mapping[str, list[str]],
    captures: Mapping[str, Mapping[str, object]] | None,
    ffmpeg: FFmpeg | None,
    turns: asyncio.Semaphore,
    seconds: float,
    patience: float,
    *,
    playable: bool,
) -> Probed:
    if room.source is None:
        hint = 'give it one: source = "test:" shows a test picture, config.toml lists the other kinds'
        return _only(room, wrong(_NAME, "it has no source, so it is not captured", hint, room.id))
    try:
        validate(room.source, room.listen, room.input_options, room.redundancy)
    except SourceError as error:
        return _only(room, of_error(_NAME, error, room.id))
    thing = _exclusive(room)
    others = [other for other in claims.get(thing or "", ()) if other != room.id]
    if others:
        message = f"{thing} is also the source of {', '.join(others)}"
        return _only(room, wrong(_NAME, message, "give each room a source of its own", room.id))
    if thing is not None and captures is not None:
        return _only(room, _left_alone(room, captures.get(room.id)))
    if ffmpeg is None:
        return _only(room, warning(_NAME, f"{_name(room)}: not tried, because FFmpeg is missing", room=room.id))
    async with turns:
        return await _receive(room, ffmpeg, seconds, patience, playable=playable)


def _only(room: Room, finding: Finding) -> Probed:
    return Probed(room=room.id, findings=[finding])


def _name(room: Room) -> str:
    return describe(room.source or "", room.listen)


def _left_alone(room: Room, job: Mapping[str, object] | None) -> Finding:
    """A running service uses the source, or may open it at any moment, so its own status is reported."""
    if job is None:
        message = f"{_name(room)}: not tried, because the running service may open it at any moment"
        return Finding(name=_NAME, message=message, room=room.id)
    if job["state"] == JobState.RUNNING:
        return Finding(name=_NAME, message=f"{_name(room)}: captured by the running service", room=room.id)
    if job["error"]:
        message = f"{_name(room)}: the running service can't capture it: {job['error']}"
        return wrong(_NAME, message, "see its page /crew", room.id)
    message = f"{_name(room)}: the running service is waiting for it"
    return warning(_NAME, message, "check that its encoder is sending", room.id)


async def _receive(room: Room, ffmpeg: FFmpeg, seconds: float, patience: float, *, playable: bool) -> Probed:
    source = room.source or ""
    waiting = {"patience": patience} if is_listening(source, room.listen) else {}
    try:
        facts, *others = await asyncio.gather(
            *(
                probe_source(ffmpeg.path, source, room.input_options, room.listen, seconds, **waiting)
                for _ in range(room.redundancy)
            ),
            return_exceptions=True,
        )
        if isinstance(facts, BaseException):
            raise facts
    except NoPublisher as error:
        return _only(room, warning(_NAME, f"{_name(room)}: {error.message}", error.hint, room.id))
    except StreamerError as error:
        return _only(room, of_error(_NAME, error, room.id))
    findings = [*_judged(room, facts, playable=playable), *(_second(room, facts, other) for other in others)]
    return Probed(room=room.id, findings=findings, facts=facts)


def _second(room: Room, facts: SourceFacts, found: SourceFacts | BaseException) -> Finding:
    """Whether a second capture can receive the source too, and the cost."""
    if isinstance(found, StreamerError):
        message = f"redundancy = {room.redundancy}, but a second reader receives nothing: {found.message}"
        return wrong(_NAME, message, "allow two readers at its sender, or leave redundancy out", room.id)
    if isinstance(found, BaseException):
        raise found
    traffic = ""
    if not is_multicast(room.source or "") and facts.bitrate:
        traffic = f"2 × {facts.bitrate / 1e6:.1f} Mbit/s from its sender, and "
    return Finding(name=_NAME, message=f"two captures read it: {traffic}twice the room on disk", room=room.id)


def _judged(room: Room, facts: SourceFacts, *, playable: bool) -> Iterable[Finding]:
    yield Finding(name=_NAME, message=f"{_name(room)}: {_words(room, facts)}", room=room.id)
    apart = max(facts.gop or 0.0, facts.keyless or 0.0)
    if apart > _LONGEST_GOP:
        least = "" if facts.gop == apart else "at least "
        what = f"its keyframes are {least}{apart:.1f} s apart: segments, cuts and the start of the stream are as coarse"
        yield warning(_NAME, what, "set the encoder's keyframe interval to 2 s or less", room.id)
    for remark in remarks(facts.tracks) if facts.tracks is not None else ():
        hint = "nothing must be done; an encoder that sends H.264 and AAC saves processor time here"
        yield warning(_NAME, remark, hint, room.id)
    if sentence := unplayed(facts.video, facts.audio, playable=playable):
        yield Finding(name=_NAME, message=sentence, room=room.id)
    if facts.audio is None and not (facts.tracks is not None and facts.tracks.sounds):
        yield warning(_NAME, "it has no sound", "check whether the encoder sends sound, and on which channel", room.id)
    elif facts.audio is None and facts.tracks is not None and coding_of(facts.tracks) == COPIED:
        message = "it announces sound, and none arrives"
        yield warning(_NAME, message, "check whether the encoder has sound, and on which channel", room.id)


def _words(room: Room, facts: SourceFacts) -> str:
    parts = [
        f"{_picture(facts)}, {float(facts.rate):g} frames/s",
        _sounds(facts),
        f"a keyframe every {facts.gop:.1f} s" if facts.gop else "only one keyframe seen",
        f"{facts.bitrate / 1e6:.1f} Mbit/s" if facts.bitrate else "",
        "encoded here" if is_raw(room.source or "") else "",
    ]
    return ", ".join(part for part in parts if part)


def _picture(facts: SourceFacts) -> str:
    """What the source sends: the facts are those of what a capture writes."""
    if facts.tracks is None or facts.tracks.is_raw:
        return f"{facts.video} {facts.width}×{facts.height}"
    sent = facts.tracks.picture
    if sent is None:
        return "no picture"
    return f"{sent.codec} {sent.shown_width}×{sent.height}{' interlaced' if sent.interlaced else ''}"


def _sounds(facts: SourceFacts) -> str:
    if facts.tracks is None or facts.tracks.is_raw:
        return facts.audio or "no sound"
    return " and ".join(sound.codec for sound in facts.tracks.sounds if not sound.elsewhere) or "no sound"

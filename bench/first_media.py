"""From a session's start to the first media of it that a viewer can fetch, and to the word that it is live.

The peer is what FFmpeg's own hls muxer makes of the same kind of picture with segments of the same length: the first
segment that lies wholly behind the same instants, as soon as its playlist names it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import aiohttp
import socketio

from bench.ffmpegs import QUIET, ffmpeg_path
from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import launched
from bench.running_service import LOOK_EVERY, RunningService, run_service, temporary_folder
from bench.slots import Slot, in_turn, sleep_until
from streamer.core.jobs.specs import SEGMENT_SECONDS
from streamer.media.capture.sources import open_source

RATE = 30
SOURCE = f"test:?size=640x360&rate={RATE}"
ROOMS = ("left", "right")
SESSIONS = 8
BEGIN = timedelta(seconds=14)
"""From the announcement to the first session: the encoders warm up, as they do before any session."""
APART = timedelta(seconds=4.3)
"""Between the starts of two sessions, in alternating rooms; no multiple of a segment, for they start as they like."""
LENGTH = timedelta(seconds=6)
SEGMENT = timedelta(seconds=SEGMENT_SECONDS)
_LATEST = timedelta(seconds=7)
_RULES = """
[capture]
lead = "1m"
linger = "5s"
[recording]
pre_roll = "1s"
post_roll = "1s"
[livestream]
renditions = ["360p"]
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sighting:
    """A segment that could be fetched: the instant its media begins, and when it was there."""

    begins: datetime
    there: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """``session.live`` as it reached a client; ``since`` is when it became true, on the playlists' clock."""

    since: datetime
    heard: datetime


async def first_media() -> list[Figure]:
    ffmpeg = await ffmpeg_path()
    async with (
        temporary_folder() as folder,
        _peer(ffmpeg, folder) as theirs,
        run_service(folder, dict.fromkeys(ROOMS, SOURCE), _RULES) as service,
        _listener(service) as told,
        _viewers(service) as seen,
    ):
        slots = in_turn(SESSIONS, datetime.now(UTC) + BEGIN, LENGTH, every=APART, rooms=ROOMS)
        await service.announce(slots, stream=True)
        await sleep_until(slots[-1].start + _LATEST)
    return _figures(slots, told, seen, placed(theirs))


def _figures(
    slots: Sequence[Slot], told: dict[str, Told], seen: dict[str, list[Sighting]], theirs: list[Sighting]
) -> list[Figure]:
    fetched, heard, muxed = [], [], []
    for slot in slots:
        if slot.id not in told:
            raise BenchError(f"{slot.id} was never announced as live; is the machine too busy?")
        news = told[slot.id]
        fetched.append((first_of(seen[slot.room], news.since) - slot.start).total_seconds())
        heard.append((news.heard - slot.start).total_seconds())
        muxed.append((first_behind(theirs, slot.start) - slot.start).total_seconds())
    peer = f"FFmpeg's hls muxer, {SEGMENT_SECONDS:g} s segments"
    mine = {
        f"start to first live segment fetched, {len(slots)} sessions": fetched,
        "start to session.live at a client": heard,
    }
    return [
        Figure(what=what, unit=Unit.SECONDS, ours=Sample.of(values), peer=peer, theirs=Sample.of(muxed))
        for what, values in mine.items()
    ]


def first_of(seen: Sequence[Sighting], since: datetime) -> datetime:
    """When the segment was there that begins where a session went live. Raises BenchError where none does."""
    for sighting in seen:
        if abs(sighting.begins - since) < timedelta(seconds=0.05):
            return sighting.there
    raise BenchError(f"no segment begins at {since:%H:%M:%S.%f}, where a session went live")


def first_behind(seen: Sequence[Sighting], instant: datetime) -> datetime:
    """When the first segment was there that lies behind an instant as a whole. Raises BenchError where none does."""
    for sighting in seen:
        if sighting.begins >= instant:
            return sighting.there
    raise BenchError("the peer made no segment; is the machine too busy?")


def placed(seen: Sequence[Sighting]) -> list[Sighting]:
    """Segments of the peer where they belong: it says when it was set up, which is not when its first picture was.

    None can be there before its end, and the quickest one came at its end: so our own channel places itself.
    """
    late = min((sighting.there - sighting.begins - SEGMENT for sighting in seen), default=timedelta())
    return [replace(sighting, begins=sighting.begins + late) for sighting in seen]


# -- our own -------------------------------------------------------------------------------------------


@asynccontextmanager
async def _listener(service: RunningService) -> AsyncIterator[dict[str, Told]]:
    """What a client is told, by session."""
    told: dict[str, Told] = {}
    client = socketio.AsyncClient(reconnection=False)

    def changed(change: dict[str, Any]) -> None:
        if change["kind"] == "session.live":
            since = datetime.fromisoformat(change["at"])
            told.setdefault(change["session"]["id"], Told(since=since, heard=datetime.now(UTC)))

    client.on("change", changed, namespace="/viewer")
    await client.connect(service.address, namespaces=["/viewer"], transports=["websocket"])
    try:
        yield told
    finally:
        await client.disconnect()


@asynccontextmanager
async def _viewers(service: RunningService) -> AsyncIterator[dict[str, list[Sighting]]]:
    """What a viewer of each room could fetch, in the order in which it came."""
    seen: dict[str, list[Sighting]] = {room: [] for room in ROOMS}
    async with aiohttp.ClientSession() as client:
        watching = [asyncio.create_task(_watch(client, service, room, found)) for room, found in seen.items()]
        try:
            yield seen
        finally:
            for task in watching:
                task.cancel()
            ended = await asyncio.gather(*watching, return_exceptions=True)
    for outcome in ended:
        if isinstance(outcome, Exception):
            raise BenchError(f"a viewer was turned away: {outcome}") from outcome


async def _watch(client: aiohttp.ClientSession, service: RunningService, room: str, found: list[Sighting]) -> None:
    index = f"{service.address}/live/{room}/index.m3u8"
    listed = [line for line in (await _text(client, index)).splitlines() if line and not line.startswith("#")]
    playlist, known = urljoin(index, listed[0]), set[str]()
    while True:
        for uri, begins in segments(await _text(client, playlist)):
            if uri not in known and await _fetched(client, urljoin(playlist, uri)):
                known.add(uri)
                found.append(Sighting(begins=begins, there=datetime.now(UTC)))
        await asyncio.sleep(LOOK_EVERY)


async def _fetched(client: aiohttp.ClientSession, url: str) -> bool:
    """Whether the segment is there; if not it is tried again, as a player does."""
    async with client.get(url) as response:
        if response.status == HTTPStatus.NOT_FOUND:
            return False
        response.raise_for_status()
        await response.read()
        return True


async def _text(client: aiohttp.ClientSession, url: str) -> str:
    async with client.get(url) as response:
        response.raise_for_status()
        return await response.text()


def segments(playlist: str) -> list[tuple[str, datetime]]:
    """The segments of a media playlist (RFC 8216), each with its EXT-X-PROGRAM-DATE-TIME."""
    found, begins = [], None
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-PROGRAM-DATE-TIME:"):
            begins = datetime.fromisoformat(line.partition(":")[2])
        elif line and not line.startswith("#") and begins is not None:
            found.append((line, begins))
    return found


# -- the peer ------------------------------------------------------------------------------------------


@asynccontextmanager
async def _peer(ffmpeg: str, folder: Path) -> AsyncIterator[list[Sighting]]:
    """FFmpeg's hls muxer at work, and what its playlist names, in the order in which it came."""
    place = folder / "peer"
    place.mkdir()
    playlist = place / "index.m3u8"
    frames = str(round(SEGMENT_SECONDS * RATE))
    gop = ("-g", frames, "-keyint_min", frames, "-sc_threshold", "0")
    encoded = ("-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", *gop, "-b:v", "800k", "-c:a", "aac")
    muxed = (
        "-f",
        "hls",
        "-hls_time",
        f"{SEGMENT_SECONDS:g}",
        "-hls_list_size",
        "10",
        "-hls_flags",
        "program_date_time",
    )
    argv = (ffmpeg, *QUIET, *open_source(SOURCE, room="peer").arguments, *encoded, *muxed, str(playlist))
    found: list[Sighting] = []
    async with launched(place / "log", *argv):
        watching = asyncio.create_task(_watch_file(playlist, found))
        try:
            yield found
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)


async def _watch_file(playlist: Path, found: list[Sighting]) -> None:
    known = set[str]()
    while True:
        for uri, begins in await asyncio.to_thread(_segments_in, playlist):
            if uri not in known:
                known.add(uri)
                found.append(Sighting(begins=begins, there=datetime.now(UTC)))
        await asyncio.sleep(LOOK_EVERY)


def _segments_in(playlist: Path) -> list[tuple[str, datetime]]:
    """None as long as the file is not there."""
    return segments(playlist.read_text()) if playlist.exists() else []

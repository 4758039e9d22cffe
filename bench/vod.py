"""From a session's end until its recording can be watched, and until it is there as a file.

The peers are FFmpegs on the same feed that record one session each and are stopped as it ends: one as HLS, whose
playlist ends then, one as an MP4 with its index in front. They know when the session ends and what belongs to it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.feed import multicast, sender
from bench.ffmpegs import QUIET, ffmpeg_path
from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import end, launch, launched
from bench.running_service import BRIEF, RunningService, run_service, temporary_folder, together, until
from bench.slots import Slot, in_turn, sleep_until

SESSIONS = 4
LENGTH = timedelta(seconds=15.3)
BEGIN = timedelta(seconds=8)
_WITHIN = 30.0
_ENDLIST = "#EXT-X-ENDLIST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """Seconds from a session's end: until a playlist and the last segment in it could be fetched, until the playlist
    was complete, and until the MP4 could be fetched."""

    watchable: float
    complete: float
    file: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """The same of the peers: until the playlist was complete, and until the MP4 was."""

    complete: float
    file: float


async def vod() -> list[Figure]:
    ffmpeg, feed = await ffmpeg_path(), multicast()
    async with (
        temporary_folder() as folder,
        launched(folder / "sender.log", *sender(ffmpeg, feed)),
        run_service(folder, {"hall": feed}, BRIEF) as service,
    ):
        slots = in_turn(SESSIONS, datetime.now(UTC) + BEGIN, LENGTH)
        await service.announce(slots, stream=False)
        habits = asyncio.ensure_future(together(*(_theirs(ffmpeg, feed, slot, folder / slot.id) for slot in slots)))
        try:
            ours = await together(*(_ours(service, slot) for slot in slots))
            theirs = await habits
        finally:
            habits.cancel()
            await asyncio.gather(habits, return_exceptions=True)
    return figures(ours, theirs)


def figures(ours: Sequence[Ready], theirs: Sequence[Habit]) -> list[Figure]:
    hls, mp4 = "FFmpeg's hls muxer, stopped at the end", "FFmpeg's mp4 muxer with +faststart, stopped at the end"
    complete, file = Sample.of(one.complete for one in theirs), Sample.of(one.file for one in theirs)
    rows = [
        (f"end to VOD that can be watched, {len(ours)} sessions", [one.watchable for one in ours], hls, complete),
        ("end to VOD that is complete", [one.complete for one in ours], hls, complete),
        ("end to MP4, checked and checksummed", [one.file for one in ours], mp4, file),
    ]
    return [
        Figure(what=what, unit=Unit.SECONDS, ours=Sample.of(values), peer=peer, theirs=sample)
        for what, values, peer, sample in rows
    ]


# -- our own -------------------------------------------------------------------------------------------


async def _ours(service: RunningService, slot: Slot) -> Ready:
    await sleep_until(slot.end)
    watchable = await _until(slot, "a playlist of its recording", lambda: _can_be_watched(service, slot.id))
    complete = await _until(slot, "its complete playlist", lambda: _is_complete(service, slot.id))
    file = await _until(slot, "its MP4", lambda: _has_file(service, slot.id))
    return Ready(watchable=watchable, complete=complete, file=file)


async def _until(slot: Slot, what: str, there: Callable[[], Awaitable[bool]]) -> float:
    """Seconds from the session's end."""
    await until(there, f"{slot.id}: {what}", _WITHIN)
    return (datetime.now(UTC) - slot.end).total_seconds()


async def _files(service: RunningService, session: str, kind: str) -> list[dict[str, Any]]:
    for document in (await service.ask("/api/v1/recordings"))["recordings"]:
        if document["session"] == session:
            return [file for file in document["files"] if file["kind"] == kind]
    return []


async def _playlist(service: RunningService, session: str) -> tuple[str, str]:
    """Its address and its text; empty where there is none yet."""
    for file in await _files(service, session, "vod"):
        return file["url"], (await service.fetch(file["url"])).decode()
    return "", ""


async def _can_be_watched(service: RunningService, session: str) -> bool:
    url, playlist = await _playlist(service, session)
    segments = [line for line in playlist.splitlines() if line and not line.startswith("#")]
    return bool(segments) and bool(await service.fetch(f"{url.rpartition('/')[0]}/{segments[-1]}"))


async def _is_complete(service: RunningService, session: str) -> bool:
    return _ENDLIST in (await _playlist(service, session))[1]


async def _has_file(service: RunningService, session: str) -> bool:
    return bool(await _files(service, session, "mp4"))


# -- the peers -----------------------------------------------------------------------------------------


async def _theirs(ffmpeg: str, feed: str, slot: Slot, folder: Path) -> Habit:
    """Two FFmpegs that run from a session's start to its end."""
    await sleep_until(slot.start)
    await asyncio.to_thread(folder.mkdir)
    playlist, file = folder / "index.m3u8", folder / "session.mp4"
    taken = (ffmpeg, *QUIET, "-analyzeduration", "2500000", "-i", feed, "-map", "0:v:0", "-map", "0:a:0", "-c", "copy")
    hls = ("-f", "hls", "-hls_time", "2", "-hls_playlist_type", "event", str(playlist))
    muxers = [
        await launch(folder / "hls.log", *taken, *hls),
        await launch(folder / "mp4.log", *taken, "-movflags", "+faststart", str(file)),
    ]
    try:
        await sleep_until(slot.end)
        for muxer in muxers:
            muxer.terminate()
        complete, written = await asyncio.gather(*(_ended(muxer, slot) for muxer in muxers))
    finally:
        await asyncio.gather(*map(end, muxers))
    if not playlist.exists() or _ENDLIST not in playlist.read_text() or not file.exists():
        raise BenchError(f"the peers of {slot.id} made nothing; is the machine too busy?")
    return Habit(complete=complete, file=written)


async def _ended(muxer: asyncio.subprocess.Process, slot: Slot) -> float:
    await muxer.wait()
    return (datetime.now(UTC) - slot.end).total_seconds()

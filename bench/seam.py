"""Frames lost between back-to-back sessions, counted by the code in the picture.

One sender, two listeners at the same time: the service, and the habit it has to beat, one FFmpeg a session, started
and stopped by the clock. The habit gets all it can: it starts to the millisecond, and never waits for the one before.
Over a hundred seams it shows as well what a session leaves in service and keeper.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.feed import counted, multicast, sender
from bench.ffmpegs import QUIET, ffmpeg_path
from bench.figures import Figure, Sample, Unit
from bench.footprint import growth, keepers, watched
from bench.processes import launched
from bench.recorded import recorded
from bench.running_service import BRIEF, RunningService, run_service, temporary_folder
from bench.slots import Slot, in_turn, sleep_until

FEW, MANY = 4, 101
BEGIN = timedelta(seconds=8)
"""From the announcement to the first session; the capture begins before it."""
_EXPORTED_WITHIN = 45.0


async def seam() -> list[Figure]:
    """A few, of 5.3 s: no multiple of the sender's GOP, so that each seam falls elsewhere in it."""
    return await _seams(FEW, timedelta(seconds=5.3), watch=False)


async def seams() -> list[Figure]:
    """A hundred seams, in seven minutes."""
    return await _seams(MANY, timedelta(seconds=4.1), watch=True)


async def _seams(sessions: int, length: timedelta, *, watch: bool) -> list[Figure]:
    ffmpeg, feed = await ffmpeg_path(), multicast()
    held: list[Figure] = []
    async with temporary_folder() as folder:
        async with (
            launched(folder / "sender.log", *sender(ffmpeg, feed)),
            run_service(folder, {"hall": feed}, BRIEF) as service,
        ):
            slots = in_turn(sessions, datetime.now(UTC) + BEGIN, length)
            await service.announce(slots, stream=False)
            habit = asyncio.create_task(_habit(ffmpeg, feed, slots, folder))
            try:
                if watch:
                    held = await _held(service, slots)
                theirs_files = await habit
            finally:
                habit.cancel()
                await asyncio.gather(habit, return_exceptions=True)
            found = await recorded(service, [slot.id for slot in slots], _EXPORTED_WITHIN)
        ours = await asyncio.to_thread(counted, [file for slot in slots for file in found[slot.id].files])
        theirs = await asyncio.to_thread(counted, theirs_files)
    peer = "one FFmpeg a session, by the clock"
    losses = {
        f"frames lost at {sessions - 1} back-to-back seams": (ours.seams, theirs.seams),
        f"frames lost inside the {sessions} files": (ours.inside, theirs.inside),
    }
    return [
        Figure(what=what, unit=Unit.FRAMES, ours=Sample.single(mine), peer=peer, theirs=Sample.single(other))
        for what, (mine, other) in losses.items()
    ] + held


async def _held(service: RunningService, slots: Sequence[Slot]) -> list[Figure]:
    """What service and keeper hold while these sessions run; returns after the last one's end."""
    await sleep_until(slots[0].start)
    async with watched(service, await keepers(service)) as seen:
        await sleep_until(slots[-1].end)
    return growth(seen, slots[0].start, slots[-1].end, len(slots))


async def _habit(ffmpeg: str, feed: str, slots: Sequence[Slot], folder: Path) -> list[Path]:
    """Each session's file, made as a clock makes it; returns after the last session's end."""
    files = [folder / f"habit-{slot.id}.mp4" for slot in slots]
    await asyncio.gather(*(_by_the_clock(ffmpeg, feed, *one) for one in zip(slots, files, strict=True)))
    return files


async def _by_the_clock(ffmpeg: str, feed: str, slot: Slot, file: Path) -> None:
    await sleep_until(slot.start)
    analysis = ("-analyzeduration", "2500000")
    argv = (ffmpeg, *QUIET, *analysis, "-i", feed, "-map", "0:v:0", "-map", "0:a:0", "-c", "copy", str(file))
    async with launched(file.with_suffix(".log"), *argv):
        await sleep_until(slot.end)

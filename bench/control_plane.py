"""What the control plane itself costs: service, keeper and guard, with 1, 8 and 30 rooms that are captured by copying.

The FFmpegs do the work that the conference wants done; they are the peer. What is beside them should be small, and
grow with the rooms no faster than they do.
"""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.ffmpegs import ffmpeg_path, make_clip
from bench.figures import BenchError, Figure, Sample, Unit
from bench.processes import keepers_of, usage
from bench.running_service import RunningService, run_service, temporary_folder, until
from bench.slots import Slot

JOBS = (1, 8, 30)
WINDOW = 12.0
"""Seconds that are measured, after as many as it takes until all jobs are well under way."""
_SETTLE = 2.0
_RULES = """
[capture]
lead = "1m"
linger = "1m"
"""


async def control_plane() -> list[Figure]:
    figures = []
    async with temporary_folder() as folder:
        clip = folder / "clip.mp4"
        await make_clip(await ffmpeg_path(), clip, 20)
        for jobs in JOBS:
            figures += await _with_jobs(clip, jobs)
    return figures


async def _with_jobs(clip: Path, jobs: int) -> list[Figure]:
    rooms = {f"room-{n + 1}": str(clip) for n in range(jobs)}
    now = datetime.now(UTC)  # the sessions have begun
    slots = [
        Slot(id=f"in-{room}", room=room, start=now - timedelta(minutes=1), end=now + timedelta(minutes=10))
        for room in rooms
    ]
    async with temporary_folder() as folder, run_service(folder, rooms, _RULES) as service:
        await service.announce(slots, stream=False)
        await until(lambda: _under_way(service.data, jobs), f"the second segment of {jobs} captures", 60)
        await asyncio.sleep(_SETTLE)
        return await _measured(service, jobs)


def _under_way(data: Path, jobs: int) -> bool:
    lists = list(data.glob("takes/*/list.csv"))
    return len(lists) >= jobs and all(path.read_text().count("\n") >= 2 for path in lists)


async def _measured(service: RunningService, jobs: int) -> list[Figure]:
    media = await _captures(service, jobs)
    control = [service.pid, *keepers_of(media)]
    before, media_before, begun = usage(control), usage(media), time.monotonic()
    await asyncio.sleep(WINDOW)
    after, media_after, took = usage(control), usage(media), time.monotonic() - begun
    if await _captures(service, jobs) != media:
        raise BenchError("a capture was started again while it was measured; is the machine too busy?")
    with_jobs = f"{jobs} copy job{'s' if jobs > 1 else ''}"
    peer = "FFmpeg itself" if jobs == 1 else f"the {jobs} FFmpegs"
    return [
        Figure(
            what=f"processor, {with_jobs}",
            unit=Unit.CORES,
            ours=Sample.single((after.cpu - before.cpu) / took),
            peer=peer,
            theirs=Sample.single((media_after.cpu - media_before.cpu) / took),
        ),
        Figure(
            what=f"memory, {with_jobs}",
            unit=Unit.BYTES,
            ours=Sample.single(after.memory),
            peer=peer,
            theirs=Sample.single(media_after.memory),
        ),
    ]


async def _captures(service: RunningService, jobs: int) -> list[int]:
    """The processes of all captures. Raises BenchError where one of them does not run."""
    documents = (await service.ask("/control/snapshot"))["jobs"]
    running = sorted(job["pid"] for job in documents if job["kind"] == "capture" and job["state"] == "running")
    if len(running) != jobs:
        raise BenchError(f"{len(running)} of {jobs} captures run: {json.dumps(documents)[:600]}")
    return running

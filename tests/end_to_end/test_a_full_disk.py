"""Somebody fills the disk in the middle of a session, and makes room again: a small file system, a real service."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from audience import Audience, audience, live
from measuring import breaks
from running import SETTINGS, Conference, moment, running, seconds, signed_in
from watching import Listener

from streamer.core.disk import FULL_CAUSE, DiskSpace
from streamer.media.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SIZE = 48 << 20
SPACE = DiskSpace(total=SIZE, free=0)
RESERVE = 8_000_000
RATE = 25
ROOMS = f"""\
[storage]
reserve = "{RESERVE}"

[[rooms]]
id = "main"
source = "test:?size=320x180&rate={RATE}&code=1"
"""
FILLED, FREED, ENDS = 6.0, 17.0, 27.0


@contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own at ``folder``. Where this user may not mount one, the test is skipped and says so."""
    folder.mkdir(mode=0o700)
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SIZE},mode=700", "tmpfs", folder], capture_output=True, text=True
    )
    if mounted.returncode:
        pytest.skip(f"this user can't mount a small file system: {mounted.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


def fill(hog: Path) -> None:
    """Take all that is left."""
    with suppress(OSError), hog.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while True:
                    file.write(b"x" * size)


@pytest.fixture(scope="module")
def seen(ffmpeg: str, free_ports, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Audience]:  # type: ignore[no-untyped-def]
    folder = tmp_path_factory.mktemp("full")
    conference = Conference(folder=folder, port=free_ports(1)[0], rooms=ROOMS, settings=SETTINGS)
    with small_disk(conference.data):
        conference.write()
        yield asyncio.run(_happens(conference))


async def _happens(conference: Conference) -> Audience:
    hog = conference.data / "hog"
    async with running(conference) as service, audience(conference, service, "main", starts_in=3.0) as seen:
        conference.publish(seen.talk("a", "main", (0, ENDS)))
        await moment(seen.start + seconds(FILLED))
        print('kept before', len(list(conference.data.glob('takes/*/*.ts'))))
        fill(hog)
        if 1:
          organiser=seen.crew
          while __import__('time').time() < seen.at(FREED):
            await organiser.get("/healthz")
            v=os.statvfs(conference.data)
            print(round(__import__('time').time()-seen.at(0),2), v.f_bavail*v.f_frsize, [ (p.name[-20:]) for p in conference.data.glob('takes/*')])
            await asyncio.sleep(.5)
        hog.unlink()
        await seen.finish("a")
        await seen.leave()
        print(service.said[-6000:])
        subprocess.run("cat run/*export*/log run/*export*/pieces.txt; ls -l takes/*; cat takes/*/list.csv; rm -rf /tmp/disk-exp/takes; cp -r takes /tmp/disk-exp/; cp run/*export*/pieces.txt /tmp/disk-exp", shell=True, cwd=conference.data)
        await conference.command("stop")
        await service.ended()
        return seen


def test_x(seen: Audience) -> None:
    print(seen.recordings)
    for c in seen.desk.changes():
        if c["kind"] in ("alarm","job.state"): print({k:v for k,v in c.items() if k in ("alarm","job")})
    pics=live(list(seen.watchers["main"].pictures()))
    print([ (s.sequence, round(s.start-seen.at(0),2), round(s.duration,2), s.seam) for s in seen.watchers["main"].in_order("180p")])
    print(seen.watchers["main"].wrong, seen.watchers["main"].away)
    ts=[round(p.at-seen.at(0),1) for p in pics]
    print(ts[::10])
    print(breaks(read_codes(seen.file("a"))))
    assert 0

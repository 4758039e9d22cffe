"""Somebody fills the disk in the middle of a session, and makes room again: a small file system, a real service."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from support.media.measuring import breaks
from support.service.audience import Audience, audience, live
from support.service.running import Conference, Document, instant, moment, now, running, seconds
from support.service.watching import Listener

from streamer.core.base.layout import BALLAST, DATABASE
from streamer.core.recording.gaps import FULL_CAUSE
from streamer.media.capture.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SIZE = 48 << 20
"""Of which the service holds 3 MB back, and takes less than 0.75 MB for nothing."""
RATE = 25
ROOMS = f"""\
[storage]
reserve = "8MB"

[[rooms]]
id = "main"
source = "test:?size=320x180&rate={RATE}&code=1"
"""
FILLED, DRAINED, FREED, ENDS = 5.0, 18.0, 21.0, 28.0
"""Seconds after the session's start: first the disk is full, then what was held back is gone as well."""


@dataclass(slots=True, kw_only=True)
class Day:
    audience: Audience
    ballast: list[bool] = field(default_factory=list)
    """Whether it was held: before, while the disk is full, and after."""
    lives: bool = False


@contextlib.contextmanager
def small_disk(folder: Path) -> Iterator[None]:
    """A file system of its own. Where this user may not mount one, the test is skipped and says so."""
    folder.mkdir(mode=0o700, parents=True)
    options = f"size={SIZE},mode=700"
    mount = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], capture_output=True, text=True)
    if mount.returncode:
        pytest.skip(f"this user can't mount a small file system: {mount.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def fill(hog: Path) -> None:
    """Take all that is left, to the last block."""
    with hog.open("ab", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"x" * size)


@pytest.fixture(scope="module")
def day(ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Day]:
    conference = Conference(folder=tmp_path_factory.mktemp("full"), port=free_ports(1)[0], rooms=ROOMS)
    with small_disk(conference.data):
        conference.write()
        yield asyncio.run(_happens(conference))


async def _happens(conference: Conference) -> Day:
    hog, ballast = conference.data / "hog", conference.data / BALLAST
    async with running(conference) as service, audience(conference, service, "main", starts_in=3.0) as seen:
        day = Day(audience=seen)
        conference.publish(seen.talk("a", "main", (0, ENDS)))
        await moment(seen.start + seconds(FILLED))
        day.ballast.append(ballast.exists())
        fill(hog)
        await Listener(seen.desk).hears("change", lambda c: _alarm(c).get("id") == "disk full")
        day.ballast.append(ballast.exists())
        await moment(seen.start + seconds(DRAINED))
        while now() < seen.start + seconds(FREED):
            fill(hog)
            await seen.crew.get("/healthz")
            await asyncio.sleep(0.1)
        hog.unlink()
        await seen.finish("a")
        day.ballast.append(ballast.exists())
        day.lives = service.lives
        await seen.leave()
        await conference.command("stop")
        await service.ended()
        return day


def _alarm(change: Document) -> Document:
    return dict(change.get("alarm", {}))


def test_the_service_lives_and_the_crew_is_told_from_beginning_to_end(day: Day) -> None:
    assert day.lives
    desk = day.audience.desk
    told = [alarm for c in desk.changes() if (alarm := _alarm(c)).get("id") == "disk full"]
    assert [alarm.get("cleared", False) for alarm in told] == [False, True]
    assert "nothing is being recorded" in told[0]["message"]
    assert desk.gaps() == [], "also what could not be written down at once is told"


def test_viewers_keep_the_live_picture_while_there_is_anything_left(day: Day) -> None:
    watcher = day.audience.watchers["main"]
    times = [picture.at - day.audience.at(0) for picture in live(list(watcher.pictures()))]
    assert [t for t in times if FILLED + 4 < t < DRAINED], "from what was held back"
    assert [t for t in times if t > FREED]
    assert watcher.wrong == []


def test_what_was_held_back_is_given_up_and_taken_back(day: Day) -> None:
    assert day.ballast == [True, False, True]


def test_the_database_is_never_ahead_of_the_files(day: Day) -> None:
    data = day.audience.conference.data
    with contextlib.closing(sqlite3.connect(data / DATABASE)) as store:
        known = store.execute("select path, bytes from segments").fetchall()
    assert len(known) > 4, "there is something that could be wrong"
    assert [path for path, size in known if (data / path).stat().st_size != size] == []
    assert {str(f.relative_to(data)) for f in data.glob("takes/*/*.ts")} == {path for path, _ in known}


def test_all_that_was_captured_is_recorded_and_what_is_missing_says_why(day: Day) -> None:
    recording = day.audience.recordings["a"]
    assert recording["state"] == "partial"
    missing = [gap for gap in recording["gaps"] if gap["start"] != recording["start"]]
    assert [gap["cause"] for gap in missing] == [FULL_CAUSE]
    begins = instant(missing[0]["start"]) - day.audience.at(0)
    assert begins > FILLED - 0.5, "nothing that was kept is given up"
    assert begins + missing[0]["duration"] < FREED + 5, "it goes on by itself"
    codes = read_codes(day.audience.file("a"))
    torn = [code for code in codes if code < 0]
    assert len(torn) <= 2, "only what was being written"
    seams = [(one, other) for one, other in breaks(codes) if -1 not in (one, other)]
    assert {other for _, other in seams} <= {0}, "one take before, one after"
    assert 0 in codes[1:]
    assert len(codes) / RATE == pytest.approx(recording["coverage"] * recording["duration"], abs=1.5)

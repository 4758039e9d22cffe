"""A hundred back-to-back sessions on fake time: a recording each, padding shared by reference, nothing that grows."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from support.checks.growth import grown, held
from support.day.conference_day import at, conference_day, policy_for, session, timetable

from streamer.core.base.ids import SessionId
from streamer.core.footage.wall_clock import Timed
from streamer.core.recording.documents import RecordingDocument

SESSIONS = 100
LENGTH = timedelta(seconds=20)
BEGIN = at("09:00")
PRE_ROLL, POST_ROLL = timedelta(seconds=10), timedelta(seconds=20)
POLICY = policy_for("main", pre_roll=PRE_ROLL, post_roll=POST_ROLL)
IDS = [SessionId(f"s{number:03}") for number in range(SESSIONS)]
LEAVES = (
    "_reconciler.archive.footage._keeps._changes",
    "_reconciler.archive.footage._keeps._of_session",
    "_reconciler.archive.footage._keeps._sessions",
    "_reconciler.archive.footage._sorted",
    "_reconciler.archive.footage._timed",
    "_reconciler.announcer._known[]",
    "_reconciler.announcer.recent[]",
    "_reconciler.channels.rooms[].first_chunks",
    "_reconciler.recordings.all",
    "_reconciler.recordings._judged",
    "_reconciler.recordings._playable",
    "_reconciler.overview._observations._first_kept",
)
"""What a session leaves: its segments and who keeps them, its recording, when it was seen; and the newest news."""

BOUNDED = ("_reconciler.announcer.recent[]", "_reconciler.feed_review._log._versions")
"""What remembers no more than so many."""


def begins(number: int) -> datetime:
    return BEGIN + number * LENGTH


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What a hundred sessions left. ``growth``: what held more after 80 of them than after 40."""

    recordings: dict[str, RecordingDocument]
    exported: dict[str, list[str]]
    kept: dict[str, list[Timed]]
    files: list[str]
    captures: int
    growth: dict[str, int]


@pytest.fixture(scope="module")
def outcome() -> Outcome:
    return asyncio.run(a_hundred_sessions())


async def a_hundred_sessions() -> Outcome:
    sessions = [session(id, "main", begins(n), LENGTH / timedelta(minutes=1)) for n, id in enumerate(IDS)]
    async with conference_day(timetable(*sessions), POLICY, BEGIN - timedelta(minutes=5)) as day:
        await day.go(begins(40))
        before = held(day.service)
        await day.go(begins(80))
        growth = grown(before, held(day.service), leaves=LEAVES)
        await day.go(begins(SESSIONS) + timedelta(seconds=40))
        return Outcome(
            recordings={r["session"]: r for r in day.service.library.documents()},
            exported={
                target.split("/")[1]: [piece.path for piece in pieces] for target, pieces in day.world.exported.items()
            },
            kept={id: day.engine.archive.footage.kept(id) for id in IDS},
            files=[s.path for s in day.store.segments.values()],
            captures=len(day.starts("capture:main")),
            growth=growth,
        )


def test_each_session_has_a_recording_of_its_own(outcome: Outcome) -> None:
    assert list(outcome.recordings) == IDS
    assert {(r["state"], r["coverage"]) for r in outcome.recordings.values()} == {("ready", 1.0)}
    assert outcome.captures == 1
    names = [f["name"] for r in outcome.recordings.values() for f in r["files"] if f["kind"] == "mp4"]
    assert len(set(names)) == SESSIONS


def test_none_is_merged_and_no_segment_is_missing_at_a_seam(outcome: Outcome) -> None:
    numbers = [[int(path[-9:-3]) for path in outcome.exported[id]] for id in IDS]
    for before, after in pairwise(numbers):
        assert after[0] - before[-1] in (0, 1), "the segment at the seam is in both, or the next one goes on"
    assert all(one == list(range(one[0], one[0] + len(one))) for one in numbers)
    assert max(len(one) for one in numbers) <= LENGTH.total_seconds() / 2 + 1


def test_each_has_its_padding_and_no_byte_of_it_is_copied(outcome: Outcome) -> None:
    for number, id in enumerate(IDS):
        kept = outcome.kept[id]
        assert kept[0].start <= (begins(number) - PRE_ROLL).timestamp()
        assert kept[-1].end >= (begins(number) + LENGTH + POST_ROLL).timestamp()
        assert all(abs(b.start - a.end) < 0.001 for a, b in pairwise(kept))
    keeps = [one.segment.path for id in IDS for one in outcome.kept[id]]
    assert len(outcome.files) == len(set(outcome.files))
    assert set(keeps) <= set(outcome.files)
    assert len(keeps) > 2 * len(set(keeps)), "padding as long as the sessions: most segments are kept for several"


def test_nothing_else_grows_with_the_number_of_sessions(outcome: Outcome) -> None:
    assert outcome.growth == {}


async def test_sessions_that_left_the_timetable_are_forgotten() -> None:
    """A feed that gives its sessions new ids with each version, all day long."""
    far = session("far", "main", at("12:00"))
    async with conference_day(timetable(far), POLICY, at("09:00")) as day:
        sizes = []
        for version in range(6):
            await day.go(day.clock.now() + timedelta(seconds=60))
            day.publish(timetable(*(replace(far, id=SessionId(f"v{version}-{n}")) for n in range(5))))
            await day.turn()
            sizes.append(held(day.service))
        assert grown(sizes[2], sizes[-1], leaves=BOUNDED) == {}


async def test_takes_that_have_evaporated_are_forgotten() -> None:
    """A cable that is kicked again and again while nobody is recorded."""
    long = session("long", "main", at("09:00"), 600, record=False)
    async with conference_day(timetable(long), POLICY, at("08:55")) as day:
        sizes = []
        for _ in range(4):
            for _ in range(3):
                await day.go(day.clock.now() + timedelta(seconds=40))
                day.world.kill("capture:main")
            await day.go(day.clock.now() + timedelta(minutes=8))
            sizes.append(held(day.service))
        assert grown(sizes[1], sizes[-1], leaves=BOUNDED) == {}

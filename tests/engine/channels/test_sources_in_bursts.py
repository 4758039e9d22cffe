"""Sources that deliver in bursts or by a slow clock: viewers see all of them, a little later, and no slate between."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.day.conference_day import NOON, FakeFolders, FakePainter, MemoryLedgers, policy_for, session, timetable
from support.day.days import LAW
from support.day.fake_world import FACTS, FakeClock, FakeProcess, World

from streamer.core.base.ids import JobId, RoomId, RunId
from streamer.core.channel.channel import Entry, SpanKind
from streamer.core.channel.chunks import SlateText
from streamer.core.channel.lateness import MARGIN, MOST, Lateness
from streamer.core.jobs.renditions import live_format
from streamer.core.jobs.specs import SEGMENT_SECONDS, JobKind, JobSpec, LivestreamSettings
from streamer.core.plan.plan import plan
from streamer.core.timetable.sessions import Timetable
from streamer.engine.channels.room_channel import RoomChannel

ROOM, RUN = RoomId("main"), RunId("run")
POLICY = policy_for(ROOM)
FORMAT = live_format(FACTS, POLICY.renditions)
TEXT = SlateText(conference="Test conference", room="Main", headline="Soon")
STARTS, ENDS = 60.0, 120.0


def table(starts: float = STARTS, **more: bool) -> Timetable:
    after = session("b", ROOM, NOON + timedelta(seconds=ENDS), 0.5, **more)
    return timetable(session("a", ROOM, NOON + timedelta(seconds=starts), (ENDS - starts) / 60), after)


class Channel:
    """A room's channel over a livestream with the given manner, stepped twice a second."""

    def __init__(
        self, sessions: Timetable, begins: float = 2.0, burst: float = 0.0, pace: float = 1.0, *, known: bool = False
    ) -> None:
        self.clock, self.sessions = FakeClock(NOON), sessions
        world = World(self.clock)
        settings = LivestreamSettings(tap=1, format=FORMAT, has_audio=True)
        spec = JobSpec(id=JobId("livestream:main"), kind=JobKind.LIVESTREAM, room=ROOM, settings=settings)
        started = NOON.timestamp() + begins
        self.process = FakeProcess(spec=spec, run=RUN, started=started, world=world, burst=burst, pace=pace)
        world.processes[RUN] = self.process
        folders = FakeFolders(world)
        self.channel = RoomChannel(ROOM, POLICY.renditions, folders, MemoryLedgers(folders, {}), bursts=known)
        self.published: list[Entry] = []
        self.faults: list[float] = []

    async def go(self, until: float) -> list[Entry]:
        """All that is published until then."""
        self.channel.show(await FakePainter().render(TEXT, FORMAT), FORMAT, TEXT)
        while (now := (self.clock.now() - NOON).total_seconds()) < until:
            self.clock.advance(0.5)
            if now >= self.process.started - NOON.timestamp():
                self.channel.attach(RUN, FORMAT)
            wanted = plan(self.sessions, [], POLICY, self.clock.now())
            self.published += self.channel.step(wanted, self.clock.now())
            if self.channel.view(wanted, self.clock.now()).fault:
                self.faults.append(now)
            assert not self.channel.shows_withheld(wanted)
        return self.published


def seconds(instant: float) -> float:
    return round(instant - NOON.timestamp(), 2)


def numbers(entries: list[Entry]) -> list[int]:
    """The numbers of the livestream's segments."""
    paths = [next(iter(e.files.values())).path for e in entries if e.kind is SpanKind.LIVE]
    return [int(re.findall(r"-(\d+)\.m4s", path)[0]) for path in paths]


def between(entries: list[Entry]) -> list[Entry]:
    """From the first live segment to the last."""
    live = [n for n, e in enumerate(entries) if e.kind is SpanKind.LIVE]
    return entries[live[0] : live[-1] + 1]


@LAW
@given(burst=st.floats(2.5, 10), begins=st.floats(0, 10))
@example(burst=6.0, begins=2.0)
@example(burst=10.0, begins=0.0)
@example(burst=4.0, begins=1.0)
async def test_every_captured_second_is_shown_once_and_in_order(burst: float, begins: float) -> None:
    shown = between(await Channel(table(), begins, burst).go(ENDS + 20))
    live = [e for e in shown if e.kind is SpanKind.LIVE and e.session == "a"]
    assert numbers(live) == list(range(numbers(live)[0], numbers(live)[0] + len(live))), "none is left out"
    assert shown[: len(live)] == live, "no slate between"
    made = [(seconds(e.start - e.delay), seconds(e.end - e.delay)) for e in live]
    assert made[0][0] <= STARTS + SEGMENT_SECONDS
    assert made[-1][1] >= ENDS - 0.1
    for before, after in pairwise(live):
        assert after.start >= before.end - 0.25


@pytest.mark.parametrize("burst", [3.0, 6.0, 10.0])
async def test_a_source_that_is_on_air_from_its_beginning_is_learned_in_a_few_bursts(burst: float) -> None:
    entries = await Channel(table(starts=0.0), 0.0, burst).go(ENDS)
    slate = [seconds(e.start) for e in entries if e.kind is SpanKind.SLATE]
    assert max(slate) < 4 * burst + 5


@pytest.mark.parametrize("burst", [3.0, 6.0, 10.0])
async def test_of_a_source_that_is_known_to_come_in_pieces_the_second_piece_is_enough(burst: float) -> None:
    entries = await Channel(table(starts=0.0), 0.0, burst, known=True).go(ENDS)
    slate = [seconds(e.end) for e in entries if e.kind is SpanKind.SLATE]
    assert max(slate) < 2 * burst + 4


@pytest.mark.parametrize("known", [False, True])
async def test_a_steady_source_is_not_delayed(*, known: bool) -> None:
    entries = await Channel(table(), known=known).go(ENDS)
    assert {e.delay for e in entries} == {0.0}


async def test_one_interruption_delays_nothing() -> None:
    channel = Channel(table())
    await channel.go(80)
    channel.process.silent_from = channel.clock.now().timestamp()
    await channel.go(86)
    channel.process.silent_from = None
    entries = await channel.go(ENDS)
    assert {e.delay for e in entries} == {0.0}


async def test_a_source_that_goes_on_later_for_good_is_shown_at_once() -> None:
    channel = Channel(table())
    await channel.go(80)
    channel.process.started += 6.0
    entries = await channel.go(ENDS)
    slate = [seconds(e.end) for e in between(entries) if e.kind is SpanKind.SLATE]
    assert slate
    assert max(slate) < 80 + 6 + 5


@pytest.mark.parametrize("pace", [0.9, 0.95, 1.0, 1.02])
async def test_a_source_with_another_clock_has_a_picture_all_the_time(pace: float) -> None:
    channel = Channel(table(), pace=pace)
    entries = await channel.go(ENDS)
    assert channel.faults == []
    assert {e.kind for e in between(entries)} == {SpanKind.LIVE}


async def test_what_may_not_be_shown_is_not_shown_later_either() -> None:
    """Media is judged by when it was made, not by its place: the delay must not carry it into another session."""
    private = table(stream=False)
    entries = await Channel(private, burst=8.0).go(ENDS + 40)
    live = [e for e in entries if e.kind is SpanKind.LIVE]
    assert max(e.delay for e in live) > 4
    assert max(seconds(e.end - e.delay) for e in live) <= ENDS + 0.05
    later = timetable(
        session("secret", ROOM, NOON + timedelta(seconds=STARTS), 0.5, stream=False),
        session("open", ROOM, NOON + timedelta(seconds=STARTS + 30), 0.5),
    )
    entries = await Channel(later, burst=8.0).go(ENDS + 20)
    assert min(seconds(e.start - e.delay) for e in entries if e.kind is SpanKind.LIVE) >= STARTS + 30 - 0.05


async def test_a_withdrawal_reaches_what_was_made_in_the_session_wherever_it_has_its_place() -> None:
    channel = Channel(table(stream=False), burst=8.0)
    channel.channel.served = 3.0
    await channel.go(ENDS + 7)
    held, (one, other) = channel.channel.channel, channel.sessions.sessions
    shown = [entry for entry in held.entries if entry.kind is SpanKind.LIVE]
    assert seconds(shown[0].start) > ENDS, "the last pictures of the session have their place behind its end"
    channel.sessions = replace(channel.sessions, sessions=(replace(one, stream=False), other))
    await channel.go(ENDS + 7.5)
    assert not any(entry.kind is SpanKind.LIVE for entry in held.entries)


def test_late_arrivals_count_when_they_come_again() -> None:
    found = Lateness()
    for at, late in [(0.0, 1.4), (10.0, 4.0), (10.5, 2.0), (20.0, MOST + 1)]:
        found.observe(at, late)
    assert found.delay(20.0) == 0.0, "one burst, and one that is beyond what is taken on"
    found.observe(30.0, 3.0)
    assert found.delay(30.0) == 4.0 + MARGIN
    found.observe(60.0, 2.0)
    assert found.delay(75.0) == 3.0 + MARGIN
    assert found.delay(91.0) == 0.0
    found.observe(100.0, MOST)
    found.observe(102.0, MOST)
    assert found.delay(102.0) == MOST
    known = Lateness(bursts=True)
    known.observe(10.0, 4.0)
    assert known.delay(10.0) == 4.0 + MARGIN

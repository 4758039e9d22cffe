"""A room's channel whose service is killed at any instant, beside a twin that nothing happens to."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from functools import cache

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.day.conference_day import NOON, FakeFolders, FakePainter, MemoryLedgers, policy_for, session, timetable
from support.day.days import LAW
from support.day.fake_world import FACTS, FakeClock, FakeProcess, World
from support.media.hls_rules import Viewer

from streamer.core.base.ids import JobId, OverrideId, RoomId, RunId, SessionId
from streamer.core.channel.channel import ChannelNumbers, Entry, SpanKind
from streamer.core.channel.chunks import Loop, SlateText
from streamer.core.channel.playlists import media_playlist
from streamer.core.decisions.override import Override
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.jobs.renditions import live_format
from streamer.core.jobs.specs import JobKind, JobSpec, LivestreamSettings
from streamer.core.plan.plan import Plan, plan
from streamer.engine.channels.room_channel import RoomChannel
from streamer.engine.channels.room_slate import last_slate

ROOM = RoomId("main")
POLICY = policy_for(ROOM)
TRACKS = (*POLICY.renditions, "audio")
FORMAT = live_format(FACTS, POLICY.renditions)
TEXT = SlateText(conference="Test conference", room="Main", headline="Soon")
LATER = SlateText(conference="Test conference", room="Main", headline="Now")
TABLE = timetable(
    session("a", ROOM, NOON + timedelta(seconds=20), 0.5),
    session("b", ROOM, NOON + timedelta(seconds=50), 0.5),
    session("c", ROOM, NOON + timedelta(seconds=95.7), 0.25),
)
"""On air from 20 to 80 and from 95.7 to 110.7 s after noon."""
Processes = tuple[tuple[float, float | None], ...]
STEADY: Processes = ((4.0, None),)
"""When livestream processes start and end: one that warms up for the session and lives all day."""
TROUBLED: Processes = ((4.0, 61.3), (63.0, None))
"""One that dies in a session, and its successor."""
END = 120.0
STEP = 0.5


@cache
def loop(text: SlateText = TEXT) -> Loop:
    return asyncio.run(FakePainter().render(text, FORMAT))


class Room:
    """A channel as the engine drives it, over a world that is computed from the clock; its viewers never forget."""

    def __init__(self, processes: Processes = STEADY) -> None:
        self.clock = FakeClock(NOON)
        self.world = World(self.clock)
        self.folders = FakeFolders(self.world)
        self.ledgers = MemoryLedgers(self.folders, {})
        self.viewers = {track: Viewer() for track in TRACKS}
        self.published: dict[int, Entry] = {}
        self.decisions: list[Override] = []
        self.channel: RoomChannel | None = None
        self.reserved: ChannelNumbers | None = None
        settings = LivestreamSettings(tap=1, format=FORMAT, has_audio=True)
        spec = JobSpec(id=JobId("livestream:main"), kind=JobKind.LIVESTREAM, room=ROOM, settings=settings)
        for number, (start, end) in enumerate(processes):
            run, noon = RunId(f"run-{number}"), NOON.timestamp()
            ended = None if end is None else noon + end
            self.world.processes[run] = FakeProcess(
                spec=spec, run=run, started=noon + start, ended=ended, world=self.world
            )
        self.begin()

    @property
    def now(self) -> float:
        return (self.clock.now() - NOON).total_seconds()

    def plan(self) -> Plan:
        return plan(TABLE, self.decisions, POLICY, self.clock.now())

    def begin(self, text: SlateText | None = None, *, follow: bool = True) -> None:
        """The service starts: as :class:`streamer.engine.channels.channels.Channels` does it."""
        self.channel = RoomChannel(ROOM, POLICY.renditions, self.folders, self.ledgers, self.reserved)
        gone = {r for r, p in self.world.processes.items() if p.ended and p.ended <= self.clock.now().timestamp()}
        alive = self.world.processes.keys() - gone
        self.folders.sweep(alive | self.channel.restore(self.plan(), self.clock.now(), alive))
        former = last_slate(self.channel.channel)
        self.channel.show(loop(), FORMAT, TEXT)
        if former is not None:
            self.channel.show(loop(former[0]), former[1], former[0])
        if text is not None:
            self.channel.show(loop(text), FORMAT, text)
        self.reserved = self.channel.channel.position.reserved()
        if follow:
            self.step()

    @property
    def running(self) -> RunId | None:
        now = self.clock.now().timestamp()
        alive = [p.run for p in self.world.processes.values() if p.started <= now and (p.ended or now + 1) > now]
        return alive[0] if alive else None

    def follow(self) -> None:
        assert self.channel is not None
        if self.running is None:
            self.channel.detach()
        else:
            self.channel.attach(self.running, FORMAT)

    def alone(self) -> RoomChannel:
        """The channel, without the rest of the engine."""
        assert self.channel is not None
        return self.channel

    def step(self) -> None:
        assert self.channel is not None
        self.follow()
        self.channel.step(self.plan(), self.clock.now())
        self.look()

    def look(self) -> None:
        """Every viewer reads its playlist, and what is listed is there."""
        assert self.channel is not None
        channel = self.channel.channel
        self.published |= {e.sequence: e for e in channel.entries}
        listed = channel.listed()
        if listed:
            passed = channel.discontinuities_before(listed[0].sequence)
            for track, viewer in self.viewers.items():
                viewer.reads(media_playlist(listed, track, passed))
        for entry in channel.entries:
            assert entry.span in channel.spans
            assert all(self.ledgers.is_there(file.path) for file in entry.files.values())

    def go(self, until: float, step: float = STEP) -> None:
        while self.now < until - 1e-6:
            self.clock.advance(min(step, until - self.now))
            self.step()

    def die(self, away: float, text: SlateText | None = None) -> None:
        """The service is killed, and another starts after ``away`` seconds, maybe with another slate."""
        self.channel = None
        self.clock.advance(away)
        self.begin(text)

    @property
    def entries(self) -> list[Entry]:
        return [entry for _, entry in sorted(self.published.items())]


@cache
def twin() -> list[Entry]:
    """What viewers get where nothing happens."""
    room = Room()
    room.go(END)
    return room.entries


def shown(entries: list[Entry]) -> list[tuple[object, ...]]:
    """What a viewer sees of each entry, times in milliseconds, and what of the files it is made from."""
    return [
        (
            e.sequence,
            e.discontinuity,
            e.kind,
            e.session,
            {t: (f.path, round(f.start, 3), round(f.duration, 3), f.bytes, f.shift) for t, f in e.files.items()},
        )
        for e in entries
    ]


def test_the_twin_s_day_has_everything_in_it() -> None:
    kinds = [(e.kind, e.session) for e in twin() if e.discontinuity]
    assert kinds == [
        (SpanKind.SLATE, None),
        (SpanKind.LIVE, "a"),
        (SpanKind.SLATE, None),
        (SpanKind.LIVE, "c"),
        (SpanKind.SLATE, None),
    ]
    assert [e.sequence for e in twin()] == list(range(1, len(twin()) + 1))


@LAW
@given(st.floats(0.5, 115), st.floats(0.01, 60))
@example(12.0, 3.0)  # while an encoder warms up
@example(18.2, 9.0)  # a session begins meanwhile
@example(30.0, 5.0)  # in a session
@example(48.0, 5.0)  # across two that follow each other
@example(78.9, 4.0)  # the session ends meanwhile
@example(79.9, 0.3)
@example(84.0, 20.0)  # slate, and the next session begins
@pytest.mark.slow
def test_whenever_it_is_killed_viewers_see_what_they_would_have_seen(killed: float, away: float) -> None:
    room = Room()
    room.go(killed)
    room.die(away)
    room.go(max(END, room.now + 5))
    expected = shown(twin())
    assert shown(room.entries)[: len(expected)] == expected


@LAW
@given(st.lists(st.tuples(st.floats(0.01, 12), st.floats(0.01, 12)), max_size=8))
@example([(59.0, 3.0)])  # the encoder dies meanwhile
@example([(60.0, 12.0)])  # it dies, and another comes
@example([(64.3, 0.4)])  # the other has just come
@pytest.mark.slow
def test_however_often_it_is_killed_every_playlist_continues_the_last(lives: list[tuple[float, float]]) -> None:
    room = Room(TROUBLED)
    for lived, away in lives:
        room.go(room.now + lived, step=0.7)
        room.die(away)
    room.go(room.now + 10)
    numbers = [e.sequence for e in room.entries]
    assert numbers == list(range(1, len(numbers) + 1))


def test_what_was_published_before_is_served_as_long_as_ever() -> None:
    room = Room(TROUBLED)
    room.go(80)
    before = list(room.published.values())
    room.die(2.0)
    assert room.channel is not None
    for entry in before:
        assert room.channel.channel.entry(entry.sequence) == entry
    assert "run-0" not in room.folders.gone, "its run has ended, but it is still published"
    room.go(60 + 90 + 5, step=2.0)
    assert "run-0" in room.folders.gone
    assert "run-1" not in room.folders.gone


@pytest.mark.parametrize(("killed", "away"), [(30, 300), (2.5, 97)], ids=["live", "slate, and live when it returns"])
def test_after_a_long_time_a_new_span_begins_and_numbers_go_on(killed: float, away: float) -> None:
    room = Room()
    room.go(killed)
    last = room.entries[-1]
    room.die(away)
    room.go(room.now + 5)
    after = [e for e in room.entries if e.sequence > last.sequence]
    assert after[0].discontinuity
    assert after[0].sequence == last.sequence + 1
    assert after[0].start >= NOON.timestamp() + killed + away - 10
    assert len(after) < 15


def test_the_folder_of_a_run_that_goes_on_is_never_deleted() -> None:
    room = Room()
    room.go(40)
    withdraw(room, "a")
    room.channel = None
    room.clock.advance(2)
    room.begin(follow=False)
    for _ in range(5):
        room.clock.advance(1)
        room.alone().channel.drop_before(10**6)
        room.alone().step(room.plan(), room.clock.now())
    assert "run-0" not in room.folders.gone, "it runs, though nobody has taken it up yet"
    room.go(60)
    room.alone().detach()
    room.go(230, step=5)
    assert room.entries[-1].kind is SpanKind.SLATE
    assert {e.session for e in room.alone().channel.entries} == {None}
    assert "run-0" not in room.folders.gone, "it was taken up again, though nothing of it is published now"


def withdraw(room: Room, id: str) -> None:
    room.decisions.append(
        Override(
            id=OverrideId("o"),
            room=ROOM,
            at=room.clock.now(),
            by="test",
            decision=Consent(session=SessionId(id), stream=False),
        )
    )


def test_a_hole_is_filled_with_the_slate_that_was_there_before_it() -> None:
    """A session has begun meanwhile, so its room's slate would say something else by now."""
    room = Room()
    room.go(18.2)
    room.die(9.0, LATER)
    room.go(30)
    assert [(e.kind, e.discontinuity) for e in room.entries if e.discontinuity] == [
        (SpanKind.SLATE, True),
        (SpanKind.LIVE, True),
    ]


def test_what_was_withdrawn_does_not_come_back() -> None:
    room = Room()
    room.go(40)
    withdraw(room, "a")
    room.step()
    room.die(2.0)
    assert room.channel is not None
    assert {e.session for e in room.channel.channel.entries} == {None}
    room.go(70)
    assert room.channel.channel.entries[-1].session == "b"


def test_what_is_forbidden_meanwhile_is_never_served_again() -> None:
    room = Room()
    room.go(40)
    assert room.entries[-1].session == "a"
    known = set(room.published)
    withdraw(room, "a")
    room.die(2.0)
    assert room.channel is not None
    assert {e.session for e in room.channel.channel.entries} == {None}
    assert room.channel.first_chunks == {}
    room.go(60)
    assert {e.session for n, e in room.published.items() if n not in known} == {None, SessionId("b")}


def test_a_slate_that_says_something_else_is_another_span() -> None:
    room = Room()
    room.go(10)
    room.die(2.0)
    room.go(14)
    assert [e.discontinuity for e in room.entries].count(True) == 1
    assert room.channel is not None
    room.channel.show(loop(LATER), FORMAT, LATER)
    room.go(16)
    assert [e.discontinuity for e in room.entries].count(True) == 2


@pytest.mark.parametrize("damage", ["gone", "torn", "swapped", "older", "odd", "renditions"])
def test_a_ledger_that_can_t_be_believed_costs_a_seam_and_no_number(damage: str) -> None:
    room = Room()
    room.go(30)
    used = max(room.published)
    lines = room.ledgers.texts[ROOM]
    match damage:
        case "gone":
            room.ledgers.texts.clear()
        case "torn":
            del lines[len(lines) // 2]
        case "swapped":
            lines[-1], lines[-2] = lines[-2], lines[-1]
        case "older":
            head = json.loads(lines[0])
            lines[:] = [json.dumps({**head, "sequence": head["sequence"] - 100})]
            room.reserved = ChannelNumbers(sequence=6000, discontinuities=200)
        case "odd":
            lines[-1] = json.dumps({**json.loads(lines[-1]), "files": {"720p": 7}})
        case "renditions":
            lines[:] = [line.replace('"360p": [', '"480p": [') for line in lines]
    room.die(2.0)
    assert room.channel is not None
    room.go(40)
    after = [e for e in room.entries if e.sequence > used]
    assert after[0].discontinuity
    assert room.channel.channel.entries[-1].session == "a"
    assert min(e.sequence for e in room.channel.channel.entries) > used


def test_a_ledger_that_can_t_be_written_stops_nothing_and_is_not_trusted() -> None:
    room = Room()
    room.go(30)
    room.ledgers.full = True
    room.go(40)
    used = max(room.published)
    assert room.entries[-1].session == "a"
    room.die(2.0)
    room.ledgers.full = False
    room.go(50)
    assert min(n for n in room.published if n > used) >= 5000
    known = set(room.published)
    room.die(2.0)
    room.go(55)
    new = [e for n, e in sorted(room.published.items()) if n not in known]
    assert new[0].sequence == max(known) + 1, "it is written again"
    assert [e.discontinuity for e in new].count(True) <= 1


@pytest.mark.slow
def test_a_ledger_stays_short() -> None:
    room = Room()
    longest = 0
    for _ in range(60):
        room.go(room.now + 30, step=10)
        longest = max(longest, len(room.ledgers.texts[ROOM]))
    assert 400 < longest <= 500
    used = max(room.published)
    room.die(2.0)
    room.step()
    room.go(room.now + 4)
    new = {n: e for n, e in room.published.items() if n > used}
    assert sorted(new)[:2] == [used + 1, used + 2]
    assert not any(e.discontinuity for e in new.values())

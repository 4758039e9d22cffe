"""What a large or restless feed costs: reading it, telling what changed, weighing it, and five days of its versions."""

from __future__ import annotations

import logging
import random
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bench.figures import Figure, Sample, Unit
from bench.history import Version
from bench.programme import FIRST_DAY, frab_xml
from bench.race import ROUNDS, race
from bench.replay import replay
from bench.timetable import load as timetable_load
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.plan import plan
from streamer.core.plan.policy import Policy, RoomSetup
from streamer.core.timetable.diff import diff
from streamer.core.timetable.identity import Memory, identified
from streamer.core.timetable.sessions import Parsed, Room, Session, Timetable
from streamer.core.trust.held import Standing
from streamer.core.trust.settings import Distrust
from streamer.core.trust.weighing import weigh
from streamer.timetables import parse

SIZES = {1_000: ROUNDS, 10_000: 3}
"""Sessions, and how often each is measured."""
ROOMS = 30
DAYS, HISTORY_ROOMS, VERSIONS = 5, 4, 400
_SLOT = timedelta(minutes=60)


async def feeds() -> list[Figure]:
    figures = [figure for size, rounds in SIZES.items() for figure in one_feed(size, ROOMS, rounds)]
    return [*figures, await history(DAYS, HISTORY_ROOMS, VERSIONS)]


def one_feed(sessions: int, rooms: int, rounds: int = ROUNDS) -> list[Figure]:
    """Loading, comparing, knowing again and weighing a version of this size; beside each, loading it."""
    content = frab_xml(sessions, rooms)
    old = parse(content, name="made up", timezone=None).timetable
    new = replace(old, sessions=tuple(_changed(s, n) for n, s in enumerate(old.sessions)))
    policy = Policy(rooms={r.id: RoomSetup(id=r.id, name=r.name, source="test:") for r in old.rooms})
    now = old.sessions[0].start - timedelta(hours=1)
    current, memory = plan(old, (), policy, now), identified(old, Memory())[1]
    shuffled = replace(new, sessions=tuple(replace(s, id=SessionId(f"r{n}")) for n, s in enumerate(new.sessions)))
    peer = f"loading {sessions} sessions"

    def load() -> Timetable:
        return parse(content, name="made up", timezone=None).timetable

    parts = {
        f"diff of {sessions} sessions, one in ten changed": lambda: diff(old, new),
        f"identity of {sessions} sessions": lambda: identified(new, memory),
        f"identity of {sessions} sessions under random ids": lambda: identified(shuffled, memory),
        f"weighing {sessions} sessions": lambda: weigh(old, new, current, policy, Distrust(), now, Standing()),
    }
    compared = (race(what, part, peer, load, rounds) for what, part in parts.items())
    return [*timetable_load(sessions, rooms, rounds, real=None), *compared, _memory(content, sessions)]


def _changed(session: Session, number: int) -> Session:
    return session if number % 10 else replace(session, title=f"{session.title}, again")


def _memory(content: bytes, sessions: int) -> Figure:
    tracemalloc.start()
    read = parse(content, name="made up", timezone=None)
    held, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return Figure(
        what=f"memory of {len(read.timetable.sessions)} sessions, once loaded",
        unit=Unit.BYTES,
        ours=Sample.single(held),
        peer="maximum while loading",
        theirs=Sample.single(most),
    )


async def history(days: int, rooms: int, versions: int) -> Figure:
    """A synthetic history through the real engine, in the time that it took."""
    made = list(versions_of(days, rooms, versions))
    began = time.perf_counter()
    logging.disable(logging.ERROR)
    try:
        story = await replay(made, to_the_end=True)
    finally:
        logging.disable(logging.NOTSET)
    took = time.perf_counter() - began
    real = (made[-1].at - made[0].at).total_seconds()
    what = f"replay of {len(made)} versions, {days} days, {rooms} rooms, {len(story.started)} sessions run"
    return Figure(
        what=f"{what}, {len(story.violations)} violations",
        unit=Unit.SECONDS,
        ours=Sample.single(took),
        peer="the days themselves",
        theirs=Sample.single(real),
    )


def versions_of(days: int, rooms: int, versions: int) -> Iterator[Version]:
    """A restless feed: talks move, are renamed, withdrawn and added; now and then a room is missing for one version."""
    chance = random.Random(36)  # noqa: S311  # the same history each time
    table = _programme(days, rooms)
    step = timedelta(days=days) / versions
    for number in range(versions):
        at = FIRST_DAY + timedelta(hours=7) + number * step
        table = _restless(table, at, chance)
        missing = chance.randrange(rooms) if number % 40 == 39 else None
        shown = table if missing is None else _without(table, RoomId(f"room-{missing}"))
        yield Version(at=at, name=f"{int(at.timestamp())}.json", content=Parsed(timetable=shown, format="made up"))


def _programme(days: int, rooms: int) -> Timetable:
    sessions = [
        Session(
            id=SessionId(f"d{day}-r{room}-{slot}"),
            room=RoomId(f"room-{room}"),
            title=f"Talk {slot} of day {day} in room {room}",
            start=(start := FIRST_DAY + timedelta(days=day, hours=9) + slot * _SLOT),
            end=start + timedelta(minutes=45),
        )
        for day in range(days)
        for room in range(rooms)
        for slot in range(8)
    ]
    names = tuple(Room(id=RoomId(f"room-{n}"), name=f"Room {n}") for n in range(rooms))
    return Timetable(title="Five days", timezone="Europe/Copenhagen", rooms=names, sessions=tuple(sessions))


def _restless(table: Timetable, now: datetime, chance: random.Random) -> Timetable:
    sessions = list(table.sessions)
    for _ in range(chance.randrange(4)):
        number = chance.randrange(len(sessions))
        one = sessions[number]
        match chance.randrange(6):
            case 0:
                by = timedelta(minutes=chance.choice([-15, 5, 15, 60]))
                sessions[number] = replace(one, start=one.start + by, end=one.end + by)
            case 1:
                sessions[number] = replace(one, room=chance.choice(table.rooms).id)
            case 2:
                sessions[number] = replace(one, title=f"{one.title}!")
            case 3:
                sessions[number] = replace(one, record=chance.choice([True, False, None]))
            case 4:
                del sessions[number]
            case _:
                start = now + timedelta(minutes=chance.randrange(10, 600))
                name = SessionId(f"new-{int(now.timestamp())}-{len(sessions)}")
                sessions.append(replace(one, id=name, start=start, end=start + timedelta(minutes=30)))
    return replace(table, sessions=tuple({s.id: s for s in sessions}.values()))


def _without(table: Timetable, room: RoomId) -> Timetable:
    return replace(table, sessions=tuple(s for s in table.sessions if s.room != room))

"""How long the pure core takes for a day of 1,000 sessions: what turns and changes cost."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from fractions import Fraction

from bench.figures import Figure
from bench.programme import FIRST_DAY, one_day
from bench.race import ROUNDS, race
from streamer.core.base.ids import JobId, OverrideId
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.override import Override
from streamer.core.decisions.rooms.delay import Delay
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.decisions.sessions.hold import Hold
from streamer.core.jobs.actions import decide
from streamer.core.jobs.desired import desired
from streamer.core.jobs.lifecycle import Job, JobState
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.specs import JobSpec
from streamer.core.plan.cues import cues
from streamer.core.plan.plan import plan
from streamer.core.plan.policy import Policy, RoomSetup
from streamer.core.timetable.sessions import Session, Timetable

SESSIONS, ROOMS = 1_000, 30
EXTENDED_EACH = 20
"""Of so many sessions one was extended, as on a day that goes to plan nowhere."""
DECISIONS = 1_000
_FACTS = SourceFacts(video="h264", width=1280, height=720, rate=Fraction(30), audio="aac")


async def planning() -> list[Figure]:
    return plan_day(SESSIONS, ROOMS)


def plan_day(sessions: int, rooms: int, rounds: int = ROUNDS) -> list[Figure]:
    """The parts, and what a turn after a change does, at noon, when almost everything runs that should."""
    timetable, now = one_day(sessions, rooms), FIRST_DAY + timedelta(hours=12)
    policy = _policy(timetable)
    facts = dict.fromkeys(policy.rooms, _FACTS)
    overrides = [_extension(s, now) for s in timetable.sessions[::EXTENDED_EACH]]
    made = plan(timetable, overrides, policy, now)
    wanted = desired(made, policy, facts, now)
    jobs = _running(wanted, now)
    documents = [_document(s) for s in timetable.sessions]

    def whole_turn() -> None:
        fresh = plan(timetable, overrides, policy, now)
        decide(desired(fresh, policy, facts, now), jobs, 0.0)

    def round_trip() -> object:
        return json.loads(json.dumps(documents))

    plain = race(
        f"plan() of {sessions} sessions in {rooms} rooms",
        lambda: plan(timetable, overrides, policy, now),
        "sorting them",
        lambda: sorted(timetable.sessions, key=lambda s: (s.start, s.room, s.id)),
        rounds,
    )
    parts = {
        f"desired(), {len(wanted)} jobs": lambda: desired(made, policy, facts, now),
        f"decide(), {len(jobs)} of {len(wanted)} jobs run": lambda: decide(wanted, jobs, 0.0),
        f"cues(), {len(cues(made, policy))} of them": lambda: cues(made, policy),
        "plan(), desired() and decide(), as after a change": whole_turn,
    }
    many = [_decision(number, timetable, now) for number in range(DECISIONS)]
    decided = race(
        f"plan() of them with {DECISIONS} decisions",
        lambda: plan(timetable, many, policy, now),
        "plan() without any",
        lambda: plan(timetable, (), policy, now),
        rounds,
    )
    peer = "JSON round trip of them"
    return [plain, decided, *(race(what, function, peer, round_trip, rounds) for what, function in parts.items())]


def _policy(timetable: Timetable) -> Policy:
    rooms = {room.id: RoomSetup(id=room.id, name=room.name, source="test:") for room in timetable.rooms}
    return Policy(rooms=rooms)


def _extension(session: Session, at: datetime) -> Override:
    return Override(
        id=OverrideId(f"extend-{session.id}"),
        room=session.room,
        at=at,
        by="bench",
        decision=Extend(session=session.id, minutes=5),
    )


def _decision(number: int, timetable: Timetable, now: datetime) -> Override:
    """One of a long day: extensions, delays of a room, and holds, in turn."""
    session = timetable.sessions[number * 7 % len(timetable.sessions)]
    kinds: tuple[Decision, ...] = (
        Extend(session=session.id, minutes=1.0),
        Delay(room=session.room, minutes=0.5),
        Hold(session=session.id),
    )
    at = now - timedelta(hours=3) + timedelta(seconds=number)
    return Override(id=OverrideId(f"d{number}"), room=session.room, at=at, by="bench", decision=kinds[number % 3])


def _running(wanted: Mapping[JobId, JobSpec], now: datetime) -> dict[JobId, Job]:
    """All but the last: a decision finds something to do now and then."""
    return {
        id: Job(
            id=id, kind=spec.kind, room=spec.room, digest=spec.digest, state=JobState.RUNNING, since=now.timestamp()
        )
        for id, spec in list(wanted.items())[:-1]
    }


def _document(session: Session) -> dict[str, object]:
    return {
        "id": session.id,
        "room": session.room,
        "title": session.title,
        "start": session.start.isoformat(),
        "end": session.end.isoformat(),
        "speakers": [s.name for s in session.speakers],
        "abstract": session.abstract,
    }

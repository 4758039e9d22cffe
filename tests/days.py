"""Days at a conference as plain values, by hand and at random: sessions, decisions, house rules, plans.

Random days lie on a grid of five minutes, so that windows touch, coincide and overlap often.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from streamer.core.ids import OverrideId, RoomId, SessionId
from streamer.core.media import RunId, Segment, SourceFacts
from streamer.core.overrides import Action, Override
from streamer.core.plan import Plan, plan
from streamer.core.policy import Policy, RoomSetup
from streamer.core.timetable import Room, Session, SessionKind, Timetable
from streamer.core.wallclock import Timed

MAIN, SIDE, GARDEN = RoomId("main"), RoomId("side"), RoomId("garden")
"""The garden has no source."""
NINE = datetime(2025, 9, 8, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
SECRET_SOURCE = "srt://203.0.113.7:9000?passphrase=hunter2hunter2"
FACTS = SourceFacts(video="h264", width=1280, height=720, rate=Fraction(30), audio="aac")


def after(minutes: float) -> datetime:
    """So many minutes after nine."""
    return NINE + minutes * MINUTE


def session(id: str = "a", start: float = 0, minutes: float = 30, room: RoomId = MAIN, **more: Any) -> Session:
    """``start`` in minutes after nine."""
    return Session(
        id=SessionId(id), room=room, title=f"Title of {id}", start=after(start), end=after(start + minutes), **more
    )


def timetable(*sessions: Session) -> Timetable:
    rooms = tuple(Room(id=r, name=f"Room {r}") for r in (MAIN, SIDE, GARDEN))
    return Timetable(title="Test conference", timezone="Europe/Copenhagen", rooms=rooms, sessions=sessions)


def house(**rules: Any) -> Policy:
    """Main and side with a source, the garden without."""
    setups = {
        room: RoomSetup(id=room, name=f"Room {room}", source=SECRET_SOURCE, tap=10_000 + number)
        for number, room in enumerate((MAIN, SIDE))
    }
    setups[GARDEN] = RoomSetup(id=GARDEN, name="Garden")
    return Policy(rooms=setups, **rules)


HOUSE = house()


def planned(
    *sessions: Session, decisions: Sequence[Override] = (), rules: Policy = HOUSE, now: datetime = NINE
) -> Plan:
    return plan(timetable(*sessions), decisions, rules, now)


def decision(action: Action, session: str = "a", *, id: str = "d", minute: float = 0, **more: Any) -> Override:
    """Taken so many minutes after nine."""
    return Override(
        id=OverrideId(id),
        action=action,
        session=SessionId(session),
        room=MAIN,
        at=after(minute),
        by="crew",
        **more,
    )


def segment(start: float, end: float, number: int = 0, take: str = "take") -> Timed:
    """A segment of wall time [start, end), in Unix seconds."""
    return Timed(
        segment=Segment(
            take=RunId(take),
            number=number,
            path=f"takes/{take}/{number:06d}.ts",
            start=start,
            end=end,
            closed_at=end,
            bytes=1000,
        ),
        start=start,
        end=end,
    )


LAW = settings(deadline=None, max_examples=60)
"""For properties: two cores that are busy are no reason to fail, and a hundred of them must not take long."""

# -- at random ---------------------------------------------------------------------------------------------------

answers = st.sampled_from([None, True, False])
minutes = st.integers(min_value=-6, max_value=24).map(lambda n: n * 5)
"""After nine, on the grid."""
lengths = st.sampled_from([0, 5, 10, 20, 25, 30, 60])
instants = st.integers(min_value=-45 * 60, max_value=190 * 60).map(lambda s: NINE + s * SECOND)
"""Any second of a random day, and of the time around it."""


@st.composite
def sessions(draw: st.DrawFn, rooms: Sequence[RoomId] = (MAIN, SIDE, GARDEN), most: int = 8) -> tuple[Session, ...]:
    """Sessions of a day, one in eight of them a break."""
    found = []
    for number in range(draw(st.integers(min_value=0, max_value=most))):
        found.append(
            session(
                f"s{number}",
                draw(minutes),
                draw(lengths),
                draw(st.sampled_from(rooms)),
                record=draw(answers),
                stream=draw(answers),
                kind=draw(st.sampled_from([*[SessionKind.SESSION] * 7, SessionKind.BREAK])),
            )
        )
    return tuple(found)


@st.composite
def decisions(draw: st.DrawFn, on: Sequence[Session], most: int = 4) -> tuple[Override, ...]:
    """Decisions on some of these sessions, in the order in which they were taken; some are dropped again."""
    found = []
    for number in range(draw(st.integers(min_value=0, max_value=most if on else 0))):
        action = draw(st.sampled_from(Action))
        more: dict[str, Any] = {}
        if action is Action.END:
            more["instant"] = after(draw(minutes))
        elif action is Action.EXTEND:
            more["minutes"] = float(draw(st.integers(min_value=-6, max_value=12)) * 5)
        else:
            more |= {"record": draw(answers), "stream": draw(answers)}
        dropped = draw(st.sampled_from([None, None, None, after(191)]))
        subject = draw(st.sampled_from(list(on)))
        found.append(decision(action, subject.id, id=f"d{number}", minute=number, undone=dropped, **more))
    return tuple(found)


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    """House rules, some of them with a lead shorter than the warm-up, as a rehearsal has it."""
    return house(
        lead=draw(st.sampled_from([0, 0.1, 5, 10])) * MINUTE,
        linger=draw(st.sampled_from([0, 0.1, 5, 10, 20])) * MINUTE,
        pre_roll=draw(st.sampled_from([0, 1])) * MINUTE,
        post_roll=draw(st.sampled_from([0, 2])) * MINUTE,
        record_default=draw(st.booleans()),
        stream_default=draw(st.booleans()),
    )


@st.composite
def plans(draw: st.DrawFn, rooms: Sequence[RoomId] = (MAIN, SIDE, GARDEN)) -> tuple[Plan, Policy]:
    """A plan at any instant of a random day with decisions, and the rules it was made by."""
    programme, rules = draw(sessions(rooms)), draw(policies())
    return plan(timetable(*programme), draw(decisions(programme)), rules, draw(instants)), rules

"""Days at a conference as plain values, by hand and at random: sessions, decisions, policies, plans.

Random days lie on a grid of five minutes, so that windows touch, coincide and overlap often.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import Any, TypeVar

from hypothesis import settings
from hypothesis import strategies as st

from streamer.core.base.ids import OverrideId, RoomId, RunId, SessionId
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.notice import Notice
from streamer.core.decisions.override import Override
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.core.decisions.recordings.cut import Cut
from streamer.core.decisions.registry import DECISIONS
from streamer.core.decisions.rooms.delay import Delay
from streamer.core.decisions.rooms.mute import Mute
from streamer.core.decisions.rooms.unmute import Unmute
from streamer.core.decisions.sessions.add import Add
from streamer.core.decisions.sessions.cancel import Cancel
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.decisions.sessions.hold import Hold
from streamer.core.decisions.sessions.move import Move
from streamer.core.decisions.sessions.start import Start
from streamer.core.decisions.sessions.swap import Swap
from streamer.core.footage.segments import Segment
from streamer.core.footage.wall_clock import Timed
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.plan.plan import Plan, plan
from streamer.core.plan.policy import Policy, RoomSetup
from streamer.core.timetable.sessions import Room, Session, SessionKind, Timetable

T = TypeVar("T")

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


def policy(**rules: Any) -> Policy:
    """Main and side with a source, the garden without."""
    setups = {
        room: RoomSetup(id=room, name=f"Room {room}", source=SECRET_SOURCE, tap=10_000 + number)
        for number, room in enumerate((MAIN, SIDE))
    }
    setups[GARDEN] = RoomSetup(id=GARDEN, name="Garden")
    return Policy(rooms=setups, **rules)


POLICY = policy()


def planned(
    *sessions: Session, decisions: Sequence[Override] = (), rules: Policy = POLICY, now: datetime = NINE
) -> Plan:
    return plan(timetable(*sessions), decisions, rules, now)


def override(decision: Decision, *, id: str = "d", minute: float = 0, undone: datetime | None = None) -> Override:
    """A decision taken so many minutes after nine."""
    return Override(id=OverrideId(id), room=MAIN, at=after(minute), by="crew", decision=decision, undone=undone)


def decided(
    kind: Callable[..., Decision], session: str = "a", *, id: str = "d", minute: float = 0, **more: Any
) -> Override:
    """A decision about a session, taken so many minutes after nine."""
    return override(kind(session=SessionId(session), **more), id=id, minute=minute)


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
            sha256=f"{number:064x}",
        ),
        start=start,
        end=end,
    )


LAW = settings(deadline=None, max_examples=40)
"""For properties: two cores that are busy are no reason to fail, and a hundred of them must not take long."""

# -- at random ---------------------------------------------------------------------------------------------------

_STARTS = [n * 5 for n in range(-6, 25)]
_LENGTHS = [0, 5, 10, 20, 25, 30, 60]
_ANSWERS = [None, True, False]
_CONSENTS = [(r, s) for r in _ANSWERS for s in _ANSWERS if (r, s) != (None, None)]
_KINDS = [*[SessionKind.SESSION] * 7, SessionKind.BREAK]

instants = st.integers(min_value=-45 * 60, max_value=190 * 60).map(lambda s: NINE + s * SECOND)
"""Any second of a random day, and of the time around it."""


class _Choices:
    """One number taken apart into many choices: drawing each by itself would take most of the time of a test."""

    SPACE = 2**48

    def __init__(self, number: int) -> None:
        self._left = number

    def of(self, options: Sequence[T]) -> T:
        self._left, which = divmod(self._left, len(options))
        return options[which]


def _numbers(most: int) -> st.SearchStrategy[list[int]]:
    return st.lists(st.integers(min_value=0, max_value=_Choices.SPACE), max_size=most)


def sessions(rooms: Sequence[RoomId] = (MAIN, SIDE, GARDEN), most: int = 8) -> st.SearchStrategy[tuple[Session, ...]]:
    """Sessions of a day, one in eight of them a break."""
    return _numbers(most).map(lambda drawn: tuple(_session(n, _Choices(one), rooms) for n, one in enumerate(drawn)))


def _session(number: int, choices: _Choices, rooms: Sequence[RoomId]) -> Session:
    return session(
        f"s{number}",
        choices.of(_STARTS),
        choices.of(_LENGTHS),
        choices.of(rooms),
        record=choices.of(_ANSWERS),
        stream=choices.of(_ANSWERS),
        kind=choices.of(_KINDS),
    )


def decisions(on: Sequence[Session], most: int = 4) -> st.SearchStrategy[tuple[Override, ...]]:
    """Decisions on some of these sessions, in the order in which they were taken; one in four is dropped again."""
    return _numbers(most if on else 0).map(
        lambda drawn: tuple(_decision(n, _Choices(one), on) for n, one in enumerate(drawn))
    )


def _decision(number: int, choices: _Choices, on: Sequence[Session]) -> Override:
    kind, minute, session = choices.of(DECISIONS), choices.of(_STARTS), choices.of(on).id
    made: dict[type[Decision], Callable[[], Decision]] = {
        Start: lambda: Start(session=session, at=after(minute)),
        End: lambda: End(session=session, at=after(minute)),
        Extend: lambda: Extend(session=session, minutes=float(minute), ripple=minute > 20),
        Hold: lambda: Hold(session=session, limit_minutes=abs(minute) + 1.0),
        Cancel: lambda: Cancel(session=session),
        Move: lambda: Move(session=session, room=choices.of((MAIN, SIDE, GARDEN)), start=after(minute)),
        Swap: lambda: _swap(session, choices.of(on).id),
        Add: lambda: Add(
            room=choices.of((MAIN, SIDE)), title=f"Extra {number}", start=after(minute), end=after(minute + 15)
        ),
        Mute: lambda: Mute(room=choices.of((MAIN, SIDE)), back_seconds=float(number)),
        Unmute: lambda: Unmute(room=choices.of((MAIN, SIDE))),
        Cut: lambda: Cut(session=session, start=after(minute), end=after(minute + 1)),
        Notice: lambda: Notice(text="Lunch is served"),
        Delay: lambda: Delay(room=choices.of((MAIN, SIDE)), minutes=float(minute)),
        Consent: lambda: _consent(session, *choices.of(_CONSENTS)),
        Bounds: lambda: Bounds(session=session, start=after(minute)),
    }
    taken = made[kind]()
    return override(taken, id=f"d{number}", minute=number, undone=choices.of([None, None, None, after(191)]))


def _swap(session: SessionId, other: SessionId) -> Decision:
    return Swap(session=session, other=other) if session != other else Cancel(session=session)


def _consent(session: SessionId, record: bool | None, stream: bool | None) -> Consent:
    return Consent(session=session, record=record, stream=stream)


policies = st.sampled_from(
    [
        policy(
            lead=lead * MINUTE,
            linger=linger * MINUTE,
            pre_roll=padding * MINUTE,
            post_roll=2 * padding * MINUTE,
            record_default=record,
            stream_default=not record or padding > 0,
        )
        for lead, linger in [(10, 10), (5, 5), (0.1, 0.1), (0, 0), (5, 20)]
        for padding in (1, 0)
        for record in (True, False)
    ]
)
"""Policies, some of them with a lead shorter than the warm-up, as a rehearsal has it."""


@st.composite
def plans(draw: st.DrawFn, rooms: Sequence[RoomId] = (MAIN, SIDE, GARDEN)) -> tuple[Plan, Policy]:
    """A plan at any instant of a random day with decisions, and the rules it was made by."""
    programme, rules = draw(sessions(rooms)), draw(policies)
    return plan(timetable(*programme), draw(decisions(programme)), rules, draw(instants)), rules

"""Detects a timetable version that is probably a mistake: many sessions changed in the same way at once.

Organisers move one talk or three. A version that empties a room, moves a day by an hour or brings another conference is
mostly a source of theirs that was missing for some minutes. Only sessions ahead count.
:mod:`streamer.core.trust.weighing` decides what follows from a suspicion.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.timetable.sessions import Session, Timetable

FEW = 5
"""Up to this number a change may always be intended."""
ROOM_FEW = 3
"""The same if they are most of a day or of a room."""
MOST = 0.75
MANY = 20
"""This many vanished sessions are suspicious in any programme."""
_LIKE_A_ZONE = timedelta(hours=1)
"""Shifts from this size look like a wrong zone or date."""


class Suspicion(StrEnum):
    EMPTY = "empty"
    ANOTHER = "another conference"
    ZONE = "zone"
    VANISHED = "vanished"
    SHIFTED = "shifted"
    REROOMED = "rerooming"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """The oddity of a version: its ``sessions``, and in ``marks`` the change of those ahead."""

    kind: Suspicion
    sentence: str
    sessions: tuple[SessionId, ...]
    marks: frozenset[str]

    def repeats(self, former: Suspect) -> bool:
        """Whether this is the same oddity as before: the same sessions, or those still ahead."""
        return self.kind is former.kind and self.marks <= former.marks


def suspects(
    current: Timetable, new: Timetable, now: datetime, share: float, captured: Collection[RoomId]
) -> tuple[Suspect, ...]:
    """What makes ``new`` suspicious as the successor of ``current``.

    ``share`` is the part of a day's sessions that makes a common change a mass change, ``captured`` are the rooms
    with a source.
    """
    ahead = [s for s in current.sessions if s.end > now and s.is_planned]
    if not ahead:
        return ()
    look = _Look(current, new, now, share, captured, ahead)
    whole = _empty(look) or _another(look)
    if whole is not None:
        return (whole,)
    return tuple(found for found in (_zone(look), _vanished(look), *_shifted(look), _rerooming(look)) if found)


@dataclass(frozen=True, slots=True)
class _Look:
    current: Timetable
    new: Timetable
    now: datetime
    share: float
    captured: Collection[RoomId]
    ahead: list[Session]

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.current.timezone)

    def day(self, session: Session) -> date:
        return session.start.astimezone(self.zone).date()

    def pairs(self) -> Iterator[tuple[Session, Session]]:
        for session in self.ahead:
            after = self.new.session(session.id)
            if after is not None:
                yield session, after

    def mass(self, changed: Collection[Session], few: int = ROOM_FEW) -> date | None:
        """A day with the share of changed sessions; None if there is none. ``few`` are enough if they are most
        of the day."""
        whole, part = Counter(map(self.day, self.ahead)), Counter(map(self.day, changed))
        masses = [
            day
            for day, n in part.items()
            if (n >= FEW and n >= self.share * whole[day]) or (n >= few and n >= MOST * whole[day])
        ]
        return min(masses, default=None)


def _suspect(kind: Suspicion, sentence: str, changed: Iterable[Session], mark: Callable[[Session], str]) -> Suspect:
    sessions = tuple(changed)
    return Suspect(
        kind=kind,
        sentence=sentence,
        sessions=tuple(s.id for s in sessions),
        marks=frozenset(f"{s.id} {mark(s)}" for s in sessions),
    )


def _empty(look: _Look) -> Suspect | None:
    if any(s.is_planned for s in look.new.sessions):
        return None
    sentence = f"the new version holds no session; {len(look.ahead)} are ahead in the present one"
    return _suspect(Suspicion.EMPTY, sentence, look.ahead, lambda s: "gone")


def _another(look: _Look) -> Suspect | None:
    """Hardly any of our sessions is in it, but others are."""
    left = [s for s in look.ahead if look.new.session(s.id) is not None]
    retitled = [s for s, after in look.pairs() if s.title != after.title and s.start != after.start]
    known = len(left) - len(retitled)
    if known > 0.2 * len(look.ahead):
        return None
    others = [s for s in look.current.sessions if look.new.session(s.id) is not None]
    if len(look.ahead) < ROOM_FEW and (others or len(look.current.sessions) < ROOM_FEW):
        return None
    named = f"“{look.new.title}”" if look.new.title != look.current.title else "another programme"
    sentence = f"this looks like another conference ({named}): {known} of {len(look.ahead)} sessions ahead are in it"
    return _suspect(Suspicion.ANOTHER, sentence, look.ahead, lambda s: "gone")


def _zone(look: _Look) -> Suspect | None:
    if look.new.timezone == look.current.timezone:
        return None
    there = ZoneInfo(look.new.timezone)
    off = [s for s in look.ahead if s.start.astimezone(there).utcoffset() != s.start.astimezone(look.zone).utcoffset()]
    if not off:
        return None
    sentence = f"the time zone is {look.new.timezone} instead of {look.current.timezone}"
    return _suspect(Suspicion.ZONE, sentence, off, lambda s: look.new.timezone)


def _vanished(look: _Look) -> Suspect | None:
    gone = [s for s in look.ahead if not _is_session(look.new.session(s.id))]
    day = look.mass(gone)
    rooms = _emptied(look, gone)
    if day is None and not rooms and len(gone) < MANY:
        return None
    if rooms:
        where = f", all or most of {' and '.join(rooms)}"
    elif day is not None:
        of_day = [s for s in look.ahead if look.day(s) == day]
        where = f", {sum(look.day(s) == day for s in gone)} of {len(of_day)} on {day:%-d %B}"
    else:
        where = ""
    over = [s for s in look.current.sessions if s.end <= look.now and _is_session(s) and not look.new.session(s.id)]
    sentence = f"{len(gone) + len(over)} sessions vanished at once{where}"
    found = _suspect(Suspicion.VANISHED, sentence, gone, lambda s: "gone")
    return replace(found, sessions=(*(s.id for s in over), *found.sessions))


def _emptied(look: _Look, gone: Iterable[Session]) -> list[str]:
    whole, part = Counter(s.room for s in look.ahead), Counter(s.room for s in gone)
    names = {room.id: room.name for room in look.current.rooms}
    return [
        f"room {names.get(room, room)}" for room, n in sorted(part.items()) if n >= ROOM_FEW and n >= MOST * whole[room]
    ]


def _shifted(look: _Look) -> Iterator[Suspect]:
    """Many sessions, all by the same time. Less than an hour on a small day counts as a delay."""
    by_shift: dict[timedelta, list[Session]] = defaultdict(list)
    after = {s.id: a for s, a in look.pairs()}
    for session, now in look.pairs():
        by_shift[now.start - session.start].append(session)
    by_shift.pop(timedelta(0), None)
    for shift, moved in sorted(by_shift.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        if look.mass(moved, ROOM_FEW if abs(shift) >= _LIKE_A_ZONE else FEW) is None:
            continue
        minutes = shift / timedelta(minutes=1)
        sentence = f"{len(moved)} sessions start {abs(minutes):g} min {'later' if minutes > 0 else 'earlier'} at once"
        yield _suspect(Suspicion.SHIFTED, sentence, moved, lambda s: after[s.id].start.isoformat())


def _rerooming(look: _Look) -> Suspect | None:
    """Many sessions lose a room that is captured, or change it."""
    after = {s.id: a for s, a in look.pairs()}
    moved = [s for s, now in look.pairs() if now.room != s.room]
    lost = [s for s in moved if s.room in look.captured and after[s.id].room not in look.captured]
    day = look.mass(moved)
    rooms = _emptied(look, lost)
    if day is None and not rooms:
        return None
    loss = f", {len(lost)} of them to rooms that are not captured" if lost else ""
    return _suspect(
        Suspicion.REROOMED, f"{len(moved)} sessions change their room at once{loss}", moved, lambda s: after[s.id].room
    )


def _is_session(session: Session | None) -> bool:
    return session is not None and session.is_planned

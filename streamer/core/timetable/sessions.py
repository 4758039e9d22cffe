"""The timetable: rooms and sessions as the organisers publish them, immutable, with a revision."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from streamer.core.base.ids import RoomId, SessionId


class SessionKind(StrEnum):
    """The kind of an item. Breaks and service items are listed, never captured."""

    SESSION = "session"
    BREAK = "break"


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    name: str
    affiliation: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    id: RoomId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Why the times of a session are not those that the feed has now.

    ``about`` says which of them. ``reason`` is what is wrong with them; empty if the feed has none. ``where`` is the
    line or element. ``kept``: they are those of an earlier version; otherwise the end is assumed. ``claims`` is the
    end in the feed of a session that would last longer than a day: the crew is asked whether it is meant.
    """

    about: Literal["end", "times"] = "end"
    reason: str = ""
    where: str = ""
    kept: bool = False
    claims: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One item of the programme in one room.

    ``start`` and ``end`` are time-zone-aware, and stored in UTC: within one zone Python calculates with local
    time, which is an hour off across a daylight-saving change. ``record`` and ``stream`` have three
    states: the timetable allows it, forbids it, or says nothing (``None``). ``foreign`` is the feed's own
    id of the item, unchanged: guid, UID or code; empty without one. ``record_from`` is when consent to record was given
    during the session: media before stays unrecorded. It is remembered here, no feed has it. A ``cancelled`` one is
    listed and does not take place.
    Raises ValueError for an instant without a zone.
    """

    id: SessionId
    room: RoomId
    title: str
    start: datetime
    end: datetime
    speakers: tuple[Speaker, ...] = ()
    abstract: str = ""
    record: bool | None = None
    stream: bool | None = None
    kind: SessionKind = SessionKind.SESSION
    foreign: str = ""
    record_from: datetime | None = None
    cancelled: bool = False
    doubt: Doubt | None = field(default=None, repr=False)  # not part of the revision: its line number changes

    def __post_init__(self) -> None:
        for name, instant in (("start", self.start), ("end", self.end)):
            if instant.tzinfo is None:
                raise ValueError(f"the {name} of session {self.id} has no time zone")
            object.__setattr__(self, name, instant.astimezone(UTC))

    @property
    def duration(self) -> timedelta:
        return self.end - self.start

    @property
    def is_planned(self) -> bool:
        """Whether it is a session that takes place, and not a break or cancelled."""
        return self.kind is SessionKind.SESSION and not self.cancelled


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """An item that a feed has and that can't be used, such as one with an unreadable start.

    ``id`` is the one that its session would have. ``reason`` says what is wrong. ``record`` and ``stream`` are its
    consent, ``cancelled`` whether it is, as far as they can be read.
    """

    id: SessionId
    title: str
    reason: str
    where: str = ""
    record: bool | None = None
    stream: bool | None = None
    cancelled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Remark:
    """An oddity in a feed that is still usable. ``where`` names the line or element."""

    message: str
    where: str = ""
    session: SessionId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timetable:
    """All sessions, ordered by start, room and id. ``timezone`` is the IANA name of the venue's zone.

    ``unread`` are the items of the feed that are no sessions because they can't be used.
    """

    title: str
    timezone: str
    rooms: tuple[Room, ...] = ()
    sessions: tuple[Session, ...] = ()
    unread: tuple[Unread, ...] = ()
    _by_id: Mapping[SessionId, Session] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.sessions, key=lambda s: (s.start, s.room, s.id)))
        object.__setattr__(self, "sessions", ordered)
        object.__setattr__(self, "_by_id", {s.id: s for s in ordered})

    def session(self, id: SessionId) -> Session | None:
        return self._by_id.get(id)

    @property
    def revision(self) -> str:
        """A digest of the content: equal timetables have equal revisions, across restarts and machines."""
        lines = [self.title, self.timezone, *(repr(r) for r in self.rooms), *(repr(s) for s in self.sessions)]
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parsed:
    """A format module's result for a feed's bytes."""

    timetable: Timetable
    remarks: tuple[Remark, ...] = ()
    format: str = ""


def shift_and_compress(timetable: Timetable, origin: datetime, target: datetime, factor: float) -> Timetable:
    """Move ``origin`` to ``target`` and divide every distance from it by ``factor``; used by a rehearsal."""

    def moved(instant: datetime) -> datetime:
        return target + (instant - origin) / factor

    def shifted(session: Session) -> Session:
        doubt = session.doubt
        if doubt is not None and doubt.claims is not None:
            doubt = replace(doubt, claims=moved(doubt.claims))
        return replace(session, start=moved(session.start), end=moved(session.end), doubt=doubt)

    return replace(timetable, sessions=tuple(map(shifted, timetable.sessions)))


def placed(timetable: Timetable, feed: str) -> Timetable:
    """With the feed's name in the places of what is doubtful or unread, for the crew of several feeds."""

    def of_feed(where: str) -> str:
        return f"{feed}, {where}" if where else feed

    return replace(
        timetable,
        sessions=tuple(
            replace(s, doubt=replace(s.doubt, where=of_feed(s.doubt.where))) if s.doubt else s
            for s in timetable.sessions
        ),
        unread=tuple(replace(item, where=of_feed(item.where)) for item in timetable.unread),
    )

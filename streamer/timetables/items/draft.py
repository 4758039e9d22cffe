"""An item of a feed on its way to a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from streamer.core.timetable.cancellation import is_marked
from streamer.core.timetable.sessions import Doubt, SessionKind, Speaker


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """An item of a feed: ``foreign`` is the feed's own id, ``room`` a room's name, instants are UTC.

    Without an ``end`` it lasts until the next item in its room; ``fault`` is what is wrong with the end in the feed,
    empty if it has none. ``cancelled`` is what its fields say; None if its title decides. ``occurrence`` is the number
    from 1 of a recurring item's occurrence; None if the feed has no numbers. ``id`` is used in place of ``foreign``,
    for a timetable that has both. Formats leave ``doubt`` empty.
    """

    foreign: str
    room: str
    title: str
    start: datetime
    end: datetime | None
    fault: str = ""
    speakers: tuple[Speaker, ...] = ()
    abstract: str = ""
    record: bool | None = None
    stream: bool | None = None
    kind: SessionKind = SessionKind.SESSION
    cancelled: bool | None = None
    occurrence: int | None = None
    id: str = ""
    where: str = ""
    doubt: Doubt | None = None

    @property
    def is_cancelled(self) -> bool:
        return is_marked(self.title) if self.cancelled is None else self.cancelled

    @property
    def is_planned(self) -> bool:
        """Whether it is neither a break nor cancelled."""
        return self.kind is SessionKind.SESSION and not self.is_cancelled

"""Collects the items of one feed: usable ones become drafts, others are left out with a remark.

One unusable item does not keep the others from being read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.base.errors import TimetableError
from streamer.core.base.ids import SessionId, session_id
from streamer.core.timetable.cancellation import is_marked, plain_title
from streamer.core.timetable.sessions import Parsed, SessionKind, Speaker, Unread
from streamer.timetables.items.breaks import why_a_break
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.drafts import MOST_SESSIONS, assemble, too_many
from streamer.timetables.items.lengths import LONG, after, minutes_of
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import line
from streamer.timetables.items.zones import instant_of, zone_name

_HOPELESS = 1_000


class Gathering:
    """The drafts of one feed so far; ``zone`` is the venue's, if it is known."""

    def __init__(self, zone: ZoneInfo | None, remarks: RemarkList) -> None:
        self.zone = zone
        self.remarks = remarks
        self._drafts: list[Draft] = []
        self._offsets: set[timedelta] = set()
        self._unusable = 0
        self._first_unusable = ""
        self._unread: dict[tuple[SessionId, str], Unread] = {}

    def add(self, draft: Draft) -> None:
        self._drafts.append(draft)
        if len(self._drafts) > MOST_SESSIONS:
            raise too_many()

    def leave_out(
        self,
        title: str,
        reason: str,
        where: str,
        *,
        id: str = "",
        record: bool | None = None,
        stream: bool | None = None,
        cancelled: bool | None = None,
    ) -> None:
        """Leave out an item that can't be used. ``id`` and the rest are what can be read of it."""
        self.could_not_read(title, reason, where, id=id, record=record, stream=stream, cancelled=cancelled)
        message = f"“{line(title) or '(untitled)'}” is left out: {line(reason)}"
        self._unusable += 1
        self._first_unusable = self._first_unusable or (f"{where}: {message}" if where else message)
        self.remarks.add("items left out", message, where=where)

    def could_not_read(
        self,
        title: str,
        reason: str,
        where: str,
        *,
        id: str = "",
        record: bool | None = None,
        stream: bool | None = None,
        cancelled: bool | None = None,
    ) -> None:
        """Note an item that can't be read, or not wholly: what an earlier version had of it is not removed."""
        if id or title:
            item = Unread(
                id=session_id(line(id) or plain_title(line(title))),
                title=line(title),
                reason=line(reason),
                where=where,
                record=record,
                stream=stream,
                cancelled=is_marked(line(title)) if cancelled is None else cancelled,
            )
            self._unread[item.id, item.where] = item

    @property
    def is_hopeless(self) -> bool:
        """Whether so many items are unusable, and none is usable, that the rest can be skipped."""
        return not self._drafts and self._unusable >= _HOPELESS

    def saw_offset(self, offset: timedelta | None) -> None:
        """Record the offset from UTC of a time in the feed."""
        if offset is not None:
            self._offsets.add(offset)

    def instant(self, wall: datetime, *, title: str, where: str) -> datetime:
        """The instant of a date-time. Raises ValueError, and TimetableError if the zone is needed and unknown."""
        try:
            instant, note = instant_of(wall, self.zone)
        except OverflowError:
            raise ValueError("its date is out of range") from None
        self.saw_offset(wall.utcoffset())
        if note:
            self.remarks.add("clock changes", f"“{title}”: {note}", where=where)
        return instant

    def end(
        self,
        said: object,
        duration: object,
        start: datetime,
        read: Callable[[object], datetime],
        *,
        title: str,
        where: str,
    ) -> tuple[datetime | None, str]:
        """The end of an item of JSON, and what is wrong if neither its end nor its ``duration`` in minutes can be used.

        ``read`` makes a date-time of the end, or raises ValueError.
        """
        fault, end = "", None
        lasts, wrong = minutes_of(duration)
        if said:
            try:
                end = self.instant(read(said), title=title, where=where)
                if end <= start:
                    fault, end = "it ends before it starts" if end < start else "it ends when it starts", None
                elif lasts is not None and end - start > LONG >= lasts:
                    fault, end = "its end is more than a day after its start", None
            except ValueError as error:
                fault = str(error)
        by_length = after(start, lasts) if lasts is not None else None
        if end is not None:
            return end, ""
        if by_length is None:
            return None, line(" and ".join(filter(None, (fault, wrong))))
        if fault:
            self.remarks.add("ends", f"“{title}”: {line(fault)}; its duration is taken", where=where)
        return by_length, ""

    def kind(self, *, type: str, track: str, title: str, speakers: Iterable[Speaker], where: str) -> SessionKind:
        """The kind of an item, by its words; adds a remark that explains a conclusion."""
        plain = plain_title(title)
        why = why_a_break(type=type, track=track, title=plain, has_speakers=any(True for _ in speakers))
        if why is None:
            return SessionKind.SESSION
        if why:
            self.remarks.add("breaks", f"“{title}” counts as a break: {why}", where=where)
        return SessionKind.BREAK

    def parsed(self, *, title: str, room_names: Iterable[str], format: str, default_room: str = "") -> Parsed:
        """The timetable. Raises TimetableError if the feed has items and none can be used."""
        if self._unusable and not self._drafts:
            count = (
                "its only item can't be used"
                if self._unusable == 1
                else (f"none of its {self._unusable} items can be used")
            )
            raise TimetableError(f"{count}; {self._first_unusable}")
        return assemble(
            title=line(title),
            timezone=zone_name(self.zone, self._offsets, self.remarks),
            room_names=[name for name in map(line, room_names) if name],
            drafts=self._drafts,
            remarks=self.remarks,
            format=format,
            default_room=line(default_room),
            unread=tuple(self._unread.values()),
        )


def speakers_of(names: Iterable[tuple[str, str]]) -> tuple[Speaker, ...]:
    """Speakers from pairs of name and affiliation, each name once."""
    speakers: dict[str, Speaker] = {}
    for name, affiliation in names:
        if name := line(name):
            speakers.setdefault(name, Speaker(name=name, affiliation=line(affiliation)))
    return tuple(speakers.values())

"""What frab's XML and JSON have in common: from an item's texts to a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.base.words import counted
from streamer.core.timetable.sessions import Parsed
from streamer.timetables.frab.times import Day, Placed, ending, length, place
from streamer.timetables.items.drafts import Draft
from streamer.timetables.items.gathering import Gathering, speakers_of
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import allowed, line, paragraphs, unescaped

_COUNT_DAYS = frozenset({"pretalx"})
"""Writers whose durations of three numbers are days, hours and minutes."""
_DIFFERENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item's texts as they stand in the feed; ``listed_in`` is the room it is listed under.

    ``ids`` are what may identify it, the best first. ``no_recording`` and ``no_stream`` are opt-outs, wherever they
    stand: true, false, or nothing said; ``room_records`` and ``room_streams`` are what is said of the whole room.
    ``persons`` are names with affiliations. ``id`` is the session's own id, in a timetable that was written here.
    ``end`` counts where it is a date with a time, and else the ``duration``.
    """

    ids: tuple[str, ...]
    listed_in: str
    room: str
    title: str
    date: str
    start: str
    duration: str
    persons: tuple[tuple[str, str], ...]
    abstract: str
    type: str
    track: str
    no_recording: tuple[object, ...] = ()
    no_stream: tuple[object, ...] = ()
    room_records: bool | None = None
    room_streams: bool | None = None
    id: str = ""
    end: str = ""
    where: str = ""


class Items:
    """Collects the items of one feed; ``generator`` is what names itself as its writer."""

    def __init__(self, zone: ZoneInfo | None, remarks: RemarkList, generator: str = "") -> None:
        self._gathering = Gathering(zone, remarks)
        self._with_days = generator.casefold() in _COUNT_DAYS
        self._remarks = remarks
        self._elsewhere: Counter[tuple[str, str]] = Counter()

    def add(self, item: Item, day: Day) -> None:
        """Take an item in, or leave it out with a remark. Raises TimetableError where a zone is needed and unknown."""
        title = line(unescaped(item.title)) or "(untitled)"
        try:
            self._gathering.add(self._draft(item, day, title))
        except (ValueError, OverflowError) as error:
            reason = "its date is out of range" if isinstance(error, OverflowError) else str(error)
            self.leave_out(title, reason, item.where)

    def leave_out(self, title: str, reason: str, where: str) -> None:
        self._gathering.leave_out(title, reason, where)

    def parsed(self, *, title: str, room_names: Iterable[str], format: str, default_room: str = "") -> Parsed:
        """The timetable. Raises TimetableError where the feed has items and none can be used."""
        for (listed_in, room), count in self._elsewhere.items():
            self._remarks.add(
                "rooms that differ",
                f"{counted(count, 'session')} listed under {listed_in} name {room} as the room; taken as {listed_in}",
            )
        return self._gathering.parsed(
            title=unescaped(title), room_names=map(unescaped, room_names), format=format, default_room=default_room
        )

    def _draft(self, item: Item, day: Day, title: str) -> Draft:
        own_room = line(unescaped(item.room))
        room = line(unescaped(item.listed_in)) or own_room
        zone = self._gathering.zone
        placed = place(item.date, item.start, day, zone, title=title, where=item.where, remarks=self._remarks)
        end = self._end(item, placed, title)
        if own_room and own_room.casefold() != room.casefold():
            self._elsewhere[room, own_room] += 1
        self._gathering.saw_offset(placed.offset)
        speakers = speakers_of((unescaped(name), affiliation) for name, affiliation in item.persons)
        return Draft(
            id=line(item.id),
            foreign=next((id for id in map(line, item.ids) if id), ""),
            room=room,
            title=title,
            start=placed.start,
            end=end,
            speakers=speakers,
            abstract=paragraphs(item.abstract),
            record=self._allowed(item, item.no_recording, item.room_records, "recording", title),
            stream=self._allowed(item, item.no_stream, item.room_streams, "streaming", title),
            kind=self._gathering.kind(
                type=item.type, track=item.track, title=title, speakers=speakers, where=item.where
            ),
            where=item.where,
        )

    def _end(self, item: Item, placed: Placed, title: str) -> datetime | None:
        """When it ends, as an end or a duration says; None where neither says anything. Raises ValueError."""
        end = ending(item.end, placed.start, self._gathering.zone)
        if not item.duration:
            return end
        try:
            duration, note = length(item.duration, with_days=self._with_days)
        except ValueError:
            if end is None:
                raise
            return end
        if end is None:
            if note:
                self._remarks.add("durations of three numbers", f"“{title}”: {note}", where=item.where)
            return placed.start + duration
        if not note and abs(end - placed.start - duration) > _DIFFERENCE:
            self._remarks.add(
                "ends and durations that differ",
                f"“{title}” has end {line(item.end, 40)} and duration {line(item.duration, 40)}; the end is taken",
                where=item.where,
            )
        return end

    def _allowed(self, item: Item, opt_outs: Iterable[object], room: bool | None, what: str, title: str) -> bool | None:
        """What item and room say together: who forbids is heard, and the room where the item says nothing."""
        said = {allowed(one, what, title=title, where=item.where, remarks=self._remarks) for one in opt_outs}
        if room is False or False in said:
            return False
        return True if True in said else room

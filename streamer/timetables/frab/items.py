"""The common part of frab's XML and JSON: from an item's texts to a draft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from streamer.core.timetable.sessions import Parsed
from streamer.timetables.frab.rooms import Listed, in_their_rooms
from streamer.timetables.frab.times import Day, Placed, ending, length, place
from streamer.timetables.items.cancelling import cancelled
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.drafts import MOST_SESSIONS, too_many
from streamer.timetables.items.gathering import Gathering, speakers_of
from streamer.timetables.items.lengths import LONG, after
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import allowed, line, paragraphs, unescaped

_COUNT_DAYS = frozenset({"pretalx"})
"""Writers whose durations of three numbers are days, hours and minutes."""
CANCELLED = ("cancelled", "canceled", "is_cancelled", "is_canceled")
"""The fields with which exports say that an item is cancelled."""
_DIFFERENCE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item's texts as they are in the feed; ``listed_in`` is the room it is listed under.

    ``ids`` are what may identify it, the best first. ``no_recording`` and ``no_stream`` are opt-outs in any
    form: true, false, or unset; ``room_records`` and ``room_streams`` are the room's settings.
    ``persons`` are names with affiliations. ``id`` is the session's own id, in a timetable that was written here.
    ``end`` counts where it can be read, and else the ``duration``. ``flags`` and ``states`` say whether it is
    cancelled.
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
    flags: tuple[object, ...] = ()
    states: tuple[str, ...] = ()
    where: str = ""

    @property
    def cancelled(self) -> bool | None:
        return cancelled(self.flags, self.states)

    @property
    def foreign(self) -> str:
        return next((id for id in map(line, self.ids) if id), "")


class Items:
    """Collects the items of one feed; ``generator`` is what names itself as its writer."""

    def __init__(self, zone: ZoneInfo | None, remarks: RemarkList, generator: str = "") -> None:
        self._gathering = Gathering(zone, remarks)
        self._with_days = generator.casefold() in _COUNT_DAYS
        self._remarks = remarks
        self._listed: list[Listed] = []

    def add(self, item: Item, day: Day) -> None:
        """Add an item, or leave it out with a remark. Raises TimetableError if a zone is needed and unknown."""
        title = line(unescaped(item.title)) or "(untitled)"
        try:
            draft = self._draft(item, day, title)
        except (ValueError, OverflowError) as error:
            reason = "its date is out of range" if isinstance(error, OverflowError) else str(error)
            record, stream = self._consent(item, title)
            self._gathering.leave_out(
                title,
                reason,
                item.where,
                id=item.id or item.foreign,
                record=record,
                stream=stream,
                cancelled=item.cancelled,
            )
        else:
            self._listed.append(Listed(draft=draft, own=line(unescaped(item.room)), day=day.date))
            if len(self._listed) > MOST_SESSIONS:
                raise too_many()

    def leave_out(self, title: str, reason: str, where: str) -> None:
        self._gathering.leave_out(title, reason, where)

    def parsed(self, *, title: str, room_names: Iterable[str], format: str, default_room: str = "") -> Parsed:
        """The timetable. Raises TimetableError where the feed has items and none can be used."""
        names = [unescaped(name) for name in room_names]
        for draft in in_their_rooms(self._listed, map(line, names), self._remarks):
            self._gathering.add(draft)
        return self._gathering.parsed(
            title=unescaped(title), room_names=names, format=format, default_room=default_room
        )

    def _draft(self, item: Item, day: Day, title: str) -> Draft:
        room = line(unescaped(item.listed_in)) or line(unescaped(item.room))
        zone = self._gathering.zone
        placed = place(item.date, item.start, day, zone, title=title, where=item.where, remarks=self._remarks)
        end, fault = self._end(item, placed, title)
        record, stream = self._consent(item, title)
        self._gathering.saw_offset(placed.offset)
        speakers = speakers_of((unescaped(name), affiliation) for name, affiliation in item.persons)
        return Draft(
            id=line(item.id),
            foreign=item.foreign,
            room=room,
            title=title,
            start=placed.start,
            end=end,
            fault=fault,
            cancelled=item.cancelled,
            speakers=speakers,
            abstract=paragraphs(item.abstract),
            record=record,
            stream=stream,
            kind=self._gathering.kind(
                type=item.type, track=item.track, title=title, speakers=speakers, where=item.where
            ),
            where=item.where,
        )

    def _end(self, item: Item, placed: Placed, title: str) -> tuple[datetime | None, str]:
        """When it ends by its end or its duration, and what is wrong if neither can be used."""
        end, faults = None, []
        if item.end:
            try:
                end = ending(item.end, placed, self._gathering.zone)
            except ValueError as error:
                faults.append(str(error))
        lasts: timedelta | None = None
        note = ""
        if item.duration:
            try:
                lasts, note = length(item.duration, with_days=self._with_days)
            except ValueError as error:
                faults.append(str(error))
        if end is not None and lasts is not None and end - placed.start > LONG >= lasts:
            faults.append(f"its end “{item.end[:40]}” is more than a day after its start")
            end = None
        if end is None and lasts is not None:
            if note:
                self._remarks.add("durations of three numbers", f"“{title}”: {note}", where=item.where)
            end = after(placed.start, lasts)
            if end is None:
                faults.append(f"its duration {line(item.duration, 40)} is not possible")
        elif end is not None and lasts is not None and not note and abs(end - placed.start - lasts) > _DIFFERENCE:
            self._remarks.add(
                "ends and durations that differ",
                f"“{title}” has end {line(item.end, 40)} and duration {line(item.duration, 40)}; the end is taken",
                where=item.where,
            )
        if end is not None and faults:
            instead = "end" if lasts is None else "duration"
            self._remarks.add("ends", f"“{title}”: {line(faults[0])}; its {instead} is taken", where=item.where)
        return end, " and ".join(map(line, faults))

    def _consent(self, item: Item, title: str) -> tuple[bool | None, bool | None]:
        return (
            self._allowed(item, item.no_recording, item.room_records, "recording", title),
            self._allowed(item, item.no_stream, item.room_streams, "streaming", title),
        )

    def _allowed(self, item: Item, opt_outs: Iterable[object], room: bool | None, what: str, title: str) -> bool | None:
        """The consent of item and room: a refusal counts, and the room's setting where the item has none."""
        said = {allowed(one, what, title=title, where=item.where, remarks=self._remarks) for one in opt_outs}
        if room is False or False in said:
            return False
        return True if True in said else room

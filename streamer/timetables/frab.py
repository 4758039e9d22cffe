"""What frab's XML and JSON have in common: from an item's texts to a draft."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from streamer.core.timetable import Parsed
from streamer.timetables.drafts import Draft
from streamer.timetables.frab_times import Day, length, place
from streamer.timetables.gathering import Gathering, speakers_of
from streamer.timetables.remarks import RemarkList
from streamer.timetables.text import allowed, line, paragraphs


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item's texts as they stand in the feed; ``listed_in`` is the room it is listed under.

    ``ids`` are what may identify it, the best first. ``no_recording`` and ``no_stream`` are opt-outs: true,
    false, or nothing said; ``room_records`` and ``room_streams`` are what is said of the whole room. ``persons`` are
    names with affiliations. ``id`` is the session's own id, in a timetable that was written here.
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
    no_recording: object = None
    no_stream: object = None
    room_records: bool | None = None
    room_streams: bool | None = None
    id: str = ""
    where: str = ""


class Items:
    """Collects the items of one feed."""

    def __init__(self, zone: ZoneInfo | None, remarks: RemarkList) -> None:
        self._gathering = Gathering(zone, remarks)
        self._remarks = remarks
        self._elsewhere: Counter[tuple[str, str]] = Counter()

    def add(self, item: Item, day: Day) -> None:
        """Take an item in, or leave it out with a remark. Raises TimetableError where a zone is needed and unknown."""
        title = line(item.title) or "(untitled)"
        try:
            self._gathering.add(self._draft(item, day, title))
        except (ValueError, OverflowError) as error:
            reason = "its date is out of range" if isinstance(error, OverflowError) else str(error)
            self.leave_out(title, reason, item.where)

    def leave_out(self, title: str, reason: str, where: str) -> None:
        self._gathering.leave_out(title, reason, where)

    def parsed(self, *, title: str, room_names: Iterable[str], format: str) -> Parsed:
        """The timetable. Raises TimetableError where the feed has items and none can be used."""
        for (listed_in, room), count in self._elsewhere.items():
            sessions = "1 session" if count == 1 else f"{count} sessions"
            self._remarks.add(
                "rooms that differ",
                f"{sessions} listed under {listed_in} name {room} as the room; taken as {listed_in}",
            )
        return self._gathering.parsed(title=title, room_names=room_names, format=format)

    def _draft(self, item: Item, day: Day, title: str) -> Draft:
        room, own_room = line(item.listed_in) or line(item.room), line(item.room)
        if not room:
            raise ValueError("it names no room")
        zone = self._gathering.zone
        placed = place(item.date, item.start, day, zone, title=title, where=item.where, remarks=self._remarks)
        duration = length(item.duration)
        if not duration:
            raise ValueError("it lasts no time")
        if own_room and own_room.casefold() != room.casefold():
            self._elsewhere[room, own_room] += 1
        self._gathering.saw_offset(placed.offset)
        speakers = speakers_of(item.persons)
        return Draft(
            id=line(item.id),
            foreign=next((id for id in map(line, item.ids) if id), ""),
            room=room,
            title=title,
            start=placed.start,
            end=placed.start + duration,
            speakers=speakers,
            abstract=paragraphs(item.abstract),
            record=self._allowed(item, item.no_recording, item.room_records, "recording", title),
            stream=self._allowed(item, item.no_stream, item.room_streams, "streaming", title),
            kind=self._gathering.kind(
                type=item.type, track=item.track, title=title, speakers=speakers, where=item.where
            ),
            where=item.where,
        )

    def _allowed(self, item: Item, opt_out: object, room: bool | None, what: str, title: str) -> bool | None:
        """What item and room say together: who forbids is heard, and the room where the item says nothing."""
        own = allowed(opt_out, what, title=title, where=item.where, remarks=self._remarks)
        return False if room is False else room if own is None else own

"""What frab's XML and JSON have in common: from an item's texts to a draft.

A feed is written by a program, hours before a session nobody wants to miss: one item that can't be used is left out
and spoken of, and does not keep the others from being read.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from zoneinfo import ZoneInfo

from streamer.core.errors import TimetableError
from streamer.core.timetable import Parsed, SessionKind, Speaker
from streamer.timetables.drafts import Draft, assemble
from streamer.timetables.frab_times import Day, length, place
from streamer.timetables.remarks import RemarkList
from streamer.timetables.text import allowed, line, paragraphs
from streamer.timetables.zones import zone_name

_BREAKS = frozenset({"break", "breaks"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item's texts as they stand in the feed; ``listed_in`` is the room it is listed under.

    ``ids`` are what may identify it, the best first. ``no_recording`` and ``no_stream`` are opt-outs: true,
    false, or nothing said.
    """

    ids: tuple[str, ...]
    listed_in: str
    room: str
    title: str
    date: str
    start: str
    duration: str
    persons: tuple[str, ...]
    abstract: str
    type: str
    track: str
    no_recording: object = None
    no_stream: object = None
    where: str = ""


class Items:
    """Collects the items of one feed."""

    def __init__(self, zone: ZoneInfo | None, remarks: RemarkList) -> None:
        self._zone = zone
        self._remarks = remarks
        self._drafts: list[Draft] = []
        self._offsets: set[timedelta] = set()
        self._elsewhere: Counter[tuple[str, str]] = Counter()
        self._unusable: list[str] = []

    def add(self, item: Item, day: Day) -> None:
        """Take an item in, or leave it out with a remark. Raises TimetableError where a zone is needed and unknown."""
        title = line(item.title) or "(untitled)"
        try:
            self._drafts.append(self._draft(item, day, title))
        except (ValueError, OverflowError) as error:
            reason = "its date is out of range" if isinstance(error, OverflowError) else str(error)
            self.leave_out(title, reason, item.where)

    def leave_out(self, title: str, reason: str, where: str) -> None:
        message = f"“{title}” is left out: {line(reason)}"
        self._unusable.append(f"{where}: {message}" if where else message)
        self._remarks.add("items left out", message, where=where)

    def parsed(self, *, title: str, room_names: Iterable[str], format: str) -> Parsed:
        """The timetable. Raises TimetableError where the feed has items and none can be used."""
        if self._unusable and not self._drafts:
            raise TimetableError(f"none of its {len(self._unusable)} items can be used; {self._unusable[0]}")
        for (listed_in, room), count in self._elsewhere.items():
            sessions = "1 session" if count == 1 else f"{count} sessions"
            self._remarks.add(
                "rooms that differ",
                f"{sessions} listed under {listed_in} name {room} as the room; taken as {listed_in}",
            )
        names = [name for name in map(line, room_names) if name]
        return assemble(
            title=line(title),
            timezone=zone_name(self._zone, self._offsets, self._remarks),
            room_names=names,
            drafts=self._drafts,
            remarks=self._remarks,
            format=format,
        )

    def _draft(self, item: Item, day: Day, title: str) -> Draft:
        room, own_room = line(item.listed_in) or line(item.room), line(item.room)
        if not room:
            raise ValueError("it names no room")
        placed = place(item.date, item.start, day, self._zone, title=title, where=item.where, remarks=self._remarks)
        duration = length(item.duration)
        if not duration:
            raise ValueError("it lasts no time")
        if own_room and own_room.casefold() != room.casefold():
            self._elsewhere[room, own_room] += 1
        if placed.offset is not None:
            self._offsets.add(placed.offset)
        is_break = any(line(word).casefold() in _BREAKS for word in (item.type, item.track))
        return Draft(
            foreign=next((id for id in map(line, item.ids) if id), title),
            room=room,
            title=title,
            start=placed.start,
            end=placed.start + duration,
            speakers=tuple(Speaker(name=name) for name in dict.fromkeys(map(line, item.persons)) if name),
            abstract=paragraphs(item.abstract),
            record=allowed(item.no_recording, "recording", title=title, where=item.where, remarks=self._remarks),
            stream=allowed(item.no_stream, "streaming", title=title, where=item.where, remarks=self._remarks),
            kind=SessionKind.BREAK if is_break else SessionKind.SESSION,
            where=item.where,
        )

"""The room of an item that names another one than it is listed under.

The list decides: exports name a former room in the item more often. But where the items listed under a room on a day
would overlap, the list is the mistake, such as one room for everything, and each item's own room counts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from streamer.core.base.words import counted
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.remarks import RemarkList

_INSTANT = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """An item as it is listed on a day: its draft has the room that it is listed under; ``own`` is the one it names."""

    draft: Draft
    own: str
    day: date | None

    @property
    def differs(self) -> bool:
        return bool(self.own) and self.own.casefold() != self.draft.room.casefold()


def in_their_rooms(items: Sequence[Listed], rooms: Iterable[str], remarks: RemarkList) -> Iterator[Draft]:
    """The drafts in their rooms; ``rooms`` are those of the file."""
    known = {room.casefold() for room in rooms}
    groups: dict[tuple[date | None, str], list[Listed]] = defaultdict(list)
    for item in items:
        groups[item.day, item.draft.room.casefold()].append(item)
    mistaken = {key for key, group in groups.items() if _would_overlap(group, known)}
    taken: Counter[tuple[str, str, str]] = Counter()
    for item in items:
        draft = item.draft
        if not item.differs:
            yield draft
            continue
        is_own = (item.day, draft.room.casefold()) in mistaken and item.own.casefold() in known
        taken[draft.room, item.own, item.own if is_own else draft.room] += 1
        yield replace(draft, room=item.own) if is_own else draft
    for (listed, own, room), count in taken.items():
        why = f", because others in {listed} would overlap" if room == own else ""
        message = f"{counted(count, 'session')} listed under {listed} name {own} as the room; taken as {room}{why}"
        remarks.add("rooms that differ", message)


def _would_overlap(group: Sequence[Listed], known: set[str]) -> bool:
    """Whether an item that names another room of the file overlaps with one that is listed with it."""
    strays = homes = datetime.min
    if not any(item.differs for item in group):
        return False
    for item in sorted(group, key=lambda item: item.draft.start):
        if not item.draft.is_planned:
            continue
        start = item.draft.start.replace(tzinfo=None)
        end = max(start + _INSTANT, (item.draft.end or item.draft.start).replace(tzinfo=None))
        if item.differs and item.own.casefold() in known:
            if start < max(strays, homes):
                return True
            strays = max(strays, end)
        else:
            if start < strays:
                return True
            homes = max(homes, end)
    return False

"""The ends of items that have none, or none that can be used: until the next item in the room, or an hour.

A bad end costs only itself: the item keeps its room, start and title. One of more than a day is a claim, which the crew
confirms.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from streamer.core.base.durations import format_duration
from streamer.core.timetable.sessions import Doubt
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.lengths import LONG, LONGEST
from streamer.timetables.items.remarks import RemarkList

_UNSAID = timedelta(hours=1)
_NEXT_WITHIN = timedelta(hours=2)


def with_ends(drafts: Sequence[Draft], remarks: RemarkList) -> list[Draft]:
    """The drafts, each with an end, and with a doubt and a remark if it is assumed."""
    checked = [(draft, *_fault(draft)) for draft in drafts]
    starts: dict[str, list[datetime]] = {}
    if any(end is None for _, end, *_ in checked):
        for draft in sorted(drafts, key=lambda d: d.start):
            if not draft.is_cancelled:
                starts.setdefault(draft.room.casefold(), []).append(draft.start)
    ended = []
    for draft, end, fault, claims in checked:
        if end is None:
            end, how = _assumed(draft.start, starts.get(draft.room.casefold(), ()))
            what = f"“{draft.title}”: {fault}" if fault else f"“{draft.title}” has no end"
            until = "until the crew approves that, " if claims else ""
            remarks.add("missing ends", f"{what}; {until}it is assumed to last {how}", where=draft.where)
            draft = replace(draft, end=end, doubt=Doubt(reason=fault, where=draft.where, claims=claims))
        ended.append(draft)
    return ended


def _fault(draft: Draft) -> tuple[datetime | None, str, datetime | None]:
    """The end that can be used, what is wrong with the one in the feed, and that one if it may be meant."""
    if draft.end is None:
        return None, draft.fault, None
    lasts = draft.end - draft.start
    if lasts <= timedelta(0):
        return None, "it ends before it starts" if lasts else "it ends when it starts", None
    if lasts > LONGEST:
        return None, f"it would last more than {LONGEST.days} days", None
    if lasts > LONG and draft.is_planned:
        return None, f"it would last {format_duration(lasts)}", draft.end
    return draft.end, "", None


def _assumed(start: datetime, in_room: Sequence[datetime]) -> tuple[datetime, str]:
    """An end, and how it was found."""
    later = bisect_right(in_room, start)
    if later < len(in_room) and in_room[later] - start <= _NEXT_WITHIN:
        return in_room[later], "until the next item in its room"
    return start + _UNSAID, format_duration(_UNSAID)

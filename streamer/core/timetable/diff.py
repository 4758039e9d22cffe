"""The changes from one timetable to the next, session by session, and in words.

Compares instants, not their spelling: another notation of the same time is not a change.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.timetable.sessions import Session, Timetable


class ChangeKind(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    RETIMED = "retimed"  # start or end
    REROOMED = "reroomed"
    MOVED = "moved"  # time and room
    RENAMED = "renamed"
    CONSENT = "consent"  # may be recorded, may be streamed
    CANCELLED = "cancelled"  # or not cancelled any more
    KIND = "kind"  # a session became a break, or the other way round
    TEXT = "text"  # speakers or abstract


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of one session. ``before`` is None for an added session, ``after`` for a removed one.

    ``room_before`` and ``room_after`` are the rooms' names, empty where there is no session.
    """

    kind: ChangeKind
    session: SessionId
    before: Session | None
    after: Session | None
    room_before: str = ""
    room_after: str = ""

    def sentence(self, zone: tzinfo = UTC) -> str:
        """The change in words, times in ``zone``."""
        before, after = self.before, self.after
        if before is None:
            assert after is not None
            return f"“{after.title}” is new: {_window(after, zone)} in {self.room_after}."
        title = f"“{before.title}”"
        if after is None:
            return f"{title} is gone; it was {_window(before, zone)} in {self.room_before}."
        times = f"{_window(after, zone)} instead of {_window(before, zone, beside=after)}"
        rooms = f"{self.room_after} instead of {self.room_before}"
        match self.kind:
            case ChangeKind.RETIMED:
                return f"{title} is now {times}, in {self.room_after}."
            case ChangeKind.REROOMED:
                return f"{title} is now in {rooms}, {_window(after, zone)}."
            case ChangeKind.MOVED:
                return f"{title} is now in {rooms}, {times}."
            case ChangeKind.RENAMED:
                return f"{title} is now called “{after.title}”."
            case ChangeKind.CONSENT:
                return f"{title} {' and '.join(_consent(before, after))}."
            case ChangeKind.CANCELLED:
                return f"{title} {'is cancelled' if after.cancelled else 'takes place again'}."
            case ChangeKind.KIND:
                return f"{title} is now a {after.kind.value}, no longer a {before.kind.value}."
            case _:
                return f"{title} has {' and '.join(_texts(before, after))}."


def diff(old: Timetable, new: Timetable) -> tuple[Change, ...]:
    """The changes from ``old`` to ``new``, ordered by their sessions' starts (former starts of removed sessions)."""
    names_before = {room.id: room.name for room in old.rooms}
    names_after = {room.id: room.name for room in new.rooms}
    found: list[tuple[datetime, RoomId, SessionId, Change]] = []
    for id in {s.id: None for s in (*old.sessions, *new.sessions)}:
        before, after = old.session(id), new.session(id)
        stands = after or before
        assert stands is not None
        for kind in _kinds(before, after):
            change = Change(
                kind=kind,
                session=id,
                before=before,
                after=after,
                room_before=names_before.get(before.room, before.room) if before else "",
                room_after=names_after.get(after.room, after.room) if after else "",
            )
            found.append((stands.start, stands.room, id, change))
    found.sort(key=lambda entry: entry[:3])
    return tuple(change for *_, change in found)


def _kinds(before: Session | None, after: Session | None) -> Iterator[ChangeKind]:
    if before is None:
        yield ChangeKind.ADDED
        return
    if after is None:
        yield ChangeKind.REMOVED
        return
    retimed = (before.start, before.end) != (after.start, after.end)
    reroomed = before.room != after.room
    if retimed or reroomed:
        yield ChangeKind.MOVED if retimed and reroomed else ChangeKind.RETIMED if retimed else ChangeKind.REROOMED
    if before.title != after.title:
        yield ChangeKind.RENAMED
    if (before.record, before.stream) != (after.record, after.stream):
        yield ChangeKind.CONSENT
    if before.cancelled != after.cancelled:
        yield ChangeKind.CANCELLED
    if before.kind != after.kind:
        yield ChangeKind.KIND
    if (before.speakers, before.abstract) != (after.speakers, after.abstract):
        yield ChangeKind.TEXT


def _window(session: Session, zone: tzinfo, beside: Session | None = None) -> str:
    """``2025-09-08 09:00–10:30``; beside another session's window, without the date if it is the same."""
    start, end = session.start.astimezone(zone), session.end.astimezone(zone)
    same_day = beside is not None and beside.start.astimezone(zone).date() == start.date()
    first = f"{start:%H:%M}" if same_day else f"{start:%Y-%m-%d %H:%M}"
    return f"{first}–{end:%H:%M}" if end.date() == start.date() else f"{first} – {end:%Y-%m-%d %H:%M}"


def _consent(before: Session, after: Session) -> Iterator[str]:
    for verb, was, now in (("recorded", before.record, after.record), ("streamed", before.stream, after.stream)):
        if was == now:
            continue
        if now is None:
            yield f"no longer says whether it may be {verb}"
        else:
            yield f"{'may' if now else 'must not'} be {verb}"


def _texts(before: Session, after: Session) -> Iterator[str]:
    if before.speakers != after.speakers:
        names = ", ".join(speaker.name for speaker in after.speakers)
        yield f"other speakers ({names})" if names else "no speakers any more"
    if before.abstract != after.abstract:
        yield "another abstract"

"""Keeps what was known of a session where a new version has it and can't be read: unreadable is not removed.

An end that the new version lacks, or that can't be understood, stays as it was. An item that can't be used at all keeps
its session. Both carry a doubt, from which the crew's alarms follow.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from streamer.core.base.alarm import Alarm
from streamer.core.base.ids import SessionId
from streamer.core.timetable.cancellation import plain_title
from streamer.core.timetable.identity import Memory, base_of
from streamer.core.timetable.sessions import Doubt, Session, Timetable, Unread

_SINGLY = 5
"""More alarms of one version than these are one."""


def with_last_good(current: Timetable, new: Timetable, memory: Memory) -> Timetable:
    """``new`` with what ``current``, the timetable in use, knows better. Both have local ids; ``memory`` is the one
    from before ``new``, because the unread items have the feed's ids."""
    sessions = [_with_end(s, current.session(s.id)) for s in new.sessions]
    missing = [s for s in current.sessions if new.session(s.id) is None]
    sessions += [_kept(session, item) for session, item in _matched(missing, new.unread, memory)]
    known, used = {room.id for room in new.rooms}, {s.room for s in sessions}
    rooms = (*new.rooms, *(room for room in current.rooms if room.id in used - known))
    return replace(new, rooms=rooms, sessions=tuple(sessions), unread=())


def _with_end(session: Session, before: Session | None) -> Session:
    """With the former end, or the former duration if it starts at another time; an assumed one is assumed again."""
    if session.doubt is None or before is None or (before.doubt is not None and not before.doubt.kept):
        return session
    end = before.end if session.start == before.start else session.start + before.duration
    return replace(session, end=end, doubt=replace(session.doubt, kept=True))


def _kept(session: Session, item: Unread) -> Session:
    """The session in use, with what its item says clearly: that it is cancelled, or that it forbids something."""
    return replace(
        session,
        record=False if item.record is False else session.record,
        stream=False if item.stream is False else session.stream,
        cancelled=session.cancelled or item.cancelled,
        doubt=Doubt(about="times", reason=item.reason, where=item.where, kept=True),
    )


def _matched(missing: Sequence[Session], unread: Iterable[Unread], memory: Memory) -> Iterable[tuple[Session, Unread]]:
    """The missing sessions whose items are unread: by the feed's id if it is good, else by a title of only one."""
    given: Mapping[SessionId, SessionId] = {known.local: known.given for known in memory.known}
    by_id: dict[str, list[Session]] = defaultdict(list)
    by_title: dict[str, list[Session]] = defaultdict(list)
    for session in missing:
        by_id[base_of(given.get(session.id, session.id))].append(session)
        by_title[_title(session.title)].append(session)
    titles = Counter(_title(item.title) for item in unread)
    found: dict[SessionId, tuple[Session, Unread]] = {}
    for item in unread:
        sessions = by_id.get(base_of(item.id), []) if memory.ids_are_good else []
        same = by_title.get(_title(item.title), [])
        if not sessions and titles[_title(item.title)] == len(same) == 1:
            sessions = same
        for session in sessions:
            found.setdefault(session.id, (session, item))
    return found.values()


def _title(title: str) -> str:
    return plain_title(title).casefold()


def doubt_alarms(timetable: Timetable, now: datetime) -> dict[str, Alarm]:
    """What was kept of the sessions that run or are ahead, by id of the alarm."""
    zone = ZoneInfo(timetable.timezone)
    kept = [(s, s.doubt) for s in timetable.sessions if s.end > now and s.is_planned and s.doubt and s.doubt.kept]
    kept = [(s, doubt) for s, doubt in kept if doubt.claims is None]  # the crew is asked about these
    hint = "correct it in the timetable; until then the last good one counts"
    if len(kept) > _SINGLY:
        named = ", ".join(f"“{s.title}”" for s, _ in kept[:_SINGLY])
        what = f"the times of {len(kept)} sessions can't be read in the new version of the timetable"
        message = f"{what}: {named} and others"
        return {"timetable unread": Alarm(id="timetable unread", severity="warning", message=message, hint=hint)}
    alarms = (
        Alarm(
            id=f"timetable unread {session.id}",
            severity="warning",
            message=_sentence(session, doubt, zone),
            hint=hint,
            room=session.room,
            session=session.id,
        )
        for session, doubt in kept
    )
    return {alarm.id: alarm for alarm in alarms}


def _sentence(session: Session, doubt: Doubt, zone: ZoneInfo) -> str:
    place = f"{doubt.where}: " if doubt.where else ""
    start, end = session.start.astimezone(zone), session.end.astimezone(zone)
    if doubt.about == "times":
        what = f"“{session.title}” can't be read: {doubt.reason}; it stays from {start:%H:%M} to {end:%H:%M}"
    elif doubt.reason:
        what = f"“{session.title}”: {doubt.reason}; its former end {end:%H:%M} is kept"
    else:
        what = f"“{session.title}” has no end any more; its former end {end:%H:%M} is kept"
    return f"the new version of the timetable, {place}{what}"

"""Whether what happened in a replay is what may happen, seen from outside: from what the feed said and what ran.

The invariants of the engine (:mod:`streamer.core.records.invariants`) look at its own plan; a plan that is wrong
satisfies them. Here the feed's versions are held against what became of them, by rules of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime

from streamer.core.base.ids import SessionId
from streamer.core.status.documents import SessionDocument
from streamer.core.timetable.sessions import Session, Timetable

RULES = {
    3: "nothing of a session that may not be recorded is kept",
    7: "a session that disappears from the feed while running keeps running",
    101: "a session keeps its id",
    102: "a consent that is withdrawn counts at once",
    103: "a mass change is held back whole",
}


def stopped_early(before: SessionDocument, latest: Timetable, now: datetime) -> Iterator[str]:
    """``before`` is a session that ran and does not any more, though its time is not over: only the feed may have said
    so, by giving it another time."""
    said = latest.session(SessionId(before["id"]))
    if said is None:
        yield _broken(7, f"session {before['id']} of room {before['room']} was stopped, as the feed has it no more")
    elif said.room == before["room"] and said.start <= now < said.end:
        yield _broken(7, f"session {before['id']} of room {before['room']} was stopped, and the feed has it running")


def same_ids(before: Timetable, after: Timetable) -> Iterator[str]:
    """Two timetables that were followed one after the other: what is the same by title, room and start, and like no
    other, has the same id."""
    old, new = _by_place(before), _by_place(after)
    for place in old.keys() & new.keys():
        if old[place] != new[place]:
            yield _broken(101, f"“{place[0]}” was {old[place]} and is {new[place]} now")


def withdrawn(latest: Timetable, running: Timetable) -> Iterator[str]:
    """What the feed forbids of sessions that are recognisably the same."""
    for said in latest.sessions:
        stands = running.session(said.id)
        if stands is None or (said.title != stands.title and (said.room, said.start) != (stands.room, stands.start)):
            continue
        for what, forbidden, now in (
            ("recorded", said.record is False, stands.record),
            ("streamed", said.stream is False, stands.stream),
        ):
            if forbidden and now is not False:
                yield _broken(102, f"session {said.id} must not be {what} any more, and may be")


def taken_in_part(before: Timetable, after: Timetable) -> Iterator[str]:
    """What a version changed although it is held back: anything but consent."""
    changed = _without_consent(before).items() ^ _without_consent(after).items()
    if changed:
        ids = sorted({id for id, _ in changed})
        yield _broken(103, f"{len(ids)} sessions changed, {ids[0]} for one")


def _broken(number: int, where: str) -> str:
    return f"{number}, {RULES[number]}: {where}"


def _by_place(table: Timetable) -> Mapping[tuple[str, str, datetime], SessionId]:
    places = [(s.title, str(s.room), s.start) for s in table.sessions]
    counts, titles = Counter(places), Counter(s.title for s in table.sessions)
    return {
        place: s.id
        for place, s in zip(places, table.sessions, strict=True)
        if counts[place] == 1 and titles[s.title] == 1
    }


def _without_consent(table: Timetable) -> dict[SessionId, tuple[object, ...]]:
    return {s.id: _what(s) for s in table.sessions}


def _what(session: Session) -> tuple[object, ...]:
    return (session.room, session.start, session.end, session.title, session.kind)

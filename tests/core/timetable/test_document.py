"""A timetable's document holds all of it, so that the last good version stays in use after a restart as it was."""

from __future__ import annotations

import dataclasses
import json

from hypothesis import given
from support.day.days import LAW, MAIN, after, session, sessions, timetable

from streamer.core.timetable.document import timetable_document, timetable_of
from streamer.core.timetable.identity import Memory, identified
from streamer.core.timetable.sessions import Doubt, Session, SessionKind, Speaker
from streamer.core.trust.held import Standing
from streamer.core.trust.state import FeedState, state_document, state_of
from streamer.core.trust.suspicion import suspects

FULL = session(
    "a",
    record=False,
    stream=True,
    speakers=(Speaker(name="Åse", affiliation="Ø"), Speaker(name="Kim")),
    abstract="Text",
    kind=SessionKind.BREAK,
    foreign="guid",
    record_from=after(7),
    cancelled=True,
    doubt=Doubt(about="times", reason="unclear", where="line 3", kept=True, claims=after(9000)),
)


@LAW
@given(sessions())
def test_what_is_written_is_read_again(programme: tuple[Session, ...]) -> None:
    table = timetable(FULL, *programme)
    assert timetable_of(json.loads(json.dumps(timetable_document(table)))) == table


def test_no_field_is_left_out() -> None:
    plain = session("a")
    changed = {f.name for f in dataclasses.fields(Session) if getattr(FULL, f.name) != getattr(plain, f.name)}
    assert changed == {f.name for f in dataclasses.fields(Session)} - {"id", "room", "title", "start", "end"}


def test_the_state_of_a_feed_is_read_again_as_it_was() -> None:
    table, gone = timetable(*(session(f"s{n}", n * 40) for n in range(6))), timetable()
    (odd,) = suspects(table, gone, after(-60), 0.25, {MAIN})
    standing = Standing(
        masses=((odd, after(-60)),), since=(("x", after(1)),), approved=frozenset({"x"}), refused=frozenset({"y"})
    )
    state = FeedState(
        house="h",
        running=table,
        goal=gone,
        latest=timetable(FULL),
        memory=identified(table, Memory())[1],
        standing=standing,
        pinned=3,
        failing_since=after(2),
        decisions=({"at": "2025-09-08T09:00:00+02:00", "by": "Kim", "action": "unpin", "target": "version 3"},),
    )
    assert state_of(json.loads(json.dumps(state_document(state)))) == state

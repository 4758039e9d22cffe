"""A version as it arrives, and judgements that time has overtaken."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.day.days import after, planned, session, timetable

from streamer.core.timetable.diff import ChangeKind
from streamer.core.timetable.document import timetable_of
from streamer.core.timetable.identity import Memory
from streamer.core.trust.arrival import arrival, is_overtaken

TABLE = timetable(session("a"), session("b", 60))


def test_a_new_version_comes_with_its_changes_and_its_document() -> None:
    new = replace(TABLE, sessions=TABLE.sessions[:1])
    found = arrival(new, Memory(), TABLE, TABLE.revision)
    assert (found.timetable, found.digest) == (new, new.revision)
    assert [change.kind for change in found.changes or ()] == [ChangeKind.REMOVED]
    assert found.whole is not None
    assert timetable_of(found.whole) == new


def test_the_version_seen_last_is_not_compared_again() -> None:
    found = arrival(TABLE, Memory(), timetable(), TABLE.revision)
    assert (found.timetable, found.changes, found.whole) == (TABLE, None, None)
    assert [known.local for known in found.memory.known] == ["a", "b"]


@pytest.mark.parametrize(
    ("judged", "now", "overtaken"),
    [(-5, -1, False), (-5, 0, True), (0, 29, False), (0, 30, True), (30, 59, False), (29, 61, True)],
)
def test_a_judgement_is_overtaken_when_a_session_began_or_ended_since(
    judged: float, now: float, overtaken: bool
) -> None:
    made = planned(*TABLE.sessions, now=after(judged))
    assert is_overtaken(made, after(judged), after(now)) is overtaken

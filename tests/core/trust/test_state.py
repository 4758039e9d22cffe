"""A feed's state survives a restart as JSON."""

from __future__ import annotations

import json

from support.day.days import NINE, after, session, timetable

from streamer.core.timetable.identity import Memory, identified
from streamer.core.trust.held import Standing
from streamer.core.trust.state import FeedState, state_document, state_of
from streamer.core.trust.suspicion import Suspect, Suspicion

ONE, TWO, THREE = timetable(session("a")), timetable(session("b")), timetable(session("c"))
_, MEMORY = identified(TWO, identified(ONE, Memory())[1])
VANISHED = Suspect(
    kind=Suspicion.VANISHED, sentence="one is gone", sessions=(session().id,), marks=frozenset({"a gone"})
)
STANDING = Standing(
    masses=((VANISHED, NINE),), since=(("q", after(1)),), approved=frozenset("yz"), refused=frozenset("x")
)


def test_a_state_is_read_back_from_json() -> None:
    plain = FeedState(house="h", running=ONE, goal=ONE, latest=ONE)
    whole = FeedState(
        house="h",
        running=ONE,
        goal=TWO,
        latest=THREE,
        memory=MEMORY,
        standing=STANDING,
        pinned=3,
        failing_since=after(2),
        decisions=({"at": "2025-09-08T09:00:00+00:00", "by": "Ada", "action": "approve", "target": "q"},),
    )
    for state in (plain, whole):
        assert state_of(json.loads(json.dumps(state_document(state)))) == state


def test_equal_timetables_are_written_once() -> None:
    written = state_document(FeedState(house="h", running=ONE, goal=TWO, latest=TWO))
    assert (written["goal"], written["latest"] is None) == (None, False)
    written = state_document(FeedState(house="h", running=ONE, goal=TWO, latest=ONE))
    assert (written["goal"] is None, written["latest"]) == (False, None)

"""How long a session that is over and was captured stays in the programme, whatever the feed says of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.day.days import MAIN, POLICY, SIDE, after, planned, session

from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.planned import PlannedSession
from streamer.core.recording.bounds import padding_goes
from streamer.core.timetable.sessions import SessionKind
from streamer.core.trust.protection import stays_until

TALK = session("a")
"""From nine to half past."""


def known(**consent: bool) -> PlannedSession:
    found = planned(replace(TALK, **consent), now=after(120)).session(SessionId("a"))  # type: ignore[arg-type]
    assert found is not None
    return found


def test_one_that_the_feed_dropped_stays_until_its_padding_goes() -> None:
    made = known()
    for dropped in (None, replace(TALK, kind=SessionKind.BREAK)):
        assert stays_until(TALK, dropped, made, POLICY, after(120)) == padding_goes(made, POLICY)
        assert stays_until(TALK, dropped, made, POLICY, after(30)) == padding_goes(made, POLICY), "it ends now"
        assert stays_until(TALK, dropped, made, POLICY, after(29.9)) is None, "it is not over"
        assert stays_until(TALK, dropped, known(record=False, stream=False), POLICY, after(120)) is None
        assert stays_until(TALK, dropped, None, POLICY, after(120)) is None


@pytest.mark.parametrize(
    ("start", "room", "stays"),
    [
        (30, MAIN, True),  # right after it
        (29, MAIN, False),  # some of it is where it was: a correction
        (-30, MAIN, True),  # right before it
        (-29, MAIN, False),
        (0, SIDE, True),
        (0, MAIN, False),
        (90, MAIN, True),  # over at this instant
        (91, MAIN, False),  # it would be ahead again
        (91, SIDE, False),
    ],
)
def test_one_that_the_feed_moved_in_the_past_stays_where_it_was(start: float, room: RoomId, stays: bool) -> None:
    made, moved = known(), session("a", start, room=room)
    assert stays_until(TALK, moved, made, POLICY, after(120)) == (padding_goes(made, POLICY) if stays else None)

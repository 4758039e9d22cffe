"""The cues: each start and stop of each session's jobs, at its instant and in order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from support.day.days import GARDEN, MAIN, NINE, POLICY, after, planned, session

from streamer.core.plan.cues import Cue, cues, next_cue

SESSION = [(0, "session.start"), (30, "session.end")]
CAPTURE = [(-10, "capture.start"), (40, "capture.stop")]
LIVESTREAM = [(-0.5, "livestream.start"), (30, "livestream.stop")]
RECORDING = [(-1, "recording.start"), (32, "recording.stop")]
SLATE = [(-10, "slate.start"), (40, "slate.stop")]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ({}, [*SESSION, *CAPTURE, *LIVESTREAM, *RECORDING]),
        ({"record": False}, [*SESSION, *CAPTURE, *LIVESTREAM]),
        ({"stream": False}, [*SESSION, *CAPTURE, *RECORDING]),
        ({"record": False, "stream": False}, [*SESSION, *SLATE]),
        ({"room": GARDEN}, SESSION),
    ],
)
def test_a_session_has_the_cues_of_its_jobs(facts: dict[str, Any], expected: list[tuple[float, str]]) -> None:
    found = cues(planned(session(**facts), now=after(-60)), POLICY)
    assert [(c.at, c.action) for c in found] == sorted((after(minute), action) for minute, action in expected)


def test_only_what_is_still_to_come_is_a_cue() -> None:
    day = planned(session(room=GARDEN), now=NINE)
    assert next_cue(day, POLICY) == Cue(at=after(30), session=session().id, action="session.end")
    assert next_cue(replace(day, at=after(30)), POLICY) is None
    assert MAIN not in day.rooms

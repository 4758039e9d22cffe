"""From how many sessions on a common change is suspicious, and what makes another conference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import pytest
from support.day.days import MAIN, MINUTE, after, session, timetable

from streamer.core.timetable.sessions import Session
from streamer.core.trust.settings import Distrust
from streamer.core.trust.suspicion import Suspicion, suspects

DAY = tuple(session(f"s{n}", n * 10) for n in range(21))


def suspicions(current: Sequence[Session], new: Sequence[Session]) -> list[Suspicion]:
    found = suspects(timetable(*current), timetable(*new), after(-120), Distrust().share, {MAIN})
    return [one.kind for one in found]


def later(sessions: Sequence[Session], minutes: float) -> list[Session]:
    by = minutes * MINUTE
    return [replace(s, start=s.start + by, end=s.end + by) for s in sessions]


@pytest.mark.parametrize(
    ("moved", "whole", "minutes", "suspicious"),
    [
        (5, 20, 1, True),  # a quarter of the day
        (5, 21, 1, False),
        (4, 16, 1, False),  # too few
        (3, 4, 60, True),  # most of a small day, by as much as a wrong zone makes
        (3, 4, -60, True),
        (3, 4, 59, False),
        (3, 5, 60, False),
        (2, 2, 60, False),
    ],
)
def test_many_sessions_that_move_alike(moved: int, whole: int, minutes: float, suspicious: bool) -> None:
    new = [*DAY[: whole - moved], *later(DAY[whole - moved : whole], minutes)]
    assert suspicions(DAY[:whole], new) == ([Suspicion.SHIFTED] if suspicious else [])


@pytest.mark.parametrize(("left", "another"), [(2, True), (3, False)])
def test_another_conference_has_a_fifth_of_the_sessions_at_most(left: int, another: bool) -> None:
    others = [session(f"x{n}", n * 10) for n in range(9)]
    found = suspicions(DAY[:10], [*DAY[:left], *others])
    assert (found == [Suspicion.ANOTHER]) is another


def test_ids_that_name_other_sessions_at_other_times_make_another_conference() -> None:
    retitled = [replace(s, title=f"Their {s.title}") for s in DAY[:10]]
    assert suspicions(DAY[:10], later(retitled, 1440)) == [Suspicion.ANOTHER]
    assert suspicions(DAY[:10], retitled) == []
    assert suspicions(DAY[:10], later(DAY[:10], 1440)) == [Suspicion.SHIFTED]

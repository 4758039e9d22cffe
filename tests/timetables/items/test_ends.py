"""Ends that are missing or can't be used: what is assumed, and what is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from streamer.core.timetable.sessions import Doubt, SessionKind
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.ends import with_ends
from streamer.timetables.items.remarks import RemarkList

NINE = datetime(2025, 9, 8, 9, tzinfo=UTC)


def draft(minute: float = 0, lasts: timedelta | None = None, **more: object) -> Draft:
    start = NINE + timedelta(minutes=minute)
    end = None if lasts is None else start + lasts
    one = Draft(foreign="a", room="R", title="T", start=start, end=end, where="line 3")
    return replace(one, **more)  # type: ignore[arg-type]


def ended(*drafts: Draft) -> tuple[Draft, list[str]]:
    remarks = RemarkList()
    return with_ends(drafts, remarks)[0], [f"{r.where}: {r.message}" for r in remarks.as_tuple()]


@pytest.mark.parametrize(
    ("following", "minutes"),
    [
        (draft(45), 45),
        (draft(45, timedelta(minutes=5)), 45),
        (draft(120), 120),
        (draft(121), 60),
        (draft(0), 60),
        (draft(-10), 60),
        (draft(45, room="r"), 45),
        (draft(45, room="S"), 60),
        (draft(45, kind=SessionKind.BREAK), 45),
        (draft(45, cancelled=True), 60),
        (draft(45, title="CANCELLED: T"), 60),
        (draft(45, title="CANCELLED: T", cancelled=False), 45),
    ],
)
def test_it_lasts_until_the_next_item_in_its_room_or_an_hour(following: Draft, minutes: float) -> None:
    one, remarks = ended(draft(), following)
    assert one.end == NINE + timedelta(minutes=minutes)
    assert one.doubt == Doubt(where="line 3")
    how = "1h" if minutes == 60 else "until the next item in its room"
    assert remarks[0] == f"line 3: “T” has no end; it is assumed to last {how}"


@pytest.mark.parametrize(
    ("lasts", "fault"),
    [
        (timedelta(0), "it ends when it starts"),
        (-timedelta(minutes=10), "it ends before it starts"),
        (timedelta(days=366, seconds=1), "it would last more than 366 days"),
    ],
)
def test_an_end_that_can_not_be_meant_counts_as_missing(lasts: timedelta, fault: str) -> None:
    one, remarks = ended(draft(lasts=lasts))
    assert (one.end, one.doubt) == (NINE + timedelta(hours=1), Doubt(reason=fault, where="line 3"))
    assert remarks == [f"line 3: “T”: {fault}; it is assumed to last 1h"]


def test_a_fault_of_the_format_is_told() -> None:
    one, remarks = ended(draft(fault="its end is odd"))
    assert one.doubt == Doubt(reason="its end is odd", where="line 3")
    assert remarks == ["line 3: “T”: its end is odd; it is assumed to last 1h"]


def test_more_than_a_day_is_a_claim_of_what_would_be_captured() -> None:
    long = timedelta(hours=24, seconds=1)
    one, remarks = ended(draft(lasts=long))
    assert one.doubt == Doubt(reason="it would last 1d1s", where="line 3", claims=NINE + long)
    assert remarks == ["line 3: “T”: it would last 1d1s; until the crew approves that, it is assumed to last 1h"]
    for usual in (
        draft(lasts=timedelta(hours=24)),
        draft(lasts=long, kind=SessionKind.BREAK),
        draft(lasts=long, cancelled=True),
    ):
        assert ended(usual) == (usual, [])
    assert ended(draft(lasts=timedelta(days=366)))[0].doubt is not None

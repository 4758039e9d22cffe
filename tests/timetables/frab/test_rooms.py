"""The room of an item that names another one than it is listed under."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from streamer.core.timetable.sessions import SessionKind
from streamer.timetables.frab.rooms import Listed, in_their_rooms
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.remarks import RemarkList

NINE = datetime(2025, 9, 8, 9, tzinfo=UTC)
MONDAY, TUESDAY = date(2025, 9, 8), date(2025, 9, 9)


def item(minute: float, own: str, lasts: float | None = 30, day: date = MONDAY, **more: object) -> Listed:
    start = NINE + timedelta(minutes=minute)
    end = None if lasts is None else start + timedelta(minutes=lasts)
    draft = Draft(foreign="", room="Tent", title="T", start=start, end=end)
    return Listed(draft=replace(draft, **more), own=own, day=day)  # type: ignore[arg-type]


def rooms(*items: Listed) -> list[str]:
    return [draft.room for draft in in_their_rooms(items, ("Tent", "Hall", "Attic"), RemarkList())]


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([item(0, "Hall"), item(10, "Attic"), item(20, "Tent")], ["Hall", "Attic", "Tent"]),
        ([item(0, "Tent"), item(29, "hall")], ["Tent", "hall"]),
        ([item(0, "Hall"), item(29, "Tent")], ["Hall", "Tent"]),
        ([item(0, "Hall"), item(30, "Tent")], ["Tent", "Tent"]),
        ([item(0, "Tent"), item(30, "Hall")], ["Tent", "Tent"]),
        ([item(0, "Hall"), item(10, ""), item(200, "Attic")], ["Hall", "Tent", "Attic"]),
        ([item(0, "Hall", 100), item(10, "Hall", 5), item(50, "Tent")], ["Hall", "Hall", "Tent"]),
        ([item(0, "Tent", 100), item(10, "Tent", 5), item(50, "Hall")], ["Tent", "Tent", "Hall"]),
        ([item(0, "Tent"), item(10, "Tent"), item(200, "Hall")], ["Tent", "Tent", "Tent"]),
        ([item(0, "Cellar"), item(10, "Tent"), item(20, "Cellar")], ["Tent", "Tent", "Tent"]),
        ([item(0, "Hall"), item(10, "Tent", day=TUESDAY)], ["Tent", "Tent"]),
        ([item(0, "Hall", cancelled=True), item(10, "Tent")], ["Tent", "Tent"]),
        ([item(0, "Hall"), item(10, "Tent", kind=SessionKind.BREAK)], ["Tent", "Tent"]),
        ([item(0, "Hall", cancelled=True), item(5, "Tent"), item(10, "Hall")], ["Hall", "Tent", "Hall"]),
        ([item(0, "Hall", None), item(0, "Tent", None)], ["Hall", "Tent"]),
        ([item(0, "Hall", None), item(1, "Tent", None)], ["Tent", "Tent"]),
        ([item(0, "Hall", -60), item(0, "Tent")], ["Hall", "Tent"]),
    ],
)
def test_the_list_decides_unless_it_would_overlap(items: list[Listed], expected: list[str]) -> None:
    assert rooms(*items) == expected

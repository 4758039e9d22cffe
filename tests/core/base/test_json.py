"""JSON documents as files, and instants in them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from streamer.core.base.json import as_json, iso, iso_unix

ZONE = ZoneInfo("Europe/Copenhagen")


def test_an_instant_has_the_venues_offset_and_milliseconds_only_where_there_are_any() -> None:
    nine = datetime(2025, 9, 8, 9, tzinfo=UTC)
    assert iso(nine, ZONE) == "2025-09-08T11:00:00+02:00"
    assert iso(nine.replace(microsecond=250_000), ZONE) == "2025-09-08T11:00:00.250+02:00"
    assert iso_unix(nine.timestamp(), ZONE) == iso(nine, ZONE)


def test_a_document_is_a_file_that_people_can_read() -> None:
    assert as_json({"title": "Öl", "n": 1}).decode() == '{\n  "title": "Öl",\n  "n": 1\n}\n'

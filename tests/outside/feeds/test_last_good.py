"""The last good copy of a feed is there whole, or as it was before, whenever the power fails."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support.day.recorded_disk import RecordedDisk

from streamer.outside.feeds.last_good import LastGood

NOON = datetime(2025, 9, 8, 12, tzinfo=UTC)
URL = "https://example.org/schedule.xml"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[RecordedDisk]:
    recorded = RecordedDisk(tmp_path)
    yield recorded
    recorded.close()


def test_a_copy_is_synced_renamed_and_its_name_synced_16_to_18(tmp_path: Path, disk: RecordedDisk) -> None:
    copy = LastGood(tmp_path, URL, disk.sync)
    copy.save(b"first", NOON)
    [file] = [path.name for path in tmp_path.glob("*.feed")]
    partial = file.replace(".feed", ".partial")
    disk.check_order(f"write {partial}", f"sync {partial}", f"rename {partial} to {file}", "sync .")
    assert disk.after_a_power_cut(file) == b"first"

    left: list[bytes | None] = []
    disk.before_sync = lambda path: left.append(disk.after_a_power_cut(file))
    copy.save(b"second", NOON + timedelta(minutes=1))
    assert left[0] == b"first", "while the new one is written the former is whole"
    assert disk.after_a_power_cut(file) == b"second"


def test_a_copy_says_when_it_was_confirmed_and_since_when_it_is_so(tmp_path: Path) -> None:
    copy = LastGood(tmp_path / "feeds", URL)
    assert copy.load() is None
    copy.confirm(NOON)
    assert copy.load() is None, "there is nothing to confirm"
    copy.save(b"first", NOON)
    copy.confirm(NOON + timedelta(hours=2))
    found = LastGood(tmp_path / "feeds", URL).load()
    assert found is not None
    assert (found.content, found.changed, found.confirmed) == (b"first", NOON, NOON + timedelta(hours=2))
    assert (tmp_path / "feeds").stat().st_mode & 0o077 == 0
    assert LastGood(tmp_path / "feeds", "https://example.org/other").load() is None

"""Timelines as files: appended, read back without a torn line, erased."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamer.core.base.errors import StoreError
from streamer.core.base.ids import SessionId
from streamer.core.monitor.timeline import TimelineRow
from streamer.store.folder.meter_files import MeterFiles

A = SessionId("a.b~2")


def row(loudest: float) -> TimelineRow:
    return {
        "at": "2025-09-08T09:30:00+02:00",
        "loudest": loudest,
        "quietest": -60.0,
        "speech": 0.5,
        "silent": 0.0,
        "black": 0.0,
        "frozen": 0.0,
    }


def test_rows_come_back_in_order_after_a_restart_and_without_a_torn_one(tmp_path: Path) -> None:
    files = MeterFiles(tmp_path)
    assert (files.known(), files.read(A)) == (frozenset(), [])
    files.append(A, row(-20.0))
    files.append(A, row(-30.0))
    with (tmp_path / "meters" / f"{A}.jsonl").open("ab") as file:
        file.write(b'{"at": "2025-')
    again = MeterFiles(tmp_path)
    assert again.known() == {A}
    assert again.read(A) == [row(-20.0), row(-30.0)]
    again.erase(A)
    again.erase(A)
    assert (again.known(), again.read(A)) == (frozenset(), [])


def test_what_can_not_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "meters").write_text("a file has the folder's name")
    with pytest.raises(StoreError, match="can't be written"):
        MeterFiles(tmp_path).append(A, row(-20.0))

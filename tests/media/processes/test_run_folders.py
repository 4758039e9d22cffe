from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from streamer.media.processes.run_folders import prune

_NOW = 2_000_000_000.0
_DAY = 86_400.0


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    (tmp_path / "run").mkdir()
    return tmp_path / "run"


def ended_run(runs: Path, name: str, job: str, started: float, *, acknowledged: bool | None = True) -> None:
    """``acknowledged`` None: it still runs."""
    folder = runs / name
    folder.mkdir()
    common = {"run": name, "job": job, "kind": "capture"}
    entry = common | {"room": "hall", "digest": "d", "argv": [], "ends_by": 0.0, "started": started}
    (folder / "process.json").write_text(json.dumps(entry))
    if acknowledged is not None:
        end = common | {"status": 0, "at": started, "acknowledged": acknowledged}
        (folder / "exit.json").write_text(json.dumps(end))


def left(runs: Path) -> set[str]:
    return {path.name for path in runs.iterdir()}


def test_the_last_runs_of_each_job_stay(runs: Path, tmp_path: Path) -> None:
    for number in range(5):
        ended_run(runs, f"a-{number}", "a", _NOW - 100 + number)
    ended_run(runs, "b-0", "b", _NOW - 1000)

    assert prune(tmp_path, now=_NOW, per_job=2) == 3
    assert left(runs) == {"a-3", "a-4", "b-0"}


def test_what_is_older_than_a_week_goes(runs: Path, tmp_path: Path) -> None:
    ended_run(runs, "old", "a", _NOW - 8 * _DAY)
    ended_run(runs, "new", "a", _NOW - 6 * _DAY)

    prune(tmp_path, now=_NOW)

    assert left(runs) == {"new"}


def test_what_runs_or_was_not_told_to_anybody_stays(runs: Path, tmp_path: Path) -> None:
    ended_run(runs, "runs", "a", _NOW - 80 * _DAY, acknowledged=None)
    ended_run(runs, "untold", "a", _NOW - 90 * _DAY, acknowledged=False)
    (runs / "keeper.lock").touch()

    assert prune(tmp_path, now=_NOW, per_job=0) == 0
    assert left(runs) == {"runs", "untold", "keeper.lock"}


def test_a_folder_that_nobody_knows_goes_when_it_is_old(runs: Path, tmp_path: Path) -> None:
    (runs / "unknown").mkdir()
    os.utime(runs / "unknown", (_NOW - 8 * _DAY, _NOW - 8 * _DAY))
    (runs / "fresh").mkdir()
    os.utime(runs / "fresh", (_NOW, _NOW))

    prune(tmp_path, now=_NOW)

    assert left(runs) == {"fresh"}

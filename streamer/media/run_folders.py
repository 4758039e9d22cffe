"""The folders under ``run/``: one a process, kept a while for whoever wants to know how it went, then deleted."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path

from streamer.media.children import PROCESS, read_end, read_entry
from streamer.media.keeping import RUNS

KEEP_PER_JOB = 20
KEEP_SECONDS = 7 * 86_400.0


def prune(data: Path, *, now: float | None = None, per_job: int = KEEP_PER_JOB, seconds: float = KEEP_SECONDS) -> int:
    """Delete the folders of runs that ended, that somebody was told of, and that are neither new nor among the
    last ``per_job`` of their job. Returns how many."""
    now = time.time() if now is None else now
    seen: Counter[str] = Counter()
    deleted = 0
    folders = [path for path in (data / RUNS).iterdir() if path.is_dir()]
    for folder in sorted(folders, key=_began, reverse=True):
        entry, end = read_entry(folder), read_end(folder)
        if entry is None:
            stale = now - _began(folder) > seconds
        else:
            seen[entry.job] += 1
            old = seen[entry.job] > per_job or now - entry.started > seconds
            stale = old and end is not None and end.acknowledged
        if stale:
            shutil.rmtree(folder, ignore_errors=True)
            deleted += 1
    return deleted


def _began(folder: Path) -> float:
    """When a run began, as near as its folder can say (Unix s)."""
    try:
        return (folder / PROCESS).stat().st_ctime if (folder / PROCESS).exists() else folder.stat().st_mtime
    except OSError:
        return 0.0

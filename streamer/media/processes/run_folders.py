"""The folders under ``run/``: one for each process, kept for a while for diagnosis, then deleted."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path

from streamer.media.processes.children import read_end, read_entry
from streamer.media.processes.keeper_server import RUNS

KEEP_PER_JOB = 20
KEEP_SECONDS = 7 * 86_400.0


def prune(data: Path, *, now: float | None = None, per_job: int = KEEP_PER_JOB, seconds: float = KEEP_SECONDS) -> int:
    """Delete the folders of ended, acknowledged runs that are neither new nor among the last ``per_job`` of their
    job. Returns their number."""
    now = time.time() if now is None else now
    runs = [(read_entry(path), path) for path in (data / RUNS).iterdir() if path.is_dir()]
    stale = [path for entry, path in runs if entry is None and now - path.stat().st_mtime > seconds]
    known = [(entry, path) for entry, path in runs if entry is not None]
    seen: Counter[str] = Counter()
    for entry, path in sorted(known, key=lambda run: run[0].started, reverse=True):
        seen[entry.job] += 1
        end = read_end(path)
        old = seen[entry.job] > per_job or now - entry.started > seconds
        if old and end is not None and end.acknowledged:
            stale.append(path)
    for path in stale:
        shutil.rmtree(path, ignore_errors=True)
    return len(stale)

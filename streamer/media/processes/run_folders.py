"""The folders of a process: made before it starts. Its folder under ``run/`` is kept for a while for diagnosis, then
deleted."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections import Counter
from pathlib import Path

from streamer.media.ffmpeg.command import Command
from streamer.media.processes.children import read_end, read_entry
from streamer.media.processes.keeper_client import KeeperRefused
from streamer.media.processes.keeper_server import RUNS

KEEP_PER_JOB = 20
KEEP_SECONDS = 7 * 86_400.0


def prepare(data: Path, command: Command) -> None:
    """Create the folders that a command expects. Raises KeeperRefused."""
    try:
        for folder in command.folders:
            (data / folder).mkdir(parents=True, exist_ok=True)
        for name, text in command.files:
            (data / name).write_text(text)
    except OSError as error:
        raise KeeperRefused(f"can't write: {error}", where=str(data), hint="check disk and owner") from error


def tidy(data: Path, command: Command) -> None:
    """Delete the folders of a failed start, which is repeated under another name."""
    for folder in reversed(command.folders):
        with contextlib.suppress(OSError):
            (data / folder).rmdir()


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

"""What it takes to start FFmpeg for a job: arguments, and what must lie in the data folder beforehand.

All paths are relative to the data folder, which is FFmpeg's working directory.
"""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.base.ids import RunId
from streamer.core.base.layout import progress_file, run_folder


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """``folders`` are to be made and ``files`` (path, text) to be written before the start.

    ``output`` is the folder or file whose size shows how much was written. The process needs about
    ``open_files`` file descriptors.
    """

    argv: tuple[str, ...]
    folders: tuple[str, ...]
    output: str
    files: tuple[tuple[str, str], ...] = ()
    open_files: int = 64


def opening(ffmpeg: str, run: RunId, *, level: str = "warning") -> tuple[str, ...]:
    """How every job's command begins: no questions, the level before each log line, progress into a file.

    At the level ``info`` FFmpeg describes its input."""
    quiet = ("-hide_banner", "-nostdin", "-nostats", "-loglevel", f"level+{level}")
    return (ffmpeg, *quiet, "-progress", progress_file(run), "-stats_period", "0.5")


def run_folders(run: RunId, *others: str) -> tuple[str, ...]:
    return (run_folder(run), *others)

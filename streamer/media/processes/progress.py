"""A process's progress, read from its files: cheap enough to read every second for every job.

FFmpeg's progress file has the media time; the size of the output shows whether media arrives.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from streamer.core.base.ids import RunId
from streamer.core.base.layout import log_file, progress_file
from streamer.core.jobs.processes import Progress
from streamer.media.processes.log_watch import LogWatch

_TAIL_BYTES = 4096
_BLOCK_END = re.compile(r"^progress=\w+$", re.MULTILINE)
_NUMBERED = re.compile(r"(?P<head>.*?)(?P<number>\d{4,})(?P<tail>\.[A-Za-z]\w*)(?:\.tmp)?$")
_GROWING = ".tmp"
"""FFmpeg's dash muxer appends this to the name of an unfinished segment."""


class RunProgress:
    """Follows one run. ``output`` is its output folder or file, relative to ``data``."""

    def __init__(self, data: Path, run: RunId, output: str) -> None:
        self._file = data / progress_file(run)
        self._output = _Output(data / output) if output else None
        self._log = LogWatch(data / log_file(run))
        self._media_seconds: float | None = None

    def read(self) -> Progress | None:
        """None before the first progress, and before its first publisher is refused."""
        block = last_block(_tail(self._file))
        microseconds = _number(block.get("out_time_us"))
        if microseconds is not None:
            self._media_seconds = max(0.0, microseconds / 1e6)
        written = self._output.size() if self._output is not None else 0
        counted = _number(block.get("total_size"))
        self._log.read()
        if self._media_seconds is None and not written and not self._log.refusal:
            return None
        return Progress(
            media_seconds=self._media_seconds or 0.0,
            output_bytes=max(written, int(counted or 0)),
            speed=_number(block.get("speed", "").rstrip("x")),
            untaken=self._log.untaken,
            refusal=self._log.refusal,
        )


def last_block(text: str) -> dict[str, str]:
    """The last complete block of a progress file; empty before the first."""
    ends = [match.start() for match in _BLOCK_END.finditer(text)]
    if not ends:
        return {}
    begin = text.index("\n", ends[-2]) if len(ends) > 1 else 0
    pairs = (line.partition("=") for line in text[begin : ends[-1]].splitlines())
    return {key.strip(): value.strip() for key, separator, value in pairs if separator}


class _Output:
    """The number of bytes written to a file, or to the numbered files of a folder.

    In a folder it follows one series of files (a take's segments, one track's chunks) by number: the folder is listed
    once, not every second, and deleting old files does not reduce the sum.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._head: str | None = None
        self._tail = ""
        self._digits = 0
        self._number = 0
        self._newest = 0
        self._closed = 0

    def size(self) -> int:
        if self._head is None and not self._find():
            return 0 if self._path.is_dir() else _size(self._path) or 0
        newest = self._size_of(self._number)
        while (following := self._size_of(self._number + 1)) is not None:
            self._closed += self._size_of(self._number) or newest or self._newest  # grown since, or just deleted
            self._number += 1
            newest = following
        if newest is None:  # deleted, with all later files: list the folder again
            self._closed += self._newest
            newest = (self._find() and self._size_of(self._number)) or 0
        self._newest = newest
        return self._closed + newest

    def _find(self) -> bool:
        """The series with the highest number; of several, such as a livestream's tracks, the first."""
        try:
            names = [entry.name for entry in os.scandir(self._path)]
        except OSError:
            return False
        found = [match for match in map(_NUMBERED.match, names) if match]
        if not found:
            return False
        newest = min(found, key=lambda match: (-int(match["number"]), match["head"]))
        self._head, self._tail = newest["head"], newest["tail"]
        self._number, self._digits = int(newest["number"]), len(newest["number"])
        return True

    def _size_of(self, number: int) -> int | None:
        path = self._path / f"{self._head}{number:0{self._digits}d}{self._tail}"
        size = _size(path)
        if size is None:
            size = _size(path.with_name(path.name + _GROWING))
        return _size(path) if size is None else size  # it may have been renamed between the two attempts


def _size(path: Path) -> int | None:
    try:
        return path.stat().st_size
    except OSError:
        return None


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            raw = file.read()
    except OSError:
        return ""
    return raw.replace(b"\0", b"").decode(errors="replace")  # the keeper replaces old content by a hole


def _number(text: str | None) -> float | None:
    try:
        return float(text or "")
    except ValueError:
        return None

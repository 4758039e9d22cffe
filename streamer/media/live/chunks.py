"""Follows the CMAF files of livestream runs while FFmpeg writes them.

FFmpeg appends a moof and an mdat for each part to ``….m4s.tmp`` and renames the file when the segment is complete,
which may happen between any two polls. Only new bytes are read; no file stays open between two polls.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.core.base.layout import live_folder
from streamer.core.channel.chunks import Chunk, Part
from streamer.core.jobs.live_format import LiveFormat
from streamer.media.live.boxes import find
from streamer.media.live.cmaf import Track, parts, track_of
from streamer.media.live.encoding import chunk_name, init_name

_GROWING = ".tmp"
_FIRST = 1


class _Growing:
    """One segment of one track, and the part of its file that has been read."""

    def __init__(self, path: Path, number: int) -> None:
        self.path = path
        self.number = number
        self.parts: list[Part] = []
        self.complete = False
        self._growing = path.with_name(path.name + _GROWING)
        self._read = 0
        self._rest = b""

    @property
    def has_rest(self) -> bool:
        """Reading continues after the last whole part."""
        return bool(self._rest)

    def take_in(self, track: Track) -> bool:
        """Read new data; True where something changed. Raises MediaError."""
        new = self._new()
        if not new:
            return self.complete and bool(self.parts)
        data, base = self._rest + new, self._read - len(self._rest)
        self._read += len(new)
        try:
            found, used = parts(data, track, base)
        except MediaError as error:
            raise MediaError(error.message, where=f"{self.path.name}, {error.where}") from error
        self._rest = data[used:]
        self.parts += found
        return bool(found) or (self.complete and bool(self.parts))

    def _new(self) -> bytes:
        for path in (self.path, self._growing, self.path):  # it may be renamed meanwhile
            try:
                if path.stat().st_size <= self._read:
                    new = b""
                else:
                    with path.open("rb", buffering=0) as file:
                        file.seek(self._read)
                        new = file.read()
            except FileNotFoundError:
                continue
            self.complete = path is self.path
            return new
        return b""


class _Follower:
    """One track of a run."""

    def __init__(self, folder: Path, name: str, index: int, begin: int, now: Callable[[], float]) -> None:
        self._folder = folder
        self._name = name
        self._index = index
        self._now = now
        self._track: Track | None = None
        self._segment = self._begin(self.first(begin))

    def first(self, least: int = 0) -> int:
        """The lowest number of a segment that exists and is not below ``least``."""
        stem = chunk_name(self._index, 0).split("-00000")[0]
        numbers = (path.name.removeprefix(f"{stem}-").split(".")[0] for path in self._folder.glob(f"{stem}-*"))
        found = (int(number) for number in numbers if number.isdigit())
        return min((number for number in found if number >= least), default=max(least, _FIRST))

    def init(self) -> Path | None:
        path = self._folder / init_name(self._index)
        if self._track is None:
            try:
                content = path.read_bytes()
            except FileNotFoundError:
                return None
            if find(content, "moov") is None:
                return None
            self._track = track_of(content)
        return path

    def poll(self) -> list[Chunk]:
        if self.init() is None or self._track is None:
            return []
        chunks = []
        while True:
            if self._segment.take_in(self._track):
                chunks.append(self._chunk(self._segment))
            if not self._segment.complete:
                return chunks
            self._segment = self._begin(self._segment.number + 1)

    def delete(self, number: int) -> None:
        self.path(number).unlink(missing_ok=True)
        if self._segment.number == number:
            self._segment = self._begin(number + 1)

    def path(self, number: int) -> Path:
        return self._folder / chunk_name(self._index, number)

    def _begin(self, number: int) -> _Growing:
        return _Growing(self.path(number), number)

    def _chunk(self, segment: _Growing) -> Chunk:
        return Chunk(
            track=self._name,
            number=segment.number,
            path=str(segment.path),
            parts=tuple(segment.parts),
            complete=segment.complete,
            seen_at=self._now(),
            truncated=segment.complete and segment.has_rest,
        )


class RunReader:
    """Implements :class:`streamer.engine.channels.ports.ChunkReader` for one run's folder."""

    def __init__(self, folder: Path, format: LiveFormat, begin: int = 0, now: Callable[[], float] = time.time) -> None:
        self._followers = {name: _Follower(folder, name, index, begin, now) for index, name in enumerate(format.tracks)}
        self._kept_from = min(follower.first() for follower in self._followers.values())

    def poll(self) -> list[Chunk]:
        """See the port. Raises MediaError where a file differs from FFmpeg's format."""
        return [chunk for follower in self._followers.values() for chunk in follower.poll()]

    def init(self, track: str) -> str | None:
        """See the port."""
        path = self._followers[track].init()
        return str(path) if path else None

    def delete_below(self, below: int) -> None:
        """See the port."""
        for number in range(self._kept_from, below):
            for follower in self._followers.values():
                follower.delete(number)
        self._kept_from = max(self._kept_from, below)


class LiveRuns:
    """Implements :class:`streamer.engine.channels.ports.LiveFolders` in a data folder."""

    def __init__(self, data: Path) -> None:
        self._data = data.absolute()

    def reader(self, run: RunId, format: LiveFormat, begin: int = 0) -> RunReader:
        """See the port."""
        return RunReader(self._data / live_folder(run), format, begin)

    def delete(self, run: RunId) -> None:
        """See the port."""
        shutil.rmtree(self._data / live_folder(run), ignore_errors=True)

    def sweep(self, kept: Iterable[RunId]) -> None:
        """See the port."""
        names = set(kept)
        for folder in (self._data / live_folder(RunId("x"))).parent.glob("*"):
            if folder.name not in names:
                shutil.rmtree(folder, ignore_errors=True)

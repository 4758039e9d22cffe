"""Reads what captures write: the segments of each take, from FFmpeg's own list and, after a kill, from the files.

The list is append-only and names a segment when it is closed, so a complete line is final. The files' times say when
that was. Writes nothing, and deletes only on request.
"""

from __future__ import annotations

import asyncio
import math
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import structlog

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.core.base.layout import SEGMENT_LIST, log_file, run_folder, take_folder
from streamer.core.footage.segments import Segment
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import SourceTracks
from streamer.media.capture import probe
from streamer.media.capture.command import STANDBY_CLOCK
from streamer.media.capture.settling import settle
from streamer.media.ffmpeg.input_account import account_of
from streamer.media.mpegts.damage import remains
from streamer.media.mpegts.shape_reader import shape_of, turn
from streamer.media.processes import procfs
from streamer.media.processes.children import read_entry
from streamer.media.processes.syncing import Sync, sync

log = structlog.stdlib.get_logger(__name__)

_SUFFIX = ".ts"
_DOUBTED = 20
"""How many of the newest segments of an ended take are checked: older ones have long been on the disk."""
_SHORT = 0.25
"""Seconds that may be missing from a listed segment: a file that a power cut shortened may end between two packets."""


@dataclass(slots=True)
class _Place:
    """The position in a take's list: bytes read, and the number of the last segment in them."""

    offset: int = 0
    number: int = -1


class Takes:
    """Implements :class:`streamer.engine.footage.take_reader.TakeReader` in a data folder."""

    def __init__(self, data: Path, sync: Sync = sync, ask: probe.Ask = probe.ask_inspector) -> None:
        self._data = data
        self._sync = sync
        self._ask = ask
        self._places: dict[RunId, _Place] = {}

    def closed_segments(self, take: RunId, after: int) -> list[Segment]:
        """See the port. Leaves out a segment whose file has evaporated."""
        place = self._places.setdefault(take, _Place())
        if after < place.number:
            place.offset, place.number = 0, -1
        segments = []
        for number, start, end in self._new_lines(take, place):
            if number > after and (segment := self._segment(take, number, start, end)):
                segments.append(segment)
        return segments

    def _new_lines(self, take: RunId, place: _Place) -> list[tuple[int, float, float]]:
        try:
            with (self._data / take_folder(take) / SEGMENT_LIST).open("rb") as file:
                file.seek(place.offset)
                text = file.read()
        except FileNotFoundError:
            return []
        whole = text[: text.rfind(b"\n") + 1]
        place.offset += len(whole)
        found = []
        for line in whole.splitlines():
            try:
                name, start, end = line.decode().split(",")
                found.append((_number(name), _seconds(start), _seconds(end)))
            except ValueError:
                log.warning("a line of the list of segments names no segment and is ignored", take=take, line=line[:60])
        place.number = max([place.number, *(number for number, _, _ in found)])
        return found

    def _segment(self, take: RunId, number: int, start: float, end: float) -> Segment | None:
        path = _path(take, number)
        if number == 0 and end > STANDBY_CLOCK:
            start = max(start, STANDBY_CLOCK)  # FFmpeg's list begins at zero on any clock
        try:
            stat = (self._data / path).stat()
        except FileNotFoundError:
            return None
        return Segment(
            take=take, number=number, path=path, start=start, end=end, closed_at=stat.st_mtime, bytes=stat.st_size
        )

    async def last_segment(self, take: RunId, after: int) -> list[Segment]:
        """See the port. A segment that was open at a kill and has no picture is deleted.

        After a power cut the list may lack lines, and name files that are incomplete on the disk.
        """
        self._places.pop(take, None)
        listed = {number: (start, end) for number, start, end in self._new_lines(take, _Place())}
        numbers = [number for number in self._numbers(take) if number > after]
        doubted, rebooted = set(numbers[-_DOUBTED:]), self._of_another_boot(take)
        segments: list[Segment] = []
        for number in numbers:
            span = listed.get(number)
            if span is not None and number in doubted and await self._is_damaged(take, number):
                span = None
            elif span is not None and number in doubted and rebooted:
                span = await self._unless_short(take, number, *span)
            segment = self._segment(take, number, *span) if span else await self._open_segment(take, number)
            segments += [segment] if segment is not None else []
        return segments

    async def _is_damaged(self, take: RunId, number: int) -> bool:
        return bool((await asyncio.to_thread(remains, self._data / _path(take, number), 0)).fault)

    def _of_another_boot(self, take: RunId) -> bool:
        entry = read_entry(self._data / run_folder(take))
        return entry is not None and bool(entry.boot) and entry.boot != procfs.boot()

    async def _unless_short(self, take: RunId, number: int, start: float, end: float) -> tuple[float, float] | None:
        """The start and end of a listed segment; None where its file is shorter."""
        try:
            _, last = await probe.span(self._data / _path(take, number), self._ask)
        except MediaError:
            return None
        return (start, end) if last > end - _SHORT else None

    def _numbers(self, take: RunId) -> list[int]:
        files = (self._data / take_folder(take)).glob(f"*{_SUFFIX}")
        return sorted(_number(path.name) for path in files if path.stem.isdecimal())

    async def _open_segment(self, take: RunId, number: int) -> Segment | None:
        path = _path(take, number)
        try:
            start, end = await probe.span(self._data / path, self._ask)
        except MediaError as error:
            log.info("a segment without a picture is deleted", take=take, path=path, error=error)
            self.delete([path])
            return None
        return self._segment(take, number, start, end)

    async def settle(self, segments: Sequence[Segment]) -> list[Segment]:
        """See the port. Raises StoreError where the disk can't write them now."""
        return await asyncio.to_thread(settle, self._data, segments, self._sync)

    async def facts(self, segment_path: str) -> SourceFacts:
        """See the port. Raises MediaError where the segment can't be read."""
        return await probe.source_facts(self._data / segment_path, ask=self._ask)

    def tracks(self, take: RunId) -> SourceTracks | None:
        """See the port."""
        return account_of(self._data / log_file(take))

    def shape(self, segment_path: str) -> str:
        """See the port."""
        return shape_of(self._data / segment_path)

    async def turn(self, segment_path: str, known: str) -> float | None:
        """See the port. Raises MediaError where the segment can't be read."""
        file = self._data / segment_path
        found = await probe.keyframes(file, self._ask)
        places = {place: time for time, place in found.places}
        place = turn(await asyncio.to_thread(file.read_bytes), found.header, places, known)
        return None if place is None else places[place]

    async def keyframes(self, segment_path: str) -> list[tuple[float, int]]:
        """See the port. Raises MediaError where the segment can't be read."""
        return list((await probe.keyframes(self._data / segment_path, self._ask)).places)

    def delete(self, paths: Iterable[str]) -> None:
        """See the port."""
        for path in paths:
            (self._data / path).unlink(missing_ok=True)

    def delete_folder(self, take: RunId) -> None:
        """See the port."""
        self._places.pop(take, None)
        shutil.rmtree(self._data / take_folder(take), ignore_errors=True)


def _path(take: RunId, number: int) -> str:
    return f"{take_folder(take)}/{number:06d}{_SUFFIX}"


def _number(name: str) -> int:
    """The number in a segment's file name. Raises ValueError for any other name."""
    return int(Path(name).stem)


def _seconds(text: str) -> float:
    """Raises ValueError for text that is not a time."""
    seconds = float(text)
    if not math.isfinite(seconds):
        raise ValueError(text)
    return seconds

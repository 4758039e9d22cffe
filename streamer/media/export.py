"""Recordings as files: which bytes of a take belong to a window, joined into one MP4, checked, put in their place.

Nothing is encoded. A recording begins at the keyframe at or before its start and ends before the one at or after its
end; what FFmpeg has written counts only after it was read again from the first frame to the last.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from streamer.core.errors import MediaError, StoreError
from streamer.core.layout import run_folder
from streamer.core.media import ExportSettings, FileFacts, Piece, RunId, Segment
from streamer.media import probe
from streamer.media.commands import Command, opening, run_folders
from streamer.media.oneshot import run_once
from streamer.media.probe import Keyframes

_SPARE_DESCRIPTORS = 64
_ANALYSIS = "60000000"  # microseconds, and bytes held in memory: announced sound may come as late as this
_THUMBNAIL_TIMEOUT = 30.0
_THUMBNAIL_WIDTH = 640
_HASHED_AT_ONCE = 1 << 20
_LEAD = 0.1  # seconds of sound before the first picture that stay: less is how streams are interleaved
_SAME_INSTANT = 0.001  # seconds; the segment list is exact to microseconds, MPEG-TS to 11 of them

log = logging.getLogger(__name__)


def export_command(ffmpeg: str, settings: ExportSettings, run: RunId) -> Command:
    """Raises MediaError where there is nothing to join."""
    if not settings.pieces:
        raise MediaError("there is nothing to export", where=settings.target)
    pieces = f"{run_folder(run)}/pieces.txt"
    metadata = [part for key, value in settings.metadata for part in ("-metadata", f"{key}={value}")]
    argv = (
        *opening(ffmpeg, run),
        *("-analyzeduration", _ANALYSIS, "-probesize", _ANALYSIS, "-i", f"concatf:{pieces}"),
        *("-map", "0:v:0", "-map", "0:a:0?", "-c", "copy", "-map_metadata", "-1", *metadata),
        *("-movflags", "+faststart", "-f", "mp4", "-y", settings.target),
    )
    return Command(
        argv=argv,
        folders=run_folders(run, str(Path(settings.target).parent)),
        files=((pieces, "".join(f"{_line(piece)}\n" for piece in settings.pieces)),),
        output=settings.target,
        open_files=len(settings.pieces) + _SPARE_DESCRIPTORS,  # FFmpeg opens all pieces before it reads the first
    )


def _line(piece: Piece) -> str:
    """A piece for FFmpeg's concatf protocol; ``end`` 0 means to the end of the file."""
    if piece.start == 0 and piece.end is None:
        return piece.path
    return f"subfile,,start,{piece.start},end,{piece.end or 0},,:{piece.path}"


class FileExporter:
    """Implements :class:`streamer.core.ports.Exporter` in a data folder, with the FFmpeg at ``ffmpeg``."""

    def __init__(self, data: Path, ffmpeg: str) -> None:
        self._data = data
        self._ffmpeg = ffmpeg

    async def cut(
        self, first: Segment, start: float, last: Segment, end: float, between: Sequence[Segment]
    ) -> list[Piece]:
        """See the port. ``start`` is on the clock of ``first``'s take, ``end`` on that of ``last``'s. A segment in
        which no keyframe can be found counts as a whole; sound that came before the first picture is left out."""
        entered = await self._keyframes(first)
        header, begin = entered.header, 0
        if entered.places and entered.places[0][0] - entered.start > _LEAD:
            begin = entered.places[0][1]
        for time, place in entered.places[1:]:
            if time <= start + _SAME_INSTANT:
                begin = place
        if first == last:
            return _pieces(first.path, header, begin, _exit(entered, end))
        left = await self._keyframes(last)
        return [
            *_pieces(first.path, header, begin, None),
            *(Piece(path=segment.path) for segment in between),
            *_pieces(last.path, left.header, 0, _exit(left, end)),
        ]

    async def _keyframes(self, segment: Segment) -> Keyframes:
        try:
            return await probe.keyframes(self._data / segment.path)
        except MediaError as error:
            log.warning("%s is taken whole: %s", segment.path, error)
            return Keyframes(places=(), header=0, start=0.0)

    async def accept(self, partial: str, final: str) -> FileFacts:
        """See the port. Raises MediaError where the file can't be read to its end or shows nothing."""
        written, target = self._data / partial, self._data / final
        found = await probe.recording(written)
        if not found["video_frames"]:
            raise MediaError("it holds no picture", where=partial)
        try:
            size, digest = await asyncio.to_thread(_settle, written, target)
        except OSError as error:
            raise StoreError(f"can't be put in its place: {error.strerror}", where=final) from error
        return FileFacts(bytes=size, sha256=digest, **found)

    async def thumbnail(self, file: str, target: str) -> FileFacts | None:
        """See the port. The picture is ``_THUMBNAIL_WIDTH`` pixels wide."""
        video, picture = self._data / file, self._data / target
        made = picture.with_name(f"{picture.name}.partial")
        picture.parent.mkdir(parents=True, exist_ok=True)
        argv = (
            *(self._ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error"),
            *("-ss", f"{await probe.length(video) / 2:.3f}", "-i", str(video.absolute()), "-map", "0:v:0"),
            *("-frames:v", "1", "-vf", f"scale={_THUMBNAIL_WIDTH}:-2", "-q:v", "4", "-f", "mjpeg", "-y", str(made)),
        )
        done = await run_once(argv, timeout=_THUMBNAIL_TIMEOUT)
        if done.status != 0 or not made.exists() or made.stat().st_size == 0:
            made.unlink(missing_ok=True)
            return None
        size, digest = await asyncio.to_thread(_settle, made, picture)
        return FileFacts(duration=0.0, bytes=size, sha256=digest, video_frames=1, has_audio=False, av_offset=0.0)

    def erase(self, files: Iterable[str]) -> None:
        """See the port. Gone when this returns, also after a power cut."""
        folders = set()
        for file in files:
            path = self._data / file
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in filter(Path.is_dir, folders):
            _sync(folder)


def _exit(keyframes: Keyframes, end: float) -> int | None:
    """Byte offset of the first keyframe at or after ``end``; 0 where that is the first of all, None where none is."""
    for index, (time, place) in enumerate(keyframes.places):
        if time >= end - _SAME_INSTANT:
            return place if index else 0
    return None


def _pieces(path: str, header: int, begin: int, end: int | None) -> list[Piece]:
    """A range of a segment. What begins inside is led by the tables from its head, or nobody could tell its streams."""
    if end is not None and end <= begin:
        return []
    tables = [Piece(path=path, end=header)] if begin and header else []
    return [*tables, Piece(path=path, start=begin, end=end)]


def _settle(written: Path, target: Path) -> tuple[int, str]:
    """Checksum, sync, rename: the size and the sha256 of what then lies at ``target`` for good."""
    digest = hashlib.sha256()
    with written.open("rb") as file:
        while block := file.read(_HASHED_AT_ONCE):
            digest.update(block)
        os.fsync(file.fileno())
        size = file.tell()
    target.parent.mkdir(parents=True, exist_ok=True)
    written.replace(target)
    _sync(target.parent)
    return size, digest.hexdigest()


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

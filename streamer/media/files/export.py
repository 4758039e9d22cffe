"""Recordings as files: joins clips of takes into one MP4, checks it, and renames it.

Nothing is encoded (:mod:`streamer.media.files.clips` says where a take can be cut), and FFmpeg's output is accepted
only after it has been read again from the first frame to the last.
"""

from __future__ import annotations

import asyncio
import errno
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import ffmpeg
import structlog

from streamer.core.base.errors import DiskFull, MediaError, StoreError
from streamer.core.base.ids import RunId
from streamer.core.base.layout import run_folder
from streamer.core.export.files import FileFacts, Hole
from streamer.core.footage.segments import Clip, Segment
from streamer.core.jobs.specs import ExportSettings, Piece
from streamer.core.recording.quality import Quality
from streamer.media.capture import probe
from streamer.media.capture.settling import checksum
from streamer.media.ffmpeg.command import Command, opening, run_folders
from streamer.media.ffmpeg.oneshot import run_once
from streamer.media.files import analysis, clips, playable
from streamer.media.files.discarding import discard
from streamer.media.files.still import still
from streamer.media.processes.syncing import Sync, sync

log = structlog.stdlib.get_logger(__name__)

T = TypeVar("T")

_SPARE_DESCRIPTORS = 64
_ANALYSIS = "60000000"  # microseconds, and bytes held in memory: announced sound may be this late
_THUMBNAIL_TIMEOUT = 30.0
_THUMBNAIL_WIDTH = 640


def export_command(program: str, settings: ExportSettings, run: RunId) -> Command:
    """Raises MediaError without pieces.

    Not built with ffmpeg-python: its outputs can't repeat an option such as ``-metadata``.
    """
    if not settings.pieces:
        raise MediaError("it has no captured media to export", where=settings.target)
    pieces = f"{run_folder(run)}/pieces.txt"
    metadata = [part for key, value in settings.metadata for part in ("-metadata", f"{key}={value}")]
    argv = (
        *opening(program, run),
        *("-analyzeduration", _ANALYSIS, "-probesize", _ANALYSIS, "-i", f"concatf:{pieces}"),
        *("-map", "0:v:0", *(("-map", "0:a:u") if settings.sound else ())),
        *("-c", "copy", "-map_metadata", "-1", *metadata),
        *(("-moov_size", str(settings.index)) if settings.index else ("-movflags", "+faststart")),
        *("-f", "mp4", "-y", settings.target),
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
    """Implements :class:`streamer.engine.recordings.exporter.Exporter` in a data folder, with the FFmpeg
    at ``program``."""

    def __init__(self, data: Path, program: str, sync: Sync = sync) -> None:
        self._data = data
        self._ffmpeg = program
        self._sync = sync

    async def cut(
        self, first: Segment, start: float, last: Segment, end: float, between: Sequence[Segment]
    ) -> list[Clip]:
        """See the port."""
        return await clips.cut(self._data, first, start, last, end, between)

    async def digests(self, segment: Segment) -> list[tuple[float, str, str]]:
        """See the port."""
        try:
            return list(await probe.digests(self._data / segment.path))
        except MediaError as error:
            log.warning("a segment can't be compared", take=segment.take, path=segment.path, error=error)
            return []

    async def accept(self, made: str, final: str) -> FileFacts:
        """See the port. Raises MediaError where the file can't be read to its end or has no picture."""
        written, target = self._data / made, self._data / final
        safe = asyncio.gather(asyncio.to_thread(self._sync, written), asyncio.to_thread(checksum, written))
        try:
            found = dict(
                await probe.recording(written)
            )  # with the two others: one of the three only waits for the disk
            if not found["video_frames"]:
                raise MediaError("it has no picture", where=made)
            _, (size, digest) = await safe
            await self._whole(partial(self._put, written, target), target)
        except OSError as error:
            raise _refused(error, "can't be put in its place", final) from error
        finally:
            safe.cancel()
            await asyncio.gather(safe, return_exceptions=True)
        holes, of_sounds = _holes(found.pop("holes")), map(_holes, found.pop("sound_holes"))
        return FileFacts(bytes=size, sha256=digest, holes=holes, sound_holes=tuple(of_sounds), **found)

    async def thumbnail(self, file: str, target: str) -> FileFacts | None:
        """See the port. The picture is ``_THUMBNAIL_WIDTH`` pixels wide."""
        video, picture = self._data / file, self._data / target
        made = picture.with_name(f"{picture.name}.partial")
        try:
            picture.parent.mkdir(parents=True, exist_ok=True)
        except OSError:
            return None
        middle = ffmpeg.input(str(video.absolute()), ss=f"{await probe.length(video) / 2:.3f}")["v:0"]
        small = middle.filter("scale", w=_THUMBNAIL_WIDTH, h=-2)
        output = ffmpeg.output(small, str(made), format="mjpeg", **{"frames:v": 1, "q:v": 4})
        opened = [self._ffmpeg, "-hide_banner", "-nostdin", "-loglevel", "error", "-y"]
        try:
            done = await run_once(ffmpeg.compile(output, cmd=opened), timeout=_THUMBNAIL_TIMEOUT)
        except BaseException:
            discard(made)
            raise
        try:
            if done.status != 0 or made.stat().st_size == 0:
                discard(made)
                return None
            size, digest = await self._whole(partial(self._settle, made, picture), picture)
        except OSError:  # a recording without a thumbnail is complete
            discard(made)
            return None
        return FileFacts(duration=0.0, bytes=size, sha256=digest, video_frames=1, has_audio=False, av_offset=0.0)

    async def frame(self, segment: Segment, at: float) -> bytes:
        """See the port."""
        return await still(self._ffmpeg, self._data, segment, at)

    async def playable(self, file: str, target: str) -> FileFacts | None:
        """See the port. Raises MediaError or StoreError."""
        final = self._data / target
        made = final.with_name(f"{final.name}.partial")
        try:
            if not await playable.make(self._ffmpeg, self._data / file, made):
                return None
            return await self.accept(str(made.relative_to(self._data)), target)
        except OSError as error:
            raise _refused(error, "can't be written", target) from error
        finally:
            discard(made)

    async def analyse(self, file: str) -> Quality:
        """See the port. Raises MediaError."""
        return await analysis.analyse(self._ffmpeg, self._data / file)

    async def write(self, content: bytes, target: str) -> FileFacts:
        """See the port. Raises StoreError."""
        final = self._data / target
        made = final.with_name(f"{final.name}.partial")

        def put() -> tuple[int, str]:
            made.parent.mkdir(parents=True, exist_ok=True)
            made.write_bytes(content)
            return self._settle(made, final)

        try:
            size, digest = await self._whole(put, final)
        except OSError as error:
            discard(made)
            raise _refused(error, "can't be written", target) from error
        return FileFacts(duration=0.0, bytes=size, sha256=digest, video_frames=0, has_audio=False, av_offset=0.0)

    async def read(self, file: str) -> bytes:
        """See the port."""
        try:
            return await asyncio.to_thread((self._data / file).read_bytes)
        except OSError as error:
            raise StoreError(f"can't be read: {error.strerror}", where=file) from error

    def erase(self, files: Iterable[str]) -> None:
        """See the port. The deletion is durable when this returns."""
        folders = set()
        for file in files:
            path = self._data / file
            path.unlink(missing_ok=True)
            folders.add(path.parent)
        for folder in sorted(folders, key=lambda one: -len(one.parts)):
            left = folder
            while left.parent != self._data and _is_removed(left):
                left = left.parent
            if left.is_dir():
                self._sync(left)

    async def _whole(self, put: Callable[[], T], target: Path) -> T:
        """Run ``put``, which writes ``target``, in a thread. If it is cancelled, no file is left: a thread can't be
        stopped, so its end is awaited, and the file is deleted."""
        putting = asyncio.ensure_future(asyncio.to_thread(put))
        try:
            return await asyncio.shield(putting)
        except asyncio.CancelledError:
            await asyncio.wait([putting])
            self.erase([str(target.relative_to(self._data))])
            raise

    def _settle(self, written: Path, target: Path) -> tuple[int, str]:
        """Checksum, sync, rename: the size and the sha256 of the file, which is then durable at ``target``."""
        size, digest = checksum(written)
        self._sync(written)
        self._put(written, target)
        return size, digest

    def _put(self, written: Path, target: Path) -> None:
        """Rename, then sync all folders from the data folder to the target: any of them may be new."""
        target.parent.mkdir(parents=True, exist_ok=True)
        written.replace(target)
        for folder in target.parents:
            self._sync(folder)
            if folder == self._data:
                return


def _holes(found: Iterable[Sequence[float]]) -> tuple[Hole, ...]:
    return tuple((start, length) for start, length in found)


def _is_removed(folder: Path) -> bool:
    """Delete a folder if it is empty; whether it no longer exists."""
    try:
        folder.rmdir()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return True


def _refused(error: OSError, what: str, where: str) -> StoreError:
    kind = DiskFull if error.errno in (errno.ENOSPC, errno.EDQUOT) else StoreError
    return kind(f"{what}: {error.strerror}", where=where)

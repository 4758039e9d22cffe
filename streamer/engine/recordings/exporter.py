"""Protocol: what the engine needs from the media floor to make a recording's files."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from streamer.core.export.files import FileFacts
from streamer.core.footage.segments import Clip, Segment
from streamer.core.recording.quality import Quality


class Exporter(Protocol):
    """Reads captured segments, and writes the files of recordings. A call that is cancelled leaves no new file."""

    async def accept(self, partial: str, final: str) -> FileFacts:
        """Re-read ``partial``, sync it and rename it atomically to ``final`` (relative to the data folder)."""

    async def cut(
        self, first: Segment, start: float, last: Segment, end: float, between: Sequence[Segment]
    ) -> list[Clip]:
        """Clips from the keyframe at or before ``start`` to the one at or after ``end`` (source clock, s), one for
        each segment that overlaps. A damaged segment is marked in its clip and raises no error."""

    async def digests(self, segment: Segment) -> list[tuple[float, str, str]]:
        """(time on the source's clock in s, digest of its bytes, digest of the sound stored after it) of each
        keyframe of a segment, in order; empty if it is damaged."""

    async def thumbnail(self, file: str, target: str) -> FileFacts | None:
        """A JPEG from the middle of a video file; None if it has no picture."""

    async def playable(self, file: str, target: str) -> FileFacts | None:
        """Write a version of a finished video file that every browser plays, at the lowest priority; None if browsers
        play the file itself. If it is cancelled, it leaves no file behind."""

    async def analyse(self, file: str) -> Quality:
        """Measure sound and picture of a finished video file, at the lowest priority."""

    async def frame(self, segment: Segment, at: float) -> bytes:
        """A JPEG, at most 640 pixels wide, of the picture at ``at`` (source clock, s) in a captured segment.

        Raises MediaError if there is no picture within half a second."""

    async def write(self, content: bytes, target: str) -> FileFacts:
        """Put a small file at ``target``: synced, then renamed atomically."""

    async def read(self, file: str) -> bytes:
        """Read a small file. Raises StoreError if it can't be read."""

    def erase(self, files: Iterable[str]) -> None:
        """Delete files, given relative to the data folder, and the folders that become empty."""

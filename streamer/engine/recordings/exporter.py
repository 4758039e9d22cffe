"""What is asked of the media floor for the files of a recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from streamer.core.footage.segments import Clip, Segment
from streamer.core.recording.files import FileFacts
from streamer.core.recording.quality import Quality


class Exporter(Protocol):
    """Reads captured segments, and puts the files of recordings in their places."""

    async def accept(self, partial: str, final: str) -> FileFacts:
        """Re-read ``partial``, sync it and rename it atomically to ``final`` (relative to the data folder)."""

    async def cut(
        self, first: Segment, start: float, last: Segment, end: float, between: Sequence[Segment]
    ) -> list[Clip]:
        """Clips from the keyframe at or before ``start`` to the one at or after ``end`` (source clock, s), one for
        each segment that has any part in it. A segment that is damaged says so and is no error."""

    async def digests(self, segment: Segment) -> list[tuple[float, str, str]]:
        """(time on the source's clock in s, digest of its bytes, digest of the sound that is stored behind it) of each
        keyframe of a segment, in order; none where it is damaged."""

    async def thumbnail(self, file: str, target: str) -> FileFacts | None:
        """A JPEG from the middle of a video file; None when there is no picture."""

    async def analyse(self, file: str) -> Quality:
        """Listen to and watch a finished video file, with the least priority."""

    async def frame(self, segment: Segment, at: float) -> bytes:
        """A JPEG, at most 640 pixels wide, of what was seen at ``at`` (source clock, s) in a captured segment.

        Raises MediaError where there is no picture within half a second."""

    async def write(self, content: bytes, target: str) -> FileFacts:
        """Put a small file at ``target``: synced, then renamed atomically."""

    async def read(self, file: str) -> bytes:
        """A small file. Raises StoreError where it can't be read."""

    def erase(self, files: Iterable[str]) -> None:
        """Delete files for good, relative to the data folder, and the folders that are empty then."""

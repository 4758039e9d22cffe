"""Protocol: reads the segments that captures write."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import SourceTracks


class TakeReader(Protocol):
    """Reads the segments that captures write."""

    def closed_segments(self, take: RunId, after: int) -> list[Segment]:
        """The segments of a take with a number above ``after`` that are closed, in order."""

    async def last_segment(self, take: RunId, after: int) -> list[Segment]:
        """After a take's process ended: closed segments not yet seen, and the one that was open (probed)."""

    async def settle(self, segments: Sequence[Segment]) -> list[Segment]:
        """Make closed segments of one take safe on the disk, and read them: in order, with checksum and shape.

        A segment without a file is left out; an unreadable one has zero bytes.
        """

    async def facts(self, segment_path: str) -> SourceFacts:
        """The facts about a segment's source."""

    def tracks(self, take: RunId) -> SourceTracks | None:
        """The tracks of a take's source, from its process's log; None if the log does not describe them (yet)."""

    def shape(self, segment_path: str) -> str:
        """The shape of a segment, for :mod:`streamer.core.footage.shapes`; empty if it can't be read.

        A segment in which the source changes has the earlier shape.
        """

    async def turn(self, segment_path: str, known: str) -> float | None:
        """When (source clock, s) a segment stops matching the shape ``known``: its first keyframe with another shape;
        None if there is none."""

    async def keyframes(self, segment_path: str) -> list[tuple[float, int]]:
        """(time on the source's clock in s, byte offset) of each video keyframe of a segment, in order."""

    def delete(self, paths: Iterable[str]) -> None:
        """Delete files, given relative to the data folder; ignores missing files."""

    def delete_folder(self, take: RunId) -> None:
        """Delete the folder of a take without segments."""

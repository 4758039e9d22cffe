"""The newest segments of each take, which place the next ones in wall time and show the state of the take's source."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace

from streamer.core.base.ids import RoomId, RunId
from streamer.core.footage.segments import Segment
from streamer.core.footage.shapes import sound_is_lost, turned_foreign
from streamer.core.footage.takes import Take
from streamer.core.footage.wall_clock import TAIL, Timed, placed

SHORTEST_LEAD = 0.1
"""Less sound than this before the first picture (s) is not reported."""


class NewestSegments:
    """The newest segments of each take, and the instant up to which the take reaches."""

    def __init__(self) -> None:
        self._newest: dict[RunId, list[Segment]] = defaultdict(list)
        self._edges: dict[RoomId, dict[RunId, float]] = defaultdict(dict)

    def add(self, run: RunId, segments: list[Segment]) -> None:
        self._newest[run] += segments

    def forget(self, run: RunId) -> None:
        self._newest.pop(run, None)

    def last(self, run: RunId) -> Segment | None:
        tail = self._newest.get(run)
        return tail[-1] if tail else None

    def last_number(self, run: RunId) -> int:
        last = self.last(run)
        return last.number if last is not None else -1

    def placed(self, take: Take, running: Collection[RunId], *, ended: bool) -> list[Timed]:
        """A take's newest segments in wall time whose place no later segment can change.

        ``running`` are the takes that still grow; earlier takes no longer count for the edge of their room.
        """
        tail, edges = self._newest[take.id], self._edges[take.room]
        timed = placed(tail, ended=ended)
        tail[:] = [one.segment for one in timed]
        if timed:
            edges[take.id] = timed[-1].end
        for other in edges.keys() - {take.id, *running}:
            del edges[other]
        del tail[:-TAIL]
        return timed

    def correct(self, segment: Segment) -> bool:
        """Correct a segment that begins later than assumed; returns whether to report it."""
        tail = self._newest[segment.take]
        for index, known in enumerate(tail):
            lead = segment.start - known.start
            if known.number == segment.number and lead > SHORTEST_LEAD:
                wall = known.wall + lead if known.wall is not None else None
                tail[index] = replace(known, start=segment.start, wall=wall)
                return True
        return False

    # -- queries ----------------------------------------------------------------------------

    def edge(self, room: RoomId) -> float | None:
        """Up to when (Unix s) closed segments of a room reach."""
        return max(self._edges[room].values(), default=None)

    def settled(self, room: RoomId, running: Collection[RunId]) -> float | None:
        """The instant (Unix s) before which no more segments will come: every running capture has closed them."""
        reached = [edge for run, edge in self._edges[room].items() if run in running]
        return min(reached) if reached else self.edge(room)

    def turned_foreign(self, run: RunId) -> bool:
        """Whether the source changed its codec, which makes the take's output unreadable."""
        return turned_foreign([segment.shape for segment in self._newest[run]])

    def sound_is_lost(self, run: RunId) -> bool:
        """Whether the sound that the take began with does not come now."""
        return sound_is_lost([segment.shape for segment in self._newest[run]])

    def rates(self, takes: Mapping[RunId, Take]) -> dict[RoomId, float]:
        """Bytes a second of each room, from the newest segments of its last take."""
        found = {}
        for run, tail in self._newest.items():
            seconds = sum(s.end - s.start for s in tail)
            if run in takes and seconds > 0:
                found[takes[run].room] = sum(s.bytes for s in tail) / seconds
        return found

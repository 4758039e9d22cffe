"""Finds out what the rooms' sources deliver, by a probe of the first segment of each take.

Probing starts a process, so it happens outside the turns; a turn takes the results.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import replace

import structlog

from streamer.core.base.ids import RoomId, RunId
from streamer.core.footage.segments import Segment
from streamer.core.footage.takes import Take
from streamer.core.jobs.source_facts import SourceFacts
from streamer.engine.footage.take_reader import TakeReader
from streamer.engine.machine.worker import Done, Failed, Piece, Priority, Worker

log = structlog.stdlib.get_logger(__name__)

Found = tuple[Take, Segment]
"""A take with its facts, and its first segment with its true start."""


class Probes:
    """``facts`` are the known facts about each room's source."""

    def __init__(self, reader: TakeReader, worker: Worker) -> None:
        self.facts: dict[RoomId, SourceFacts] = {}
        self._reader = reader
        self._worker = worker
        self._pieces: dict[RunId, tuple[Take, Piece[Found]]] = {}

    def begin(self, take: Take, first: Segment) -> None:
        """Probe a take's first segment, unless that is under way."""
        if take.id not in self._pieces:
            piece = self._worker.submit(
                lambda: self._probe(take, first), name=f"probe {take.id}", priority=Priority.PROBING, subject=take.id
            )
            self._pieces[take.id] = (take, piece)

    def taken(self, replaced: Container[RunId] = ()) -> list[Found]:
        """The results since the last call. A take whose probe failed can be probed again.

        What was found of a ``replaced`` take is not what its room delivers from now on."""
        found: list[Found] = []
        for id, (take, piece) in [one for one in self._pieces.items() if one[1][1].ended]:
            del self._pieces[id]
            match piece.outcome:
                case Done((probed, first)):
                    assert probed.facts is not None
                    if take.id not in replaced:
                        self.facts[take.room] = probed.facts
                    found.append((probed, first))
                case Failed(error):
                    log.warning("room %s: a captured segment can't be read: %s", take.room, error)
        return found

    async def _probe(self, take: Take, first: Segment) -> Found:
        """A source that is joined in the middle delivers sound at once, and a picture from the next keyframe."""
        facts = await self._reader.facts(first.path)
        pictures = await self._reader.keyframes(first.path) if first.number == 0 else []
        if pictures:
            first = replace(first, start=max(first.start, min(pictures[0][0], first.end)))
        return replace(take, facts=replace(facts, tracks=self._reader.tracks(take.id))), first

"""Serves timelines for the handover, from the journal of what the crew was told."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from streamer.core.base.errors import NotFound
from streamer.core.base.ids import SessionId
from streamer.core.records.journal import Audience
from streamer.core.timeline.documents import TimelineDocument, markdown, timeline_document
from streamer.core.timeline.moments import AROUND, Moment, MomentReader, of_session
from streamer.engine.machine.clock import Clock
from streamer.engine.programme.programme import Programme
from streamer.engine.turns.store import Store

PART = 250
"""Entries that are read at once."""


class Timelines:
    """Of a programme. The store keeps the journal of a day of thirty rooms; older entries are deleted."""

    def __init__(self, programme: Programme, store: Store, clock: Clock) -> None:
        self._programme = programme
        self._store = store
        self._clock = clock

    async def day(self, start: datetime | None = None, end: datetime | None = None) -> TimelineDocument:
        """What happened from ``start`` to ``end``; without them since the venue's midnight, until now."""
        zone = self._programme.zone
        now = self._clock.now().astimezone(zone)
        begin = start or now.replace(hour=0, minute=0, second=0, microsecond=0)
        until = end or now
        found = await self._moments(begin.timestamp(), until.timestamp())
        return timeline_document(self._programme.timetable.title, begin, until, found, zone)

    async def session(self, id: str) -> TimelineDocument:
        """What happened to a session, and in its room around it. Raises NotFound."""
        programme, now = self._programme, self._clock.now()
        planned = programme.plan(now).session(SessionId(id))
        if planned is None:
            raise NotFound("there is no such session", where=f"session {id[:80]}")
        begin = min(planned.start, planned.session.start) - AROUND - timedelta(days=1)
        around = await self._moments(begin.timestamp(), now.timestamp() + 1)
        found = of_session(around, planned.id, planned.room, planned.start, planned.end)
        return timeline_document(planned.session.title, planned.start, planned.end, found, programme.zone)

    async def _moments(self, start: float, end: float) -> list[Moment]:
        """Reads the journal in parts, so that a long day does not hold up the channels."""
        reader, after = MomentReader(), 0
        while entries := await self._store.journal_between(Audience.CREW, start, end, after=after, limit=PART):
            reader.add(entries)
            after = entries[-1].revision
            await asyncio.sleep(0)
        return reader.moments()

    def markdown(self, timeline: TimelineDocument) -> str:
        """A timeline for people."""
        return markdown(timeline, {room.id: room.name for room in self._programme.rooms})

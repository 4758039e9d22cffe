"""What is heard and seen in the rooms, for the crew: meters, pictures, and the timelines of sessions."""

from __future__ import annotations

import asyncio

from streamer.core.base.errors import NotFound
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.monitor.meter import MeterDocument, meter_document
from streamer.core.monitor.timeline import TimelineRow
from streamer.core.monitor.watching import Thumbnail
from streamer.engine.machine.clock import Clock
from streamer.engine.turns.reconciler import Reconciler


class Monitoring:
    """A view of the engine's monitors."""

    def __init__(self, engine: Reconciler, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def meters(self) -> dict[RoomId, MeterDocument]:
        """The newest meter of each monitored room."""
        zone = self._engine.programme.zone
        return {room: meter_document(meter, zone) for room, meter in self._engine.monitors.meters.items()}

    async def thumbnail(self, room: str) -> Thumbnail:
        """The newest picture of a room. Raises NotFound where none is recent."""
        if all(known.id != room for known in self._engine.programme.rooms):
            raise NotFound(f"there is no room {room}", where=room)
        found = await asyncio.to_thread(self._engine.monitors.thumbnail, RoomId(room), self._clock.now())
        if found is None:
            hint = "there is one some seconds after the room's capture has started"
            raise NotFound(f"there is no recent picture of room {room}", where=room, hint=hint)
        return found

    async def timeline(self, session: str) -> list[TimelineRow]:
        """What was heard and seen in a session. Raises NotFound for an unknown session."""
        if self._engine.programme.plan(self._clock.now()).session(SessionId(session)) is None:
            raise NotFound(f"there is no session {session}", where=session)
        return await asyncio.to_thread(self._engine.monitors.timelines.read, SessionId(session))

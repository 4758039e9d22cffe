"""The crew's answers to alarms, and calls for help: stored before they are answered."""

from __future__ import annotations

import asyncio

from streamer.core.base.errors import NotFound
from streamer.core.base.ids import RoomId
from streamer.engine.machine.clock import Clock
from streamer.engine.status.crew_documents import AlarmDocument
from streamer.engine.turns.reconciler import Reconciler


class Alarms:
    """For an engine; ``turn`` is the lock that every turn holds."""

    def __init__(self, engine: Reconciler, clock: Clock, turn: asyncio.Lock) -> None:
        self._engine = engine
        self._clock = clock
        self._turn = turn

    def documents(self) -> list[AlarmDocument]:
        """The open alarms as last announced."""
        return list(self._engine.announcer.documents("alarm").values())

    async def acknowledge(self, id: str, by: str) -> AlarmDocument:
        """Note that a person has taken an alarm on. Raises NotFound and Conflict."""
        async with self._turn:
            known = self._engine.announcer.documents("alarm").get(id)
            self._engine.alarm_desk.acknowledge(id, by, self._clock.now())
            await self._engine.once()
            found = self._engine.announcer.documents("alarm").get(id) or known
        assert found is not None
        return found

    async def call(self, room: str, by: str, text: str) -> AlarmDocument:
        """Call for help in a room. Raises NotFound."""
        if room not in {one.id for one in self._engine.programme.rooms}:
            raise NotFound("there is no such room", where=f"room {room[:80]}")
        async with self._turn:
            self._engine.alarm_desk.call(RoomId(room), by, text)
            await self._engine.once()
            return self._engine.announcer.documents("alarm")[f"help {room}"]

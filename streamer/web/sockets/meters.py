"""The event ``meter`` for the crew: the newest meter of each room, some times a second.

A meter has no number and is not part of the journal. A client that has not taken the last ones gets none, so meters
never queue up for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import Any

from engineio.packet import MESSAGE
from engineio.packet import Packet as WirePacket
from socketio.packet import EVENT, Packet

from streamer.core.base.ids import RoomId
from streamer.core.records.journal import Audience
from streamer.engine.service.service import Service
from streamer.web.http.problems import of_fault

EVERY = 0.4
"""Seconds between two meters of a room; a client has to get two a second."""

SendLatest = Callable[[str, Sequence[Any]], Awaitable[None]]
"""Sends encoded packets to a client that has taken all before them; others get none."""


class MeterFeed:
    """Sends each room's meters to the clients of /crew. ``clients`` are those that have got their snapshot."""

    def __init__(self, service: Service, clients: Callable[[], Iterable[str]], send: SendLatest) -> None:
        self._service = service
        self._clients = clients
        self._send = send
        self._told: dict[RoomId, str] = {}

    async def run(self) -> None:
        """Send meters until it is cancelled."""
        while True:
            await asyncio.sleep(EVERY)
            try:
                await self.once()
            except Exception as fault:
                of_fault(fault, "sending meters to the crew")

    async def once(self) -> None:
        """Send the meters that are newer than those of the last time."""
        clients = list(self._clients())
        if not clients or not self._service.ready:
            return
        meters = self._service.monitoring.meters()
        new = [meter for room, meter in meters.items() if self._told.get(room) != meter["at"]]
        self._told = {room: meter["at"] for room, meter in meters.items()}
        packets = [_encoded(meter) for meter in new]
        if packets:
            for client in clients:
                await self._send(client, packets)


def _encoded(meter: object) -> Any:
    packet = WirePacket(MESSAGE, Packet(EVENT, namespace=f"/{Audience.CREW}", data=["meter", meter]).encode())
    packet.encode()  # the packet caches its encoding: all clients get the same text
    return packet

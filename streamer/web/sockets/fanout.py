"""The followers of one audience: each gets a snapshot or the missed changes, then every change once, in order, without
gaps.

A change is encoded once for all followers. A follower that does not read is disconnected, and gets the missed changes
when it returns. Knows Socket.IO packets, but neither HTTP nor tokens.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import structlog
from engineio.packet import MESSAGE
from engineio.packet import Packet as WirePacket
from socketio.packet import EVENT, Packet

from streamer.core.base.errors import StreamerError
from streamer.core.records.journal import Audience, JournalEntry
from streamer.engine.service.service import Service
from streamer.engine.status.bus import Lagged

HELD = 1_000
"""Changes queued for a follower during its catch-up; beyond this number a snapshot is shorter."""

ENCODED = 512
"""Encoded changes kept for followers that return."""
SNAPSHOT_LIFE = 0.1
"""Seconds for which a snapshot is reused, because all clients of a hall may return at the same time."""
AT_A_STRETCH = 250
"""Followers served before other tasks run."""

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalPosition:
    """The position that a returning client states."""

    epoch: str
    revision: int

    @classmethod
    def of(cls, auth: object) -> JournalPosition | None:
        """The position in a connection's auth; None if it has none."""
        if not isinstance(auth, dict):
            return None
        epoch, revision = auth.get("epoch"), auth.get("revision")
        if not isinstance(epoch, str) or not isinstance(revision, int) or isinstance(revision, bool):
            return None
        return cls(epoch=epoch, revision=revision) if 0 <= revision < 2**53 else None


@dataclass(slots=True, kw_only=True, eq=False)
class Follower:
    """A client. ``revision`` is the last one sent to it; ``held`` are changes queued until it has caught up."""

    sid: str
    revision: int = -1
    held: deque[tuple[int, Any]] | None = field(default_factory=deque)


Send = Callable[[str, Any], Awaitable[None]]
"""Sends an encoded packet to the client of a session id, or disconnects a client that does not keep up."""


class Fanout:
    """Follows one audience's journal for all clients of one namespace."""

    def __init__(self, service: Service, audience: Audience, send: Send) -> None:
        self.audience = audience
        self.namespace = f"/{audience}"
        self._service = service
        self._send = send
        self._followers: dict[str, Follower] = {}
        self._changes: OrderedDict[int, Any] = OrderedDict()
        self._snapshot: tuple[int, Any, float] | None = None
        self._subscription = service.subscribe(audience)

    def __len__(self) -> int:
        return len(self._followers)

    def caught_up(self) -> list[str]:
        """The clients that have got a snapshot or what they missed."""
        return [sid for sid, follower in self._followers.items() if follower.held is None]

    # -- one client ----------------------------------------------------------------------------------

    async def welcome(self, sid: str, position: JournalPosition | None) -> None:
        """Send a client what it missed, then all later changes."""
        follower = self._followers[sid] = Follower(sid=sid)
        missed = await self._missed(position)
        if missed is None or position is None:
            await self._start_over(follower)
        else:
            follower.revision = position.revision
            for entry in missed:
                await self._take(follower, entry.revision, self._change(entry))
        while follower.held:
            await self._take(follower, *follower.held.popleft())
        follower.held = None

    def leave(self, sid: str) -> None:
        self._followers.pop(sid, None)

    async def _missed(self, position: JournalPosition | None) -> list[JournalEntry] | None:
        if position is None:
            return None
        try:
            return await self._service.catch_up(self.audience, position.epoch, position.revision)
        except StreamerError as error:
            _log.warning("the journal can't be read: sending a snapshot instead", error=error)
            return None

    async def _start_over(self, follower: Follower) -> None:
        now = time.monotonic()
        if self._snapshot is None or now - self._snapshot[2] > SNAPSHOT_LIFE:
            document = self._service.snapshot(self.audience)
            self._snapshot = (document["revision"], self._encoded("snapshot", document), now)
        follower.revision, packet, _ = self._snapshot
        await self._send(follower.sid, packet)

    async def _take(self, follower: Follower, revision: int, packet: Any) -> None:
        if revision <= follower.revision:
            return
        if revision != follower.revision + 1:
            await self._start_over(follower)
            return
        follower.revision = revision
        await self._send(follower.sid, packet)

    # -- all clients ---------------------------------------------------------------------------------

    async def run(self) -> None:
        """Pass on the journal until the service stops or :meth:`close` is called."""
        while True:
            try:
                async for entry in self._subscription:
                    await self._pass_on(entry)
                return
            except Lagged as lagged:
                _log.warning("the fan-out fell behind the journal: sending a snapshot to all clients", error=lagged)
            self._subscription.close()
            self._subscription = self._service.subscribe(self.audience)
            self._snapshot = None
            for follower in list(self._followers.values()):
                if follower.held is None:
                    await self._start_over(follower)

    def close(self) -> None:
        self._subscription.close()

    async def _pass_on(self, entry: JournalEntry) -> None:
        self._snapshot = None
        packet = self._change(entry)
        for number, follower in enumerate(list(self._followers.values()), 1):
            if follower.held is None:
                await self._take(follower, entry.revision, packet)
            elif len(follower.held) < HELD:
                follower.held.append((entry.revision, packet))
            if number % AT_A_STRETCH == 0:
                await asyncio.sleep(0)

    def _change(self, entry: JournalEntry) -> Any:
        packet = self._changes.get(entry.revision)
        if packet is None:
            packet = self._changes[entry.revision] = self._encoded("change", entry.body)
            if len(self._changes) > ENCODED:
                self._changes.popitem(last=False)
        return packet

    def _encoded(self, event: str, document: Mapping[str, object]) -> Any:
        packet = WirePacket(MESSAGE, Packet(EVENT, namespace=self.namespace, data=[event, document]).encode())
        packet.encode()  # the packet caches its encoding: all clients get the same text
        return packet

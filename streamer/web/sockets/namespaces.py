"""The Socket.IO namespaces /viewer and /crew: admission and the life of connections.

Messages from clients are dropped. :mod:`streamer.web.sockets.fanout` sends messages to them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import socketio
import structlog
from aiohttp import web
from socketio.exceptions import ConnectionRefusedError as Refusal
from socketio.packet import BINARY_ACK, BINARY_EVENT, Packet

from streamer.core.base.errors import Refused, StreamerError
from streamer.core.records.journal import Audience
from streamer.engine.service.service import Service
from streamer.web.access.socket_admission import crew_digest, websocket
from streamer.web.access.tokens import Access
from streamer.web.http.connections import Unreadable
from streamer.web.http.problems import NotReady, of_fault, status_of
from streamer.web.sockets.fanout import Fanout, JournalPosition
from streamer.web.sockets.meters import MeterFeed

PATH = "/socket.io/"
INCOMING_LIMIT = 16 * 1024
"""The maximum size in bytes of a client's message, which needs only to hold its auth."""
BACKLOG = 1_000
"""Packets queued for a client; a client further behind is disconnected and catches up when it returns."""
PING_EVERY = 25
PING_WITHIN = 20
SWEEP_EVERY = 15.0
"""Seconds between two checks of whether the crew's tokens and browsers are still live."""
GOING_AWAY = b"\x88\x02\x03\xe9"
"""A WebSocket's close frame with status 1001 (RFC 6455, 7.4.1)."""
FAREWELL = 0.5
"""Seconds that all polling clients together have to fetch the notice of the stop."""

_log = structlog.stdlib.get_logger(__name__)
_wire_log = logging.getLogger(f"{__name__}.wire")


class TextPacket(Packet):  # type: ignore[misc]  # socketio has no types
    """Refuses binary events, whose parts would be collected without limit."""

    def decode(self, encoded_packet: str) -> Any:
        attachments = super().decode(encoded_packet)
        if self.packet_type in (BINARY_EVENT, BINARY_ACK):
            raise ValueError("binary packets are not accepted")
        return attachments


class ClientManager(socketio.AsyncManager):  # type: ignore[misc]  # socketio has no types
    """Calls ``welcome`` after the client was sent its connect packet; a handler would run before."""

    def __init__(self, sockets: Sockets) -> None:
        super().__init__()
        self._sockets = sockets

    async def connect(self, sid: str, namespace: str) -> Any:
        connected = await super().connect(sid, namespace)
        await self._sockets.welcome(connected, namespace)
        return connected


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A client admitted to one namespace of a connection, whose id is ``wire``.

    ``digest`` is of the token or browser that admitted it, empty for viewers; ``transport`` is a WebSocket's.
    """

    wire: str
    position: JournalPosition | None
    digest: str = ""
    transport: asyncio.Transport | None = None


class Sockets:
    """Serves Socket.IO on an aiohttp application."""

    def __init__(self, service: Service, access: Access, sweep_every: float = SWEEP_EVERY) -> None:
        self._service = service
        self._access = access
        self._sweep_every = sweep_every
        self._server = socketio.AsyncServer(
            async_mode="aiohttp",
            client_manager=ClientManager(self),
            serializer=TextPacket,
            namespaces=[f"/{audience}" for audience in Audience],
            cors_allowed_origins=self._is_allowed,
            max_http_buffer_size=INCOMING_LIMIT,
            ping_interval=PING_EVERY,
            ping_timeout=PING_WITHIN,
            async_handlers=False,
            logger=_wire_log,
            engineio_logger=_wire_log,
        )
        # these libraries log mistakes of clients as errors
        _wire_log.setLevel(logging.CRITICAL)
        self._guests: dict[str, Guest] = {}
        self._lines: set[asyncio.Transport] = set()
        self._upgraded: dict[str, asyncio.Transport] = {}
        self._fanouts = {f"/{a}": Fanout(service, a, self._send) for a in Audience}
        for namespace in self._fanouts:
            self._server.on("connect", self._admit_to(namespace), namespace=namespace)
            self._server.on("disconnect", self._leave_from(namespace), namespace=namespace)
        crew = self._fanouts[f"/{Audience.CREW}"]
        self._meters = MeterFeed(service, crew.caught_up, self._send_latest)
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = False

    # -- life ----------------------------------------------------------------------------------------

    def start(self) -> None:
        self._open = True
        for fanout in self._fanouts.values():
            self._spawn(fanout.run())
        self._spawn(self._meters.run())
        self._spawn(self._sweep())

    async def stop(self) -> None:
        """Close all connections so that clients reconnect."""
        self._open = False
        for fanout in self._fanouts.values():
            fanout.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        # Clients reopen a WebSocket that closes without a Socket.IO disconnect packet.
        for transport in self._lines:
            transport.write(GOING_AWAY)
            transport.close()
        sockets = self._server.eio.sockets
        pollers = [self._server.eio.disconnect(wire) for wire, socket in list(sockets.items()) if not socket.upgraded]
        with suppress(TimeoutError):
            async with asyncio.timeout(FAREWELL):
                await asyncio.gather(*pollers)
                await self._server.shutdown()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (fault := task.exception()) is not None:
            _log.error("an error stopped the announcement of changes", exc_info=fault)

    def counts(self) -> dict[str, int]:
        """Connected clients by namespace."""
        return {namespace: len(fanout) for namespace, fanout in self._fanouts.items()}

    # -- requests ------------------------------------------------------------------------------------

    def routes(self) -> list[web.RouteDef]:
        return [web.route(method, PATH, self._handle) for method in ("GET", "POST", "OPTIONS")]

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if not self._open or not self._service.ready:
            raise NotReady("the service is starting, or stopping", hint="try again in a moment", retry_after=2)
        wire = request.query.get("sid")
        transport = websocket(request)
        if transport is None:
            response: web.StreamResponse = await self._server.handle_request(request)
            return response
        self._lines.add(transport)
        if wire is not None:
            self._upgraded[wire] = transport
        try:
            # without the compression that browsers offer: it takes 300 kB for each client
            plain = [(n, v) for n, v in request.headers.items() if n.lower() != "sec-websocket-extensions"]
            response = await self._server.handle_request(request.clone(headers=plain))
            return response
        except ValueError as error:  # of Engine.IO, for a packet that is none
            raise Unreadable(str(error)) from error
        finally:
            self._lines.discard(transport)
            if wire is not None:
                self._upgraded.pop(wire, None)

    def _is_allowed(self, origin: str, environ: dict[str, Any]) -> bool:
        return self._access.perimeter.is_own(origin, environ["aiohttp.request"])

    # -- joining-------------------------------------------------------------------------------------

    def _admit_to(self, namespace: str) -> Any:
        async def connect(sid: str, environ: dict[str, Any], auth: Any = None) -> None:
            request: web.Request = environ["aiohttp.request"]
            try:
                digest = await crew_digest(self._access, request, auth) if namespace == f"/{Audience.CREW}" else ""
            except Refused as refusal:
                reason = {"status": status_of(refusal).value, "where": refusal.where, "hint": refusal.hint}
                raise Refusal(refusal.message, reason) from refusal
            except Exception as fault:
                of_fault(fault, f"a connection to {namespace}")
                raise Refusal("an internal error of the service", {"status": 500}) from fault
            self._guests[sid] = Guest(
                wire=self._server.manager.eio_sid_from_sid(sid, namespace),
                position=JournalPosition.of(auth),
                digest=digest,
                transport=websocket(request),
            )

        return connect

    async def welcome(self, sid: str, namespace: str) -> None:
        """A client was sent its connect packet."""
        guest = self._guests[sid]
        try:
            await self._fanouts[namespace].welcome(sid, guest.position)
        except Exception as fault:
            of_fault(fault, f"welcoming a client of {namespace}")
            await self._let_go(guest)
        if guest.wire not in self._server.eio.sockets:
            # it left meanwhile, before it could be sent anything
            await self._server.manager.disconnect(sid, namespace)
            self._forget(sid, namespace)

    # -- leaving-------------------------------------------------------------------------------------

    def _leave_from(self, namespace: str) -> Any:
        async def disconnect(sid: str, reason: Any = None) -> None:
            self._forget(sid, namespace)

        return disconnect

    def _forget(self, sid: str, namespace: str) -> None:
        self._fanouts[namespace].leave(sid)
        self._guests.pop(sid, None)

    async def _send(self, sid: str, packet: Any) -> None:
        guest = self._guests.get(sid)
        socket = self._server.eio.sockets.get(guest.wire) if guest is not None else None
        if guest is None or socket is None or socket.closed:
            return
        if socket.queue.qsize() >= BACKLOG:
            await self._let_go(guest)
            return
        await self._server.eio.send_packet(guest.wire, packet)

    async def _send_latest(self, sid: str, packets: Sequence[Any]) -> None:
        """Send packets to a client that has taken everything before them; a slower one gets none of these."""
        guest = self._guests.get(sid)
        socket = self._server.eio.sockets.get(guest.wire) if guest is not None else None
        if socket is not None and socket.queue.qsize() == 0:
            for packet in packets:
                await self._send(sid, packet)

    async def _let_go(self, guest: Guest) -> None:
        """End a connection at once; its client reconnects by itself."""
        transport = self._upgraded.get(guest.wire) or guest.transport
        if transport is not None:
            transport.abort()
            return
        # A client that stopped polling: no transport to abort, and its queued packets are never fetched.
        socket = self._server.eio.sockets.get(guest.wire)
        if socket is not None:
            await socket.close(wait=False, abort=True, reason=self._server.reason.TRANSPORT_ERROR)

    async def dismiss(self) -> None:
        """Disconnect clients whose token or browser is no longer live; they must not reconnect.

        What admitted the others is in use.
        """
        for sid, guest in list(self._guests.items()):
            if guest.digest and self._service.tokens.seen(guest.digest) is None:
                await self._server.disconnect(sid, namespace=f"/{Audience.CREW}")

    async def _sweep(self) -> None:
        while True:
            await asyncio.sleep(self._sweep_every)
            try:
                await self.dismiss()
                await self._service.tokens.write_uses()
            except StreamerError as error:
                _log.warning("the last use of tokens can't be written", error=error)
            except Exception as fault:
                of_fault(fault, "checking the crew's tokens and browsers")

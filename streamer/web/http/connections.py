"""The connections of the public server: how many an address may have, and what is said of those that go wrong.

A client that leaves, or sends what is not HTTP, is no error of ours: it is counted, and written to the log as one line
for debugging. What is answered below the application has its headers too.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from enum import StrEnum
from http import HTTPStatus
from typing import Any

import structlog
from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from streamer.engine.service.metrics import Metric
from streamer.web.http.problems import of_fault, problem

RETRY_AFTER = 10
"""Seconds after which an address with too many connections may try again."""

_FULL = (
    f"HTTP/1.1 503 Service Unavailable\r\nRetry-After: {RETRY_AFTER}\r\nServer: streamer\r\nConnection: close\r\n"
    "Content-Length: 0\r\n\r\n"
).encode()

log = structlog.stdlib.get_logger(__name__)


class Trouble(StrEnum):
    """What went wrong on a connection."""

    LEFT = "left"  # the client closed it before its answer, or its request, was complete
    UNREADABLE = "unreadable"  # what it sent is not HTTP, or not the protocol of a socket
    TOO_MANY = "too many"  # its address has as many connections as it may have


class Unreadable(ConnectionError):
    """A client broke the protocol of its connection, which therefore ends."""


class Connections:
    """The open connections by address. ``per_address`` is the limit; ``is_exempt`` says which addresses have none.

    ``headers`` are those of answers that no application gives.
    """

    def __init__(self, per_address: int, is_exempt: Callable[[str], bool], headers: Mapping[str, str]) -> None:
        self.headers = headers
        self._per_address = per_address
        self._is_exempt = is_exempt
        self._open: Counter[str] = Counter()
        self._troubles: Counter[Trouble] = Counter(dict.fromkeys(Trouble, 0))

    def admit(self, address: str) -> bool:
        """Count a connection, unless its address has too many. Call :meth:`leave` when it ends."""
        if self._open[address] >= self._per_address and not self._is_exempt(address):
            self.note(Trouble.TOO_MANY, address)
            return False
        self._open[address] += 1
        return True

    def leave(self, address: str) -> None:
        self._open[address] -= 1
        if self._open[address] <= 0:
            del self._open[address]

    def note(self, trouble: Trouble, address: str, why: object = "") -> None:
        self._troubles[trouble] += 1
        log.debug("a connection went wrong", trouble=str(trouble), address=address, why=str(why)[:200])

    def metric(self) -> Metric:
        return Metric(
            name="streamer_connection_troubles_total",
            help="Connections that went wrong: the client left, sent what can't be read, or had too many.",
            kind="counter",
            samples=[({"trouble": str(trouble)}, count) for trouble, count in sorted(self._troubles.items())],
        )


class Connection(web.RequestHandler):
    """One connection."""

    __slots__ = ("_address", "_connections", "_is_admitted")

    def __init__(self, server: web.Server, connections: Connections, **options: Any) -> None:
        super().__init__(server, **options)
        self._connections = connections
        self._address = ""
        self._is_admitted = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if isinstance(peer, tuple) else ""
        self._is_admitted = self._connections.admit(self._address)
        if self._is_admitted:
            super().connection_made(transport)
        else:
            assert isinstance(transport, asyncio.Transport)
            transport.write(_FULL)
            transport.close()

    def data_received(self, data: bytes) -> None:
        if self._is_admitted:
            super().data_received(data)

    def eof_received(self) -> None:
        if self._is_admitted:
            super().eof_received()

    def connection_lost(self, exc: BaseException | None) -> None:
        if self._is_admitted:
            self._is_admitted = False
            self._connections.leave(self._address)
            super().connection_lost(exc)

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """The answer to what no application has answered. Raises ConnectionError where none can be given."""
        if isinstance(exc, ConnectionError):
            trouble = Trouble.UNREADABLE if isinstance(exc, Unreadable) else Trouble.LEFT
            self._connections.note(trouble, self._address, exc)
            raise exc
        if isinstance(exc, HttpProcessingError):
            self._connections.note(Trouble.UNREADABLE, self._address, type(exc).__name__)
            response = problem(HTTPStatus.BAD_REQUEST, "this is not a request that can be read")
        else:
            response = of_fault(exc if isinstance(exc, Exception) else RuntimeError(message), "a connection")
        if request.writer.output_size > 0:
            raise ConnectionError("the answer has begun already")
        response.headers.update(self._connections.headers)
        response.force_close()
        return response

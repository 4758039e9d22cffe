"""The web server: one application for everybody on TCP, one for the command line on a Unix socket.

It starts and stops; what is served stands in the modules that it puts together.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from streamer.core.base.address import Address
from streamer.core.monitor.meter import MeterDocument
from streamer.core.recording.report_document import ReportDocument
from streamer.core.records.journal import Audience
from streamer.core.status.documents import SnapshotDocument
from streamer.engine.service.metrics import Metric
from streamer.engine.service.service import Service
from streamer.engine.status.changes import CrewChange, ViewerChange
from streamer.engine.status.crew_documents import CrewSnapshotDocument
from streamer.web.access.access_log import AccessLog
from streamer.web.access.attempts import Attempts
from streamer.web.access.host_guard import for_our_hosts
from streamer.web.access.perimeter import Perimeter
from streamer.web.access.tokens import ACCESS, Access
from streamer.web.api.alarms import AlarmHandlers
from streamer.web.api.control import Control, Outside
from streamer.web.api.decisions import DecisionHandlers
from streamer.web.api.metrics import Health
from streamer.web.api.monitoring import MonitoringHandlers
from streamer.web.api.previews import PreviewHandlers
from streamer.web.api.recordings import RecordingHandlers
from streamer.web.api.sign_ins import SignInHandlers
from streamer.web.api.status import StatusHandlers
from streamer.web.api.timelines import TimelineHandlers
from streamer.web.api.timetable_versions import TimetableHandlers
from streamer.web.http.connections import Connection, Connections
from streamer.web.http.listening import BACKLOG, tcp_sockets, unix_socket
from streamer.web.http.problems import NotReady, problems
from streamer.web.http.request_bodies import BODY_LIMIT
from streamer.web.live.players import ANYWHERE, Live
from streamer.web.operations.openapi import describe
from streamer.web.operations.operation import NEEDS_SERVICE, Operation
from streamer.web.pages import site
from streamer.web.pages.login import Login
from streamer.web.pages.pages import SECURITY_HEADERS, Site, content_security_policy
from streamer.web.sockets.namespaces import Sockets

SHUTDOWN = 0.75
"""Seconds that a request under way has to finish when the service stops, and as many again to notice that it is cut."""
KEEP_ALIVE = 75.0
"""Seconds for which an idle connection stays open."""

HTTPS_FOR = 180 * 24 * 3600
"""Seconds for which a browser uses nothing but https for our host (RFC 6797)."""

OPERATIONS = web.AppKey("operations", tuple[Operation, ...])
"""What an application offers to programs."""
_SOCKETS = web.AppKey("sockets", Sockets)


def _requires_ready(service: Service) -> Any:
    """Before the service has started, and after it stopped, there is nothing to tell but that; the pages are there."""

    @web.middleware
    async def ready(request: web.Request, handler: Handler) -> web.StreamResponse:
        if not service.ready and request.path.startswith(NEEDS_SERVICE):
            raise NotReady("the service is starting, or stopping", hint="try again in a moment", retry_after=2)
        return await handler(request)

    return ready


def _headers_of_all(*, https: bool) -> dict[str, str]:
    """The headers of every response, also of one that no application gives."""
    strict = {"Strict-Transport-Security": f"max-age={HTTPS_FOR}"} if https else {}
    return {**SECURITY_HEADERS, "Server": "streamer", **strict}


async def _dress(request: web.Request, response: web.StreamResponse) -> None:
    """The headers of every response."""
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)
    if request.path.startswith("/live/"):
        response.headers.update(ANYWHERE)
    response.headers["Server"] = "streamer"


async def _dress_for_browsers(request: web.Request, response: web.StreamResponse) -> None:
    """The headers that depend on the address under which people see us. Players need no policy, and ask often."""
    perimeter = request.app[ACCESS].perimeter
    if not request.path.startswith("/live/"):
        response.headers["Content-Security-Policy"] = content_security_policy(perimeter.socket_origins(request))
    if perimeter.public_is_https:
        response.headers["Strict-Transport-Security"] = f"max-age={HTTPS_FOR}"


def description(operations: Sequence[Operation]) -> dict[str, Any]:
    """The OpenAPI document of these operations, with Socket.IO's events and the files that are JSON documents."""
    events = {
        f"/{Audience.VIEWER}": {"snapshot": SnapshotDocument, "change": ViewerChange},
        f"/{Audience.CREW}": {"snapshot": CrewSnapshotDocument, "change": CrewChange, "meter": MeterDocument},
    }
    return describe(operations, events, files=[ReportDocument])


def _application(
    service: Service, access: Access, *more: Sequence[Operation], guards: Sequence[Middleware] = ()
) -> web.Application:
    """What both have, and ``more``; each describes what it serves itself."""
    app = web.Application(client_max_size=BODY_LIMIT, middlewares=[problems, *guards, _requires_ready(service)])
    app[ACCESS] = access
    app.on_response_prepare.append(_dress)
    operations: list[Operation] = []
    for some in (
        StatusHandlers(service, partial(description, operations)).operations(),
        DecisionHandlers(service).operations(),
        RecordingHandlers(service).operations(),
        PreviewHandlers(service).operations(),
        AlarmHandlers(service).operations(),
        TimelineHandlers(service).operations(),
        TimetableHandlers(service).operations(),
        MonitoringHandlers(service).operations(),
        *more,
    ):
        operations.extend(some)
    app.add_routes([operation.route() for operation in operations])
    app[OPERATIONS] = tuple(operations)
    return app


def public_application(
    service: Service,
    *,
    pages: Site,
    perimeter: Perimeter,
    log: AccessLog | None = None,
    metrics: Sequence[Callable[[], Metric]] = (),
) -> web.Application:
    """What everybody can reach. ``metrics`` are more than those of the service."""
    access = Access(service, perimeter, Attempts(), log=log)
    sockets, live = Sockets(service, access), Live(service)
    app = _application(
        service,
        access,
        live.operations(),
        SignInHandlers(service, sockets.dismiss).operations(),
        Health(service, sockets.counts, [access.log.metric, *metrics]).operations(),
        guards=[for_our_hosts],
    )
    app.on_response_prepare.append(_dress_for_browsers)
    app[_SOCKETS] = sockets
    app[site.SITE] = pages
    for routes in (
        site.routes(),
        Login(service, sockets.dismiss).routes(),
        live.routes(),
        sockets.routes(),
    ):
        app.add_routes(routes)
    app.on_startup.append(_open_sockets)
    app.on_shutdown.append(_close_sockets)
    return app


def control_application(
    service: Service,
    *,
    outside: Outside,
    connections: Callable[[], dict[str, int]],
    log: AccessLog | None = None,
    metrics: Sequence[Callable[[], Metric]] = (),
) -> web.Application:
    """What only the command line can reach; everybody there is the crew."""
    access = Access(service, Perimeter(), Attempts(), log=log, local=True)
    control, health = Control(service, outside, access.log), Health(service, connections, [access.log.metric, *metrics])
    return _application(service, access, control.operations(), health.operations())


async def _open_sockets(app: web.Application) -> None:
    app[_SOCKETS].start()


async def _close_sockets(app: web.Application) -> None:
    await app[_SOCKETS].stop()


class WebServer:
    """Listens on ``listen`` and on ``control``, a path in the data folder.

    ``stop_service`` is called when the command line asks for the service's end. Raises ConfigError for an address, a
    URL or a proxy that is none.
    """

    def __init__(
        self,
        service: Service,
        *,
        listen: Address,
        control: Path,
        pages: Site,
        stop_service: Callable[[], None],
        public_url: str | None = None,
        trusted_proxies: Iterable[str] = (),
        allowed_hosts: Iterable[str] = (),
        connections_per_address: int = 4000,
    ) -> None:
        self._address = listen
        self._control = control
        self._public_url = public_url
        self._addresses: list[str] = []
        perimeter = Perimeter.of(
            public_url=public_url, trusted_proxies=trusted_proxies, listen=listen, allowed_hosts=allowed_hosts
        )
        log = AccessLog()
        self._connections = Connections(
            connections_per_address, perimeter.is_exempt, _headers_of_all(https=perimeter.public_is_https)
        )
        metrics = [self._connections.metric]
        public = public_application(service, pages=pages, perimeter=perimeter, log=log, metrics=metrics)
        self._sockets = public[_SOCKETS]
        outside = Outside(stop=stop_service, revoked=self._sockets.dismiss, addresses=lambda: self.addresses)
        local = control_application(service, outside=outside, connections=self.connections, log=log, metrics=metrics)
        self._public = _runner(public)
        self._local = _runner(local)
        self._servers: list[asyncio.AbstractServer] = []

    @property
    def addresses(self) -> Sequence[str]:
        """The URLs under which it can be reached, the one for people first; empty before the start."""
        public = [self._public_url.rstrip("/")] if self._public_url else []
        return [*public, *self._addresses]

    def connections(self) -> dict[str, int]:
        """Connected Socket.IO clients by namespace."""
        return self._sockets.counts()

    async def start(self) -> None:
        """Raises ConfigError where the address can't be listened on, StoreError where the Unix socket can't be made."""
        sockets = await asyncio.to_thread(tcp_sockets, self._address)
        try:
            await self._public.setup()
            await self._local.setup()
            self._servers.append(await self._serve_commands())
            for one in sockets:
                self._servers.append(await self._listen(one))
        except BaseException:
            for one in sockets:
                one.close()
            await self.stop()
            raise
        self._addresses = [_url(one) for one in sockets]

    async def _serve_commands(self) -> asyncio.AbstractServer:
        one = await asyncio.to_thread(unix_socket, self._control)
        assert self._local.server is not None
        return await asyncio.get_running_loop().create_unix_server(self._local.server, sock=one, backlog=BACKLOG)

    async def _listen(self, one: socket.socket) -> asyncio.AbstractServer:
        loop = asyncio.get_running_loop()
        assert self._public.server is not None
        connection = partial(
            Connection,
            self._public.server,
            self._connections,
            loop=loop,
            access_log=None,
            keepalive_timeout=KEEP_ALIVE,
        )
        return await loop.create_server(connection, sock=one, backlog=BACKLOG)

    async def stop(self) -> None:
        """Stop listening, let requests finish for a moment, close everything; within 3 s."""
        for server in self._servers:
            server.close()
        if self._servers:
            with suppress(FileNotFoundError):
                self._control.unlink()
        self._servers.clear()
        await asyncio.gather(self._public.cleanup(), self._local.cleanup())


def _runner(app: web.Application) -> web.AppRunner:
    return web.AppRunner(app, access_log=None, shutdown_timeout=SHUTDOWN, keepalive_timeout=KEEP_ALIVE)


def _url(one: socket.socket) -> str:
    host, port = one.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # it is read here, nothing is bound
    return f"http://{f'[{shown}]' if ':' in shown else shown}:{port}"

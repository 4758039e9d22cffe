"""A client of the running service, over the Unix socket in its data folder.

A refusal is raised as the service's own error. No request is repeated, so that no decision is taken twice.
"""

from __future__ import annotations

import asyncio
import errno
import os
import socket
import struct
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
from yarl import URL

from streamer.core.base.errors import Conflict, Forbidden, Invalid, NotFound, StoreError, StreamerError
from streamer.core.base.json import Document
from streamer.core.base.layout import CONTROL_SOCKET
from streamer.core.decisions.registry import BY_ACTION
from streamer.core.records.tokens import Role
from streamer.engine.programme.requests import UNDO
from streamer.web.http.listening import reachable

READY_WITHIN = 60.0
"""Seconds that a service may take to start after it has opened its socket."""
_ANSWER_WITHIN = aiohttp.ClientTimeout(total=60.0)
_LOOK_AGAIN = 0.1

_REFUSALS: Mapping[int, type[StreamerError]] = {
    HTTPStatus.BAD_REQUEST: Invalid,
    HTTPStatus.UNAUTHORIZED: Forbidden,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
}


class Running:
    """A running service. ``pid`` is its process."""

    def __init__(self, http: aiohttp.ClientSession, pid: int) -> None:
        self.pid = pid
        self._http = http

    # -- life ----------------------------------------------------------------------------------------------

    async def status(self) -> Document:
        """``pid``, ``version``, ``ready``, ``rehearsal``, ``addresses``, ``health``; also before it is ready."""
        return await self._ask("GET", "/control/status")

    async def ready(self, within: float = READY_WITHIN) -> None:
        """Wait until it has started. Raises StreamerError after a timeout."""
        try:
            async with asyncio.timeout(within):
                while not (await self.status())["ready"]:  # noqa: ASYNC110  # another process can only be asked
                    await asyncio.sleep(_LOOK_AGAIN)
        except TimeoutError:
            raise StreamerError(
                f"the service (process {self.pid}) is still starting", hint="read its log, and try again"
            ) from None

    async def stop(self) -> None:
        """Ask it to end with all its media; it answers before it ends."""
        await self._ask("POST", "/control/stop")

    # -- queries ------------------------------------------------------------------------------------------

    async def snapshot(self) -> Document:
        """The contract's snapshot as the crew sees it, with the recordings."""
        return await self._ask("GET", "/control/snapshot")

    async def recordings(self) -> list[Document]:
        """In order of start, each file with its ``path`` below the data folder."""
        answer = await self._ask("GET", "/control/recordings")
        return list(answer["recordings"])

    async def timetable(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Document:
        """A request below ``/api/v1/timetable``; with a body for a decision."""
        return await self._ask(method, f"/api/v1/timetable{'/' if path else ''}{path}", body)

    # -- decisions -----------------------------------------------------------------------------------------

    async def decide(self, action: str, target: str, body: Mapping[str, Any], *, preview: bool) -> Document:
        """The contract's answer to an override. ``target`` is a session's id, for undo an override's."""
        path = "overrides/{id}/undo" if action == UNDO else BY_ACTION[action].offer.path
        path = "/api/v1/" + path.replace("{id}", quote(target, safe=""))
        return await self._ask("POST", path + ("?preview=1" if preview else ""), body)

    async def acknowledge(self, alarm: str) -> Document:
        """Take an alarm on; its document."""
        return await self._ask("POST", f"/api/v1/alarms/{quote(alarm, safe='')}/acknowledge", {})

    async def timeline(self, session: str | None) -> Document:
        """The timeline of a session, or of this day."""
        path = f"/api/v1/sessions/{quote(session, safe='')}/timeline" if session else "/api/v1/timeline"
        return await self._ask("GET", path)

    async def add_token(self, name: str, role: Role) -> str:
        answer = await self._ask("POST", "/control/tokens", {"name": name, "role": str(role)})
        return str(answer["secret"])

    async def tokens(self) -> list[Document]:
        """Each that is valid, and each browser that is signed in; see ``TokenDocument``."""
        return list((await self._ask("GET", "/control/tokens"))["tokens"])

    async def revoke_token(self, name: str) -> None:
        await self._ask("DELETE", f"/control/tokens/{quote(name, safe='')}")

    async def sign_out(self, name: str | None) -> int:
        """Sign out the browsers of a token, or all; returns how many there were."""
        return int((await self._ask("POST", "/control/sign-outs", {"name": name} if name else {}))["signed_out"])

    async def _ask(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Document:
        url = URL(f"http://streamer{path}", encoded=True)
        try:
            async with self._http.request(method, url, json=body) as answer:
                document = await _json(answer)
                status = answer.status
        except (aiohttp.ClientError, OSError) as error:
            raise StreamerError(
                f"the request to the service (process {self.pid}) failed: {error}", hint="read its log"
            ) from error
        except TimeoutError:
            raise StreamerError(
                f"the service (process {self.pid}) does not answer", hint=f"end it with: kill {self.pid}"
            ) from None
        if status < HTTPStatus.BAD_REQUEST:
            return document
        raise _REFUSALS.get(status, StreamerError)(
            document.get("detail") or f"the service answered with status {status}",
            where=document.get("where", ""),
            hint=document.get("hint", ""),
        )


async def _json(answer: aiohttp.ClientResponse) -> Document:
    try:
        document = await answer.json(content_type=None)
    except ValueError:
        document = None
    return document if isinstance(document, dict) else {}


@asynccontextmanager
async def running(data: Path) -> AsyncIterator[Running | None]:
    """The service on a data folder, which may not be ready yet; None where none listens."""
    with _address(data) as address:
        pid = _listener(data, address) if address else None
        if address is None or pid is None:
            yield None
            return
        connector = aiohttp.UnixConnector(path=address)
        async with aiohttp.ClientSession(connector=connector, timeout=_ANSWER_WITHIN) as http:
            yield Running(http, pid)


def listens(data: Path) -> bool:
    """Whether a service runs on a data folder."""
    with _address(data) as address:
        return address is not None and _listener(data, address) is not None


@contextmanager
def _address(data: Path) -> Iterator[str | None]:
    """The socket's address; None where the folder does not exist."""
    if not data.is_dir():
        yield None
        return
    with reachable(data / CONTROL_SOCKET) as address:
        yield address


def _listener(data: Path, address: str) -> int | None:
    """The process that listens (unix(7), SO_PEERCRED). Raises StoreError without permission."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(address)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EPERM):
                hint = "use the account that the service runs under"
                raise StoreError("this service belongs to another user", where=str(data), hint=hint) from error
            return None
        pid, _, _ = struct.unpack("3i", probe.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(pid)


@asynccontextmanager
async def end_of(pid: int) -> AsyncIterator[asyncio.Event]:
    """An event that is set when the process has ended, at once if it already has."""
    ended = asyncio.Event()
    try:
        pidfd = os.pidfd_open(pid)
    except ProcessLookupError:
        ended.set()
        yield ended
        return
    loop = asyncio.get_running_loop()
    loop.add_reader(pidfd, ended.set)
    try:
        yield ended
    finally:
        loop.remove_reader(pidfd)
        os.close(pidfd)

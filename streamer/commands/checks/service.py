"""The service's data folder, its address, and whether a service is running there already."""

from __future__ import annotations

import asyncio
import os
import stat
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from streamer import __version__
from streamer.commands.checks.finding import Finding, of_error, warning, wrong
from streamer.commands.place.control import running
from streamer.commands.place.place import Place
from streamer.config import Config
from streamer.core.base.errors import ConfigError, StreamerError
from streamer.core.base.json import Document
from streamer.media.processes.children import read_end, read_entry
from streamer.media.processes.keeper_server import RUNS
from streamer.media.processes.procfs import open_same
from streamer.store.folder.data_folder import of_another_user
from streamer.web.http.listening import tcp_sockets

_ANOTHER = "name another folder as [storage] data"


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceFound:
    """A running service: its status, and the state of its captures by room."""

    status: Document
    captures: dict[str, Document] = field(default_factory=dict)

    @property
    def ports(self) -> set[int | None]:
        return {urlsplit(address).port for address in self.status["addresses"]}


async def service_found(place: Place) -> ServiceFound | None:
    """The service that runs at a place. Raises StreamerError where it does not answer."""
    async with running(place.data) as service:
        if service is None:
            return None
        status = await service.status()
        jobs = (await service.snapshot())["jobs"] if status["ready"] else []
    return ServiceFound(status=status, captures={job["room"]: job for job in jobs if job["kind"] == "capture"})


async def service(place: Place) -> tuple[list[Finding], list[ServiceFound]]:
    """Reports the running service, and a running rehearsal, because it uses the rooms' sources."""
    findings, services_found = [], []
    for one in (place, place.other):
        what = "rehearsal" if one.rehearsal else "service"
        try:
            found = await service_found(one)
        except StreamerError as error:
            findings.append(of_error("service", error))
            continue
        if found is not None:
            services_found.append(found)
            findings.append(_alive(found, what))
        elif not one.rehearsal:
            findings.append(_nobody(one.data))
    return findings, services_found


def _alive(found: ServiceFound, what: str) -> Finding:
    status = found.status
    message = f"a {what} is running (process {status['pid']}), {', '.join(status['addresses'])}"
    if status["version"] != __version__:
        hint = "restart it to bring it up to date"
        return warning("service", f"{message}; it is version {status['version']}, this is {__version__}", hint)
    if status["health"]["status"] == "degraded":
        return warning("service", f"{message}; it reports a problem", "see the alarms on its page /crew")
    return Finding(name="service", message=message)


def _nobody(data: Path) -> Finding:
    left = _media_left(data)
    if left:
        hint = "streamer run adopts it, streamer stop ends it"
        return warning("service", f"none is running, but media processes of a former one are (processes: {left})", hint)
    return Finding(name="service", message="none is running")


def _media_left(data: Path) -> int:
    """How many processes of a former service are still running."""
    left = 0
    folders = list((data / RUNS).iterdir()) if (data / RUNS).is_dir() else []
    for entry in (read_entry(path) for path in folders if read_end(path) is None):
        handle = open_same(entry.pid, entry.start_ticks) if entry is not None and entry.pid else None
        if handle is not None:
            os.close(handle)
            left += 1
    return left


def data_folder(place: Place) -> Finding:
    """Creates and changes nothing, unlike a start."""
    data = place.data
    if not data.exists():
        parent = next(folder for folder in data.parents if folder.exists())
        if not parent.is_dir():
            return wrong("data folder", f"{parent} is a file", _ANOTHER)
        if not _writable(parent):
            return wrong("data folder", f"{data} can't be created", f"give {parent} to this user, or {_ANOTHER}")
        return Finding(name="data folder", message=f"{data} will be created at the first start")
    if not data.is_dir():
        return wrong("data folder", f"{data} is a file, not a folder", _ANOTHER)
    if (owner := data.stat().st_uid) != os.geteuid():
        return of_error("data folder", of_another_user(data, owner, os.geteuid()))
    if not _writable(data):
        return wrong("data folder", f"{data} is not writable", f"give it to this user, or {_ANOTHER}")
    mode = stat.S_IMODE(data.stat().st_mode)
    if mode & 0o077:
        hint = "the next start closes it; to close it now: chmod 700"
        return warning("data folder", f"other users can read {data} (mode {mode:04o})", f"{hint} {data}")
    return Finding(name="data folder", message=f"{data}, writable, closed to other users")


def _writable(folder: Path) -> bool:
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def public_address(config: Config) -> Finding | None:
    """Whether the proxy in front of a public address is known; None where there is no such address."""
    server = config.server
    if server.public_url is None or not server.public_url.startswith("https:"):
        return None
    if server.trusted_proxies:
        proxies = ", ".join(map(str, server.trusted_proxies))
        return Finding(name="public_url", message=f"{server.public_url}, by way of {proxies}")
    return warning(
        "public_url",
        f"{server.public_url} needs a proxy, and none is trusted: everybody seems to come from the proxy's address, so "
        "one person's failed sign-ins slow down all others, and /metrics needs a token",
        'set [server] trusted_proxies to the address of the proxy, such as ["127.0.0.1"]',
    )


async def listening(place: Place, services_found: list[ServiceFound]) -> Finding:
    address = place.config.server.listen
    try:
        sockets = await asyncio.to_thread(tcp_sockets, address)
    except ConfigError as error:
        if any(address.port in one.ports for one in services_found):
            return Finding(name="listen", message=f"{address} is in use by the service that is running")
        return wrong("listen", error.message, error.hint)
    for one in sockets:
        one.close()
    return Finding(name="listen", message=f"{address} is free")

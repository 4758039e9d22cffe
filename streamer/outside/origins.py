"""Where a timetable's bytes come from: a file that is watched, or a URL that is asked politely.

An origin says when the content may have changed, and never more than that; it does not look into it.
"""

from __future__ import annotations

import asyncio
import errno
import stat
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

import aiohttp

from streamer import __version__
from streamer.core.durations import format_size
from streamer.core.errors import TimetableError, TimetableUnavailable

LARGEST = 50_000_000
_TIMEOUT_SECONDS = 30.0
_MOST_REDIRECTS = 5
_CHUNK = 65_536
_FILE_LOOK_SECONDS = 0.5


class Origin(Protocol):
    """``name`` may be shown to anybody. ``look_every`` is the most seconds between two looks, None: as one likes."""

    name: str
    look_every: float | None

    async def read(self) -> bytes | None:
        """The content; None where it is what was returned last. Raises TimetableError."""


def origin_of(source: str, *, timeout: float = _TIMEOUT_SECONDS) -> Origin:
    """The origin for a path or an http(s) URL. Raises TimetableError for any other kind of URL."""
    scheme, separator, _ = source.partition("://")
    if not separator:
        return FileOrigin(Path(source))
    if scheme.lower() not in ("http", "https"):
        raise TimetableError(
            "a timetable is a path, or a URL of http or https", where=f"{scheme[:20]}://…", hint="check the address"
        )
    return UrlOrigin(source, timeout=timeout)


class FileOrigin:
    """A file, looked at twice a second. A change is read once the file has stood still from one look to the next."""

    def __init__(self, path: Path) -> None:
        self.name = str(path)
        self.look_every: float | None = _FILE_LOOK_SECONDS
        self._path = path
        self._read: tuple[int, ...] | None = None
        self._seen: tuple[int, ...] | None = None

    async def read(self) -> bytes | None:
        return await asyncio.to_thread(self._look)

    def _look(self) -> bytes | None:
        try:
            now = self._signature()
            unsettled = self._read is not None and now != self._seen
            self._seen = now
            if now == self._read or unsettled:
                return None
            content = self._path.read_bytes()
            after = self._signature()
        except OSError as error:
            self._read = None
            raise self._unavailable(error) from error
        except ValueError as error:  # a NUL in it
            raise TimetableError("that is no path", where=self.name) from error
        if after != now and self._read is not None:
            self._seen = after
            return None
        self._read = after
        return content

    def _signature(self) -> tuple[int, ...]:
        """What changes when the content does; a file that must not be read raises."""
        found = self._path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "is a folder")
        if not stat.S_ISREG(found.st_mode):
            raise TimetableError("not a file", where=self.name)
        if found.st_size > LARGEST:
            raise TimetableError(f"larger than {format_size(LARGEST)}", where=self.name)
        return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns

    def _unavailable(self, error: OSError) -> TimetableUnavailable:
        if isinstance(error, FileNotFoundError):
            return TimetableUnavailable("there is no such file", where=self.name, hint="check the path")
        return TimetableUnavailable(f"can't be read: {(error.strerror or str(error)).lower()}", where=self.name)


class UrlOrigin:
    """A URL, asked with what it said last (ETag, Last-Modified), so that an unchanged timetable costs nothing."""

    def __init__(self, url: str, *, timeout: float = _TIMEOUT_SECONDS) -> None:
        self.name = shown(url)
        self.look_every: float | None = None
        self._url = url
        self._timeout = timeout
        self._validators: dict[str, str] = {}

    async def read(self) -> bytes | None:
        try:
            return await self._fetch()
        except TimeoutError as error:
            raise self._unavailable(f"no whole answer within {self._timeout:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: no usable URL
            raise self._unavailable(_reason(error)) from error

    async def _fetch(self) -> bytes | None:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self._timeout),
                headers={"User-Agent": f"streamer/{__version__}"},
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=True,
            ) as client,
            client.get(self._url, headers=self._validators, max_redirects=_MOST_REDIRECTS) as response,
        ):
            if response.status == 304 and self._validators:
                return None
            if response.status != 200:
                raise self._refused(response.status)
            content = bytearray()
            async for chunk in response.content.iter_chunked(_CHUNK):
                content += chunk
                if len(content) > LARGEST:
                    raise TimetableError(f"larger than {format_size(LARGEST)}", where=self.name)
            said = {
                "If-None-Match": response.headers.get("ETag", ""),
                "If-Modified-Since": response.headers.get("Last-Modified", ""),
            }
            self._validators = {name: v for name, v in said.items() if v and v.isascii() and v.isprintable()}
            return bytes(content)

    def _refused(self, status: int) -> TimetableUnavailable:
        hints = {401: "it needs a login", 403: "it needs a login", 404: "check the address", 410: "check the address"}
        return TimetableUnavailable(f"the server answers {status}", where=self.name, hint=hints.get(status, ""))

    def _unavailable(self, reason: str) -> TimetableUnavailable:
        return TimetableUnavailable(reason, where=self.name)


def shown(url: str) -> str:
    """A URL without what may be secret in it: user, password, query."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:
        return "a URL that can't be read"
    host = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{host}{port}{parts.path}{'?…' if parts.query else ''}"


def _reason(error: Exception) -> str:
    """One sentence without addresses, which may hold secrets."""
    match error:
        case aiohttp.ClientConnectorDNSError():
            return "there is no server of that name, or no network"
        case aiohttp.ClientConnectorCertificateError():
            return "the server's certificate is not trusted"
        case aiohttp.ClientConnectorError():
            return f"can't connect: {(error.os_error.strerror or type(error.os_error).__name__).lower()}"
        case aiohttp.TooManyRedirects():
            return f"redirects more than {_MOST_REDIRECTS} times"
        case aiohttp.NonHttpUrlClientError():
            return "redirects to something other than http and https"
        case aiohttp.InvalidURL() | ValueError():
            return "that is no usable address"
        case aiohttp.ClientPayloadError() | aiohttp.ServerDisconnectedError() | ConnectionError():
            return "the answer broke off"
        case _:
            return f"the answer can't be used ({type(error).__name__})"

"""The origin of a timetable's bytes: a watched file, or a polled URL.

An origin only says when the content may have changed; it does not parse it.
"""

from __future__ import annotations

import asyncio
import errno
import stat
from pathlib import Path
from typing import Protocol

from streamer.core.base.durations import format_size
from streamer.core.base.errors import TimetableError, TimetableUnavailable
from streamer.outside.feeds.pretalx_pages import PretalxPages, is_pretalx
from streamer.outside.fetching.addresses import NOWHERE, Ourselves
from streamer.outside.fetching.url_origin import UrlOrigin
from streamer.timetables.detect import LARGEST

_TIMEOUT_SECONDS = 30.0
_PAGES_TIMEOUT_SECONDS = 120.0
_FILE_LOOK_SECONDS = 0.5


class Origin(Protocol):
    """``name`` contains no secrets. ``look_every`` is the maximum of seconds between two polls, None: no maximum.

    ``landed`` is the target of the last redirect, empty without one.
    """

    name: str
    look_every: float | None
    landed: str

    async def read(self) -> bytes | None:
        """The content; None if it has not changed since the last call. Raises TimetableError."""


def origin_of(source: str, *, timeout: float | None = None, token: str = "", ourselves: Ourselves = NOWHERE) -> Origin:
    """The origin for a path or an http(s) URL. Raises TimetableError for any other kind of URL.

    ``timeout`` are the seconds for a whole answer, ``token`` is sent to the server.
    """
    scheme, separator, _ = source.partition("://")
    if not separator:
        return FileOrigin(Path(source))
    if scheme.lower() not in ("http", "https"):
        raise TimetableError(
            "a timetable is a path, or a URL of http or https", where=f"{scheme[:20]}://…", hint="check the address"
        )
    if is_pretalx(source):
        return PretalxPages(source, timeout=timeout or _PAGES_TIMEOUT_SECONDS, token=token, ourselves=ourselves)
    return UrlOrigin(source, timeout=timeout or _TIMEOUT_SECONDS, token=token, ourselves=ourselves)


class FileOrigin:
    """A file, checked twice a second. A change is read when the file is unchanged between two checks."""

    landed = ""

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
            raise TimetableError("this is not a path", where=self.name) from error
        if after != now and self._read is not None:
            self._seen = after
            return None
        self._read = after
        return content

    def _signature(self) -> tuple[int, ...]:
        """A value that changes with the content; raises for a file that must not be read."""
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
            return TimetableUnavailable("this file does not exist", where=self.name, hint="check the path")
        return TimetableUnavailable(f"can't be read: {(error.strerror or str(error)).lower()}", where=self.name)

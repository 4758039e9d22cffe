"""Sends files and prefixes of files, with ranges (RFC 9110, section 14), by sendfile where the file system has it.

aiohttp's FileResponse supports neither prefixes nor an entity tag in If-Range; both are needed here. No byte beyond the
given length is sent.
"""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

import structlog
from aiohttp import web

from streamer.core.base.errors import NotFound
from streamer.web.http.problems import problem

_RANGE = re.compile(r"bytes=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)

_log = structlog.stdlib.get_logger(__name__)


class Unsatisfiable(Exception):
    """A range outside of the content. Only this module and its callers see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """``count`` bytes from ``start``."""

    start: int
    count: int


def parse_range(header: str | None, length: int) -> Slice | None:
    """The single range that a Range header requests; None to send the whole content.

    Ignores several ranges, other units and malformed headers, as RFC 9110 allows. Raises Unsatisfiable.
    """
    found = _RANGE.fullmatch(header) if header else None
    if found is None:
        return None
    first, last = found.groups()
    if not first and not last:
        return None
    if not first:
        count = min(int(last), length)
        if count == 0:
            raise Unsatisfiable
        return Slice(start=length - count, count=count)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= length:
        raise Unsatisfiable
    end = min(int(last) + 1, length) if last else length
    return Slice(start=start, count=end - start)


def has_tag(header: str | None, etag: str | None) -> bool:
    """Whether an If-None-Match header names this entity tag (with quotes)."""
    if header is None or etag is None:
        return False
    named = [part.strip().removeprefix("W/") for part in header.split(",")]
    return "*" in named or etag in named


def wanted(request: web.Request, length: int, etag: str | None) -> Slice | None:
    """The range to send of content with this length and tag; None for all. Raises Unsatisfiable."""
    condition = request.headers.get("If-Range")
    if condition is not None and (etag is None or condition.strip() != etag):
        return None
    return parse_range(request.headers.get("Range"), length)


def _open(path: Path) -> tuple[BinaryIO, int]:
    # An encoder renames a segment when it is complete; a prefix that is published earlier is in the file with the
    # temporary name. The renaming may happen at this moment.
    for candidate in (path, path.with_name(path.name + ".tmp"), path):
        try:
            descriptor = os.open(candidate, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            continue
        status = os.fstat(descriptor)
        if stat.S_ISREG(status.st_mode):
            return os.fdopen(descriptor, "rb"), status.st_size
        os.close(descriptor)
        break
    raise NotFound("this file no longer exists")


async def send_file(
    request: web.Request,
    path: Path,
    *,
    content_type: str,
    headers: Mapping[str, str],
    etag: str | None = None,
    length: int | None = None,
) -> web.StreamResponse:
    """Answer with a file, or with its first ``length`` bytes. ``etag`` with its quotes. Raises NotFound."""
    if has_tag(request.headers.get("If-None-Match"), etag):
        return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=_with_tag(headers, etag))
    file, size = await asyncio.to_thread(_open, path)
    try:
        if length is not None and size < length:
            raise NotFound("the file is shorter than its index says")
        whole = size if length is None else length
        try:
            part = wanted(request, whole, etag)
        except Unsatisfiable:
            return unsatisfiable(whole)
        response = web.StreamResponse(headers=_with_tag(headers, etag))
        response.content_type = content_type
        response.headers["Accept-Ranges"] = "bytes"
        if part is None:
            part = Slice(start=0, count=whole)
        else:
            response.set_status(HTTPStatus.PARTIAL_CONTENT)
            response.headers["Content-Range"] = f"bytes {part.start}-{part.start + part.count - 1}/{whole}"
        response.content_length = part.count
        await response.prepare(request)
        if request.method != "HEAD" and part.count:
            await _send(request, file, part)
        await response.write_eof()
        return response
    finally:
        file.close()


def send_bytes(request: web.Request, body: bytes, *, content_type: str, headers: Mapping[str, str]) -> web.Response:
    """Answer with bytes from memory, with ranges."""
    try:
        part = wanted(request, len(body), None)
    except Unsatisfiable:
        return unsatisfiable(len(body))
    response = web.Response(body=body, content_type=content_type, headers={**headers, "Accept-Ranges": "bytes"})
    if part is not None:
        response.body = body[part.start : part.start + part.count]
        response.set_status(HTTPStatus.PARTIAL_CONTENT)
        response.headers["Content-Range"] = f"bytes {part.start}-{part.start + part.count - 1}/{len(body)}"
    return response


def unsatisfiable(length: int) -> web.Response:
    return problem(
        HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE,
        "the range lies outside of the file",
        where="Range",
        hint=f"it has {length} bytes",
        headers={"Content-Range": f"bytes */{length}"},
    )


def _with_tag(headers: Mapping[str, str], etag: str | None) -> dict[str, str]:
    return {**headers, "ETag": etag} if etag else dict(headers)


async def _send(request: web.Request, file: BinaryIO, part: Slice) -> None:
    transport = request.transport
    if transport is None:
        raise ConnectionResetError("the client has gone")
    try:
        sent = await asyncio.get_running_loop().sendfile(transport, file, part.start, part.count)
    except (OSError, RuntimeError) as error:
        if not isinstance(error, ConnectionError):
            _log.warning("a download was interrupted", path=request.path, error=error)
        sent = -1
    if sent != part.count:
        transport.abort()
        raise ConnectionResetError("the file could not be sent to its end")

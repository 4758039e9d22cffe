"""Recordings under /api/v1/recordings: what there is, its files and segments, its bounds, and single pictures of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from aiohttp import web

from streamer.core.base.described import TypedDict
from streamer.core.base.errors import Invalid, NotFound
from streamer.core.export.vod import segment_key
from streamer.core.jobs.specs import Piece
from streamer.core.recording.documents import BoundsDocument, RecordingDocument
from streamer.core.records.tokens import Role
from streamer.engine.service.service import Service
from streamer.web.http.answers import FRESH
from streamer.web.http.files import send_bytes, send_file
from streamer.web.http.problems import Busy
from streamer.web.http.request_bodies import InstantText, instant
from streamer.web.operations.operation import Answer, Call, Operation, Parameter

_SEGMENT = "video/mp2t"
_MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".jpg": "image/jpeg",
    ".json": "application/json",
}
_PRIVATE = {"Cache-Control": "private, no-cache"}
_SHOWN = frozenset({".m3u8", ".jpg", ".json"})
"""What a browser looks at where it is; all else it saves."""


FRAMES_AT_ONCE = 2
"""Pictures that are decoded in parallel: live encoding needs the processor more."""
FRAMES_WAITING = 8

_AT = Parameter(
    name="at",
    place="query",
    type=InstantText,
    description="An instant within reach of the recording's bounds",
    required=True,
)
_BYTES = "application/octet-stream"
_FILE = (
    Answer(description="The whole file; its ETag is its SHA-256", media=_BYTES, document=bytes),
    Answer(status=HTTPStatus.PARTIAL_CONTENT, description="The part that Range asks for", media=_BYTES, document=bytes),
    Answer(status=HTTPStatus.NOT_MODIFIED, description="Unchanged", media=None),
)


class RecordingsDocument(TypedDict):
    """All recordings, in order of start."""

    recordings: list[RecordingDocument]


class RecordingHandlers:
    """For organisers and crew."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._decoding = asyncio.Semaphore(FRAMES_AT_ONCE)
        self._frames = 0

    def operations(self) -> list[Operation]:
        at = "/api/v1/recordings"
        return [
            Operation(
                method="GET",
                path=at,
                handler=self.recordings,
                id="listRecordings",
                summary="All recordings",
                answer="In order of start",
                role=Role.ORGANISER,
            ),
            Operation(
                method="GET",
                path=f"{at}/{{id}}",
                handler=self.recording,
                id="getRecording",
                summary="One recording",
                answer="The recording",
                role=Role.ORGANISER,
            ),
            Operation(
                method="GET",
                path=f"{at}/{{id}}/bounds",
                handler=self.bounds,
                id="getBounds",
                summary="Where a recording begins and ends, and how far that can be moved",
                answer="The bounds",
                role=Role.ORGANISER,
                problems=(409,),
            ),
            Operation(
                method="GET",
                path=f"{at}/{{id}}/frame",
                handler=self.frame,
                id="getFrame",
                summary="The picture at an instant",
                role=Role.ORGANISER,
                parameters=(_AT,),
                answers=(Answer(description="At most 640 pixels wide", media="image/jpeg", document=bytes),),
                problems=(409,),
            ),
            Operation(
                method="GET",
                path=f"{at}/{{id}}/{{file}}",
                handler=self.file,
                id="getRecordingFile",
                summary="A file of a recording, or a segment that its playlist names",
                role=Role.ORGANISER,
                answers=_FILE,
                problems=(416,),
            ),
        ]

    async def recordings(self, call: Call[None]) -> RecordingsDocument:
        return {"recordings": self._service.library.documents()}

    async def recording(self, call: Call[None]) -> RecordingDocument:
        return self._service.library.document(call.part("id"))

    async def bounds(self, call: Call[None]) -> BoundsDocument:
        return self._service.library.bounds(call.part("id"))

    async def frame(self, call: Call[None]) -> web.StreamResponse:
        """The picture at ``at``, which shows a person who moves a bound where they are."""
        at = instant(call.request, "at")
        if at is None:
            raise Invalid("the instant is missing", where="at", hint="write it as at=2025-09-08T09:30:00%2B02:00")
        if self._frames >= FRAMES_AT_ONCE + FRAMES_WAITING:
            raise Busy("other pictures are being decoded", hint="ask again in a moment", retry_after=1)
        self._frames += 1
        try:
            async with self._decoding:
                picture = await self._service.library.frame(call.part("id"), at)
        finally:
            self._frames -= 1
        return web.Response(body=picture, content_type="image/jpeg", headers=FRESH)

    async def file(self, call: Call[None]) -> web.StreamResponse:
        """A finished file, to play or to keep. Its digest is its entity tag, so a part of an old one never fits."""
        request, session, name = call.request, call.part("id"), call.part("file")
        if segment_key(name) is not None:
            return await self._segment(request, session, name)
        path, file = self._service.library.file(session, name)
        suffix = PurePosixPath(file.name).suffix.lower()
        saved = {} if suffix in _SHOWN else {"Content-Disposition": disposition(file.name)}
        return await send_file(
            request,
            path,
            content_type=_MEDIA_TYPES.get(suffix, "application/octet-stream"),
            headers={**_PRIVATE, **saved},
            etag=f'"{file.sha256}"',
        )

    async def _segment(self, request: web.Request, session: str, name: str) -> web.StreamResponse:
        """A captured segment that a recording's playlist names, or what of it belongs to the recording."""
        pieces = self._service.library.segment(session, name, request.query)
        if len(pieces) == 1 and pieces[0].start == 0 and pieces[0].end is None:
            return await send_file(request, Path(pieces[0].path), content_type=_SEGMENT, headers=_PRIVATE)
        try:
            body = await asyncio.to_thread(_joined, pieces)
        except OSError as error:
            raise NotFound("there is no such segment any more") from error
        return send_bytes(request, body, content_type=_SEGMENT, headers=_PRIVATE)


def _joined(pieces: Sequence[Piece]) -> bytes:
    read = []
    for piece in pieces:
        with Path(piece.path).open("rb") as file:
            file.seek(piece.start)
            read.append(file.read(-1 if piece.end is None else piece.end - piece.start))
    return b"".join(read)


def disposition(name: str) -> str:
    """Content-Disposition for a download (RFC 6266): plain ASCII for the old, the whole name for the rest."""
    plain = re.sub(r"[^A-Za-z0-9 ._~()-]", "_", name).strip(" .") or "recording"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

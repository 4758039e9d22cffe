"""The programming interface under /api/v1: status, decisions and recordings, as the contract has them.

Only what can be done has an address: a capability that does not exist yet is a 404, not an excuse.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from aiohttp import web

from streamer.core.overrides import Action
from streamer.core.records import Audience, Role
from streamer.engine.decisions import UNDO, DecisionRequest
from streamer.engine.service import Service
from streamer.web.access import ACCESS
from streamer.web.bodies import Fields, Kind, check_query, flag, idempotency_key, read_object
from streamer.web.files import send_file
from streamer.web.openapi import document

_ID = "[A-Za-z0-9._~-]{1,80}"
_REVISION: Fields = {"if_revision": Kind.COUNT}
_ASKED: Mapping[str, tuple[Fields, tuple[str, ...]]] = {
    Action.END: ({"at": Kind.INSTANT, **_REVISION}, ()),
    Action.EXTEND: ({"minutes": Kind.NUMBER, "ripple": Kind.FLAG, **_REVISION}, ("minutes",)),
    Action.CONSENT: ({"record": Kind.FLAG, "stream": Kind.FLAG, **_REVISION}, ()),
    Action.BOUNDS: ({"start": Kind.INSTANT, "end": Kind.INSTANT, **_REVISION}, ()),
    UNDO: (_REVISION, ()),
}
"""What the body of each decision may and must say."""

_MEDIA_TYPES = {
    ".mp4": "video/mp4",
    ".m4s": "video/mp4",
    ".m3u8": "application/vnd.apple.mpegurl",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".json": "application/json",
    ".txt": "text/plain",
}
_FRESH = {"Cache-Control": "no-store"}


def answer(document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """A JSON document that nobody keeps."""
    return web.Response(
        status=status.value,
        body=json.dumps(document).encode(),
        content_type="application/json",
        headers=_FRESH,
    )


class Api:
    """The handlers under /api."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._document = document()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/openapi.json", self.openapi),
            web.get("/api/v1/status", self.status),
            web.get("/api/v1/me", self.me),
            web.get("/api/v1/recordings", self.recordings),
            web.get(f"/api/v1/recordings/{{session:{_ID}}}", self.recording),
            web.get(f"/api/v1/recordings/{{session:{_ID}}}/{{file}}", self.file),
            web.post(
                f"/api/v1/sessions/{{target:{_ID}}}/{{action:{Action.END}|{Action.EXTEND}|{Action.CONSENT}}}",
                self.decide,
            ),
            web.post(f"/api/v1/recordings/{{target:{_ID}}}/{{action:{Action.BOUNDS}}}", self.decide),
            web.post(f"/api/v1/overrides/{{target:{_ID}}}/{{action:{UNDO}}}", self.decide),
        ]

    async def openapi(self, request: web.Request) -> web.StreamResponse:
        return answer(self._document)

    async def status(self, request: web.Request) -> web.StreamResponse:
        """The snapshot as viewers see it, whoever asks."""
        return answer(self._service.snapshot(Audience.VIEWER))

    async def me(self, request: web.Request) -> web.StreamResponse:
        """Who the token or cookie belongs to."""
        visitor = await request.app[ACCESS].require(request, Role.ORGANISER)
        return answer({"name": visitor.name, "role": str(visitor.role)})

    # -- decisions -----------------------------------------------------------------------------------

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """The crew decides; organisers set the bounds of recordings, and take that back."""
        action, target = request.match_info["action"], request.match_info["target"]
        theirs = action == Action.BOUNDS or (action == UNDO and self._service.action_of(target) is Action.BOUNDS)
        visitor = await request.app[ACCESS].require(request, Role.ORGANISER if theirs else Role.CREW)
        check_query(request, {"preview"})
        fields, required = _ASKED[action]
        asked = DecisionRequest(
            action=action,
            target=target,
            body=await read_object(request, fields, required),
            by=visitor.name,
            preview=flag(request, "preview"),
            key=idempotency_key(request),
        )
        return answer(await self._service.decide(asked))

    # -- recordings ----------------------------------------------------------------------------------

    async def recordings(self, request: web.Request) -> web.StreamResponse:
        await request.app[ACCESS].require(request, Role.ORGANISER)
        return answer({"recordings": self._service.recordings()})

    async def recording(self, request: web.Request) -> web.StreamResponse:
        await request.app[ACCESS].require(request, Role.ORGANISER)
        return answer(self._service.recording(request.match_info["session"]))

    async def file(self, request: web.Request) -> web.StreamResponse:
        """A finished file, to play or to keep. Its digest is its entity tag, so a part of an old one never fits."""
        await request.app[ACCESS].require(request, Role.ORGANISER)
        path, file = self._service.recording_file(request.match_info["session"], request.match_info["file"])
        return await send_file(
            request,
            path,
            content_type=_MEDIA_TYPES.get(PurePosixPath(file.name).suffix.lower(), "application/octet-stream"),
            headers={"Cache-Control": "private, no-cache", "Content-Disposition": disposition(file.name)},
            etag=f'"{file.sha256}"',
        )


def disposition(name: str) -> str:
    """Content-Disposition for a download (RFC 6266): plain ASCII for the old, the whole name for the rest."""
    plain = re.sub(r"[^A-Za-z0-9 ._~()-]", "_", name).strip(" .") or "recording"
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"

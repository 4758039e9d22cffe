"""The crew's look at a room itself under /api/v1/rooms/{id}/preview: HLS over what its capture writes."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from streamer.core.records.tokens import Role
from streamer.engine.service.service import Service
from streamer.web.http.answers import FRESH
from streamer.web.http.files import send_file
from streamer.web.operations.operation import Answer, Call, Operation

_PLAYLIST = "application/vnd.apple.mpegurl"
_SEGMENT = "video/mp2t"
_TAKE = {"take": "[A-Za-z0-9._~-]{1,160}"}


class PreviewHandlers:
    """For the crew."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def operations(self) -> list[Operation]:
        at, room = "/api/v1/rooms/{id}/preview", "The room's id"
        shared: dict[str, Any] = {"method": "GET", "role": Role.CREW, "target": room}
        return [
            Operation(
                path=f"{at}/index.m3u8",
                handler=self.multivariant,
                id="getPreview",
                summary="The room itself, as its source sends it",
                description="Some seconds behind. Nothing of it is published.",
                answers=(Answer(description="A multivariant playlist", media=_PLAYLIST),),
                **shared,
            ),
            Operation(
                path=f"{at}/{{take}}/index.m3u8",
                handler=self.playlist,
                id="getPreviewPlaylist",
                summary="The newest segments of one take",
                answers=(Answer(description="It ends with its take", media=_PLAYLIST),),
                patterns=_TAKE,
                **shared,
            ),
            Operation(
                path=f"{at}/{{take}}/{{number}}.ts",
                handler=self.segment,
                id="getPreviewSegment",
                summary="A captured segment",
                answers=(Answer(description="MPEG-TS", media=_SEGMENT, document=bytes),),
                patterns={**_TAKE, "number": "[0-9]{1,9}"},
                **shared,
            ),
        ]

    async def multivariant(self, call: Call[None]) -> web.StreamResponse:
        return _text(self._service.previews.multivariant(call.part("id")))

    async def playlist(self, call: Call[None]) -> web.StreamResponse:
        return _text(self._service.previews.playlist(call.part("id"), call.part("take")))

    async def segment(self, call: Call[None]) -> web.StreamResponse:
        path = self._service.previews.segment(call.part("id"), call.part("take"), int(call.part("number")))
        return await send_file(call.request, path, content_type=_SEGMENT, headers=FRESH)


def _text(playlist: str) -> web.Response:
    return web.Response(text=playlist, content_type=_PLAYLIST, headers=FRESH)

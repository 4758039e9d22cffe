"""A room's channel for players on any site: playlists, initialisation segments and segments.

Only published media has an address. Viewers are not identified.
"""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from streamer.core.base.errors import NotFound
from streamer.engine.service.service import Service
from streamer.web.http.files import send_bytes, send_file
from streamer.web.operations.operation import Answer, Call, Operation

_ROOM = "{room:[A-Za-z0-9._~-]{1,80}}"
_TRACK = "{track:[A-Za-z0-9_-]{1,40}}"
_NUMBER = "[0-9]{1,15}"

_PLAYLIST = "application/vnd.apple.mpegurl"
ANYWHERE = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Expose-Headers": "Content-Length, Content-Range, Date",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Timing-Allow-Origin": "*",
}
"""Sent with all answers under /live, errors included: a player must be able to read them."""
_ALLOWED = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Range",
    "Access-Control-Max-Age": "86400",
}
_VARIANTS = {**ANYWHERE, "Cache-Control": "no-cache"}
_EDGE = {**ANYWHERE, "Cache-Control": "max-age=1"}
"""A cache in front may answer a hall full of players with one playlist, for a second."""
_WHILE_SERVED = {**ANYWHERE, "Cache-Control": "public, max-age=60, immutable"}
"""A published segment never changes, but it can be withdrawn: no cache keeps it longer than the channel does."""


class Live:
    """The handlers under /live."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="GET",
                path="/live/{room}/index.m3u8",
                handler=self.multivariant,
                id="channel",
                summary="The multivariant playlist of a room's channel (RFC 8216)",
                answers=(
                    Answer(
                        description="All day for every configured room; media playlists and media follow from it",
                        media=_PLAYLIST,
                    ),
                ),
            )
        ]

    def routes(self) -> list[web.RouteDef]:
        """What a player finds by following the multivariant playlist, and what browsers ask before."""
        served = [
            (f"/live/{_ROOM}/{_TRACK}.m3u8", self.playlist),
            (f"/live/{_ROOM}/{_TRACK}/init-{{span:{_NUMBER}}}.mp4", self.init),
            (f"/live/{_ROOM}/{_TRACK}/{{sequence:{_NUMBER}}}.m4s", self.segment),
        ]
        gets = [web.get(path, handler) for path, handler in served]
        preflights = [f"/live/{_ROOM}/index.m3u8", *(path for path, _ in served)]
        return gets + [web.options(path, self.preflight) for path in preflights]

    async def multivariant(self, call: Call[None]) -> web.StreamResponse:
        text = self._service.delivery.multivariant(call.part("room"))
        return web.Response(body=text.encode(), content_type=_PLAYLIST, headers=_VARIANTS)

    async def playlist(self, request: web.Request) -> web.StreamResponse:
        text = self._service.delivery.media_playlist(request.match_info["room"], request.match_info["track"])
        return web.Response(body=text.encode(), content_type=_PLAYLIST, headers=_EDGE)

    async def init(self, request: web.Request) -> web.StreamResponse:
        place = request.match_info
        path = self._service.delivery.init_segment(place["room"], place["track"], int(place["span"]))
        return await send_file(request, path, content_type=_type(place["track"]), headers=_WHILE_SERVED)

    async def segment(self, request: web.Request) -> web.StreamResponse:
        place = request.match_info
        media = self._service.delivery.segment(place["room"], place["track"], int(place["sequence"]))
        kind = _type(place["track"])
        if not media.shift:
            return await send_file(
                request, Path(media.path), content_type=kind, headers=_WHILE_SERVED, length=media.bytes
            )
        try:
            body = self._service.delivery.shifted(media)
        except OSError as error:
            raise NotFound("this segment is no longer available") from error
        return send_bytes(request, body, content_type=kind, headers=_WHILE_SERVED)

    async def preflight(self, request: web.Request) -> web.StreamResponse:
        return web.Response(status=HTTPStatus.NO_CONTENT, headers={**ANYWHERE, **_ALLOWED})


def _type(track: str) -> str:
    return "audio/mp4" if track == "audio" else "video/mp4"

"""Serves the pages and their files, compressed if the browser accepts it, and with revalidation."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from streamer.core.base.errors import NotFound
from streamer.web.operations.operation import ID
from streamer.web.pages.pages import Asset, Site

SITE = web.AppKey("site", Site)


def routes() -> list[web.RouteDef]:
    return [
        web.get("/", show),
        web.get("/crew", show),
        web.get("/crew/timeline", show),
        web.get("/recordings", show),
        web.get(f"/clock/{{room:{ID}}}", stage_clock),
        web.get("/static/{path:.+}", static),
        web.get("/favicon.ico", favicon),
    ]


async def show(request: web.Request) -> web.StreamResponse:
    return page(request, request.path)


async def stage_clock(request: web.Request) -> web.StreamResponse:
    """The time that is left in a room; its script reads the room from the address."""
    return page(request, "/clock")


def page(request: web.Request, path: str, extra: Mapping[str, str] | None = None) -> web.Response:
    found = request.app[SITE].page(path)
    if found is None:
        raise NotFound("this page does not exist")
    response = _send(request, found)
    response.headers.update(extra or {})
    return response


async def static(request: web.Request) -> web.StreamResponse:
    found = request.app[SITE].static(request.match_info["path"])
    if found is None:
        raise NotFound("this file does not exist")
    return _send(request, found)


async def favicon(request: web.Request) -> web.StreamResponse:
    """Some browsers request this although the page names another icon."""
    found = request.app[SITE].static("favicon.svg")
    if found is None:
        raise NotFound("this file does not exist")
    return _send(request, found)


def _send(request: web.Request, asset: Asset) -> web.Response:
    compressed = asset.compressed is not None and _takes_gzip(request.headers.get("Accept-Encoding", ""))
    headers = asset.headers(compressed=compressed)
    if asset.matches(request.headers.get("If-None-Match", "")):
        return web.Response(
            status=HTTPStatus.NOT_MODIFIED,
            headers={name: headers[name] for name in ("ETag", "Cache-Control", "Vary")},
        )
    return web.Response(body=asset.compressed if compressed else asset.body, headers=headers)


def _takes_gzip(accepted: str) -> bool:
    for part in accepted.lower().split(","):
        coding, _, parameters = part.strip().partition(";")
        if coding.strip() in ("gzip", "*"):
            return parameters.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False

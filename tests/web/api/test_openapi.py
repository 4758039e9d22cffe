"""The description of the interface, held against the routes and against what is really answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from support.web.described import CONTROL_DESCRIPTION, DESCRIPTION, component, event, faults
from support.web.running_server import RunningServer
from support.web.small_service import SmallService

from streamer.core.records.journal import Audience
from streamer.web.access.perimeter import Perimeter
from streamer.web.api.control import Outside
from streamer.web.pages.pages import Site
from streamer.web.server import control_application, public_application

NOT_DESCRIBED = {
    "/": "a page",
    "/crew": "a page",
    "/recordings": "a page",
    "/login": "a page and its form",
    "/logout": "a page's form",
    "/logout/everywhere": "a page's form",
    "/clock/{room}": "a page",
    "/crew/timeline": "a page",
    "/favicon.ico": "a page's file",
    "/static/{path}": "files of pages",
    "/socket.io/": "Socket.IO, whose events are described under x-socket-io",
    "/live/{room}/{track}.m3u8": "a player finds it in the multivariant playlist",
    "/live/{room}/{track}/init-{span}.mp4": "a player finds it in a playlist",
    "/live/{room}/{track}/{sequence}.m4s": "a player finds it in a playlist",
}


def served(app: web.Application) -> set[tuple[str, str]]:
    routes = [route for route in app.router.routes() if route.method not in ("HEAD", "OPTIONS")]
    return {(r.method.lower(), r.resource.canonical) for r in routes if r.resource is not None}


def described(document: dict[str, Any]) -> set[tuple[str, str]]:
    return {(method, path) for path, methods in document["paths"].items() for method in methods}


def test_every_route_is_described_and_every_description_has_a_route(tmp_path: Path, pages: Site) -> None:
    service = SmallService(tmp_path).as_service()
    routes = served(public_application(service, pages=pages, perimeter=Perimeter()))
    hidden = {(method, path) for method, path in routes if path in NOT_DESCRIBED}
    assert routes - hidden == described(DESCRIPTION)
    assert {path for _, path in hidden} == set(NOT_DESCRIBED)


def test_every_route_of_the_unix_socket_is_described(tmp_path: Path) -> None:
    outside = Outside(stop=lambda: None, revoked=lambda: None, addresses=lambda: [])
    app = control_application(SmallService(tmp_path).as_service(), outside=outside, connections=dict)
    assert served(app) == described(CONTROL_DESCRIPTION)


def test_every_reference_leads_somewhere() -> None:
    def references(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            if "$ref" in node:
                yield node["$ref"]
            for inner in node.values():
                yield from references(inner)
        elif isinstance(node, list):
            for inner in node:
                yield from references(inner)

    schemas = DESCRIPTION["components"]["schemas"]
    used = {reference.rpartition("/")[2] for reference in references(DESCRIPTION)}
    assert used <= set(schemas)
    ids = [operation["operationId"] for methods in DESCRIPTION["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))


def test_every_parameter_in_a_path_is_described() -> None:
    for path, methods in DESCRIPTION["paths"].items():
        for operation in methods.values():
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert named == set(re.findall(r"\{(\w+)\}", path)), path


@pytest.mark.parametrize(
    ("method", "path", "status", "schema"),
    [
        ("GET", "/healthz", 200, "Health"),
        ("GET", "/api/v1/status", 200, "Snapshot"),
        ("GET", "/api/v1/me", 200, "Me"),
        ("GET", "/api/v1/recordings", 200, "Recordings"),
        ("GET", "/api/v1/recordings/s1", 200, "Recording"),
        ("GET", "/api/v1/recordings/s1/bounds", 200, "Bounds"),
        ("POST", "/api/v1/recordings/s1/bounds", 200, "Decided"),
        ("POST", "/api/v1/sessions/s1/end", 200, "Decided"),
        ("POST", "/api/v1/sessions/s1/end?preview=1", 200, "Decided"),
        ("POST", "/api/v1/sessions/none/end", 404, "Problem"),
        ("POST", "/api/v1/sessions/s1/end?x=1", 400, "Problem"),
        ("GET", "/nowhere", 404, "Problem"),
    ],
)
async def test_real_answers_fit(running: RunningServer, method: str, path: str, status: int, schema: str) -> None:
    running.service.library.record("s1", "s1.mp4", b"talk")
    body = {"end": "2025-09-08T10:00:00+02:00"} if method == "POST" and path.endswith("/bounds") else None
    async with running.client.request(method, running.url + path, json=body, headers=running.bearer()) as answer:
        assert answer.status == status
        assert list(faults(await answer.json(), component(schema))) == []


async def test_socket_documents_fit(tmp_path: Path) -> None:
    service = SmallService(tmp_path)
    assert list(faults(service.snapshot(Audience.VIEWER), event("/viewer", "snapshot"))) == []
    [entry, _] = service.change("s1", state="live")
    assert list(faults(entry.body, event("/viewer", "change"))) == []
    assert list(faults(service.work().body, event("/crew", "change"))) == []
    assert list(faults(service.work().body, event("/viewer", "change"))) != []


def test_the_check_itself_finds_faults() -> None:
    room = {"id": "a", "name": "A", "state": "slate", "session": None, "next": None, "stream": None}
    assert list(faults(room, component("Room"))) == []
    for wrong in ({"id": 1}, {"source": "srt://"}, {"state": "odd"}):
        assert list(faults({**room, **wrong}, component("Room"))) != []
    assert list(faults("2025-09-08T09:30:00", {"type": "string", "format": "date-time"})) != []


async def test_it_is_served(running: RunningServer) -> None:
    async with running.client.get(f"{running.url}/api/openapi.json") as answer:
        assert answer.status == 200
        assert await answer.json() == DESCRIPTION

"""Every operation with values that nobody means: an answer that explains, never an error of ours."""

from __future__ import annotations

import itertools
import logging
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from support.day.conference_day import at, conference_day, policy_for, session, timetable
from support.web.described import DESCRIPTION, public_operations
from support.web.running_server import served
from yarl import URL

from streamer.web.operations.operation import Operation
from streamer.web.pages.pages import Site

NUMBERS = ("0", "-1", "99999999999", "9" * 400, "1e400", "-1e308", "NaN", "Infinity", "0x10", "\uff11\uff12", "1_000")
TEXTS = ("", " ", "x" * 5000, "../../etc/passwd", "\x00", "\n", "a\u202eb", "🦆", "%ff", "'; DROP TABLE sessions; --")
INSTANTS = (
    "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59",
    "2025-09-08T09:00:00",
    "2025-09-08T09:00:00.123456789+00:00",
    "2025-W37-1T09:00:00Z",
    "24:00",
)
EXTREMES = (*NUMBERS, *TEXTS, *INSTANTS)
VALUES: tuple[Any, ...] = (*EXTREMES, 10**400, -1, 1e308, True, None, [], [[]], {}, {"a": {}}, ["x"] * 2000)
KNOWN = {"id": "a", "room": "main"}


@pytest.fixture
async def venue(tmp_path: Path, pages: Site) -> AsyncIterator[tuple[str, aiohttp.ClientSession]]:
    """A recorded session and one that runs, behind a real server."""
    table = timetable(session("a", "main", at("09:00"), 5), session("b", "main", at("09:05"), 30))
    async with (
        conference_day(table, policy_for("main"), at("08:58")) as day,
        served(day, tmp_path / "control.sock", pages) as found,
    ):
        await day.go(at("09:06"))
        yield found


def paths(operation: Operation) -> Iterator[str]:
    """Each part of the path and each parameter in turn with an extreme value, the others as they should be."""
    plain = re.sub(r"\{(\w+)\}", lambda m: KNOWN.get(m[1], "x"), operation.path)
    for part, value in itertools.product(operation.parts, EXTREMES):
        known = operation.path.replace(f"{{{part}}}", quote(value, safe=""))
        yield re.sub(r"\{(\w+)\}", lambda m: KNOWN.get(m[1], "x"), known)
    queries = [p.name for p in operation.parameters if p.place == "query"]
    for name, value in itertools.product(queries, EXTREMES):
        yield f"{plain}?{name}={quote(value, safe='')}"
    yield f"{plain}?{'x' * 3000}=1"


def bodies(operation: Operation) -> Iterator[dict[str, Any]]:
    """Each field of the body in turn with an extreme value."""
    described = DESCRIPTION["paths"][operation.path][operation.method.lower()]
    if "requestBody" not in described:
        return
    schema = described["requestBody"]["content"]["application/json"]["schema"]
    name = schema.get("$ref", "").rpartition("/")[2]
    fields = (DESCRIPTION["components"]["schemas"][name] if name else schema).get("properties", {})
    for field, value in itertools.product(fields, VALUES):
        yield {field: value}


@pytest.mark.parametrize("operation", public_operations(), ids=lambda one: one.id)
async def test_no_value_makes_an_error_of_ours(
    venue: tuple[str, aiohttp.ClientSession], caplog: pytest.LogCaptureFixture, operation: Operation
) -> None:
    url, http = venue
    plain = re.sub(r"\{(\w+)\}", lambda m: KNOWN.get(m[1], "x"), operation.path)
    asked = [*((path, None) for path in paths(operation)), *((plain, body) for body in bodies(operation))]
    for path, body in asked:
        async with http.request(operation.method, URL(url + path, encoded=True), json=body) as answer:
            await answer.read()
            assert answer.status < 500, (path[:200], str(body)[:200])
    errors = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert errors == []

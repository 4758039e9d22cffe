"""Every operation with every role. A new operation fails here until somebody has said who may use it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.web.described import public_operations
from support.web.running_server import served

from streamer.core.records.tokens import Role
from streamer.web.operations.operation import Operation
from streamer.web.pages.pages import Site

OPEN = {"describe", "status", "channel", "health"}
"""Everybody."""
OPEN_ON_THE_MACHINE = {"metrics"}
"""The crew, and everybody on the machine, as the clients of these tests are."""
ORGANISERS = {
    "me",
    "signOutEverywhere",
    "listRecordings",
    "getRecording",
    "getBounds",
    "getFrame",
    "getRecordingFile",
    "setBounds",
    "cutRecording",
    "undo",
}
"""Organisers and the crew; the rest is the crew's alone. ``undo`` asks who may take the decision."""
KNOWN = {"id": "1", "room": "main"}
OPERATIONS = public_operations()


@pytest.fixture
async def venue(tmp_path: Path, pages: Site) -> AsyncIterator[tuple[str, Day]]:
    table = timetable(session("1", "main", at("09:00"), 5), session("b", "main", at("09:05"), 30))
    async with (
        conference_day(table, policy_for("main"), at("08:58")) as day,
        served(day, tmp_path / "control.sock", pages) as (url, _),
    ):
        yield url, day


async def ask(url: str, operation: Operation, secret: str) -> int:
    """The status of the operation's answer, with a token or (empty) without."""
    path = re.sub(r"\{(\w+)\}", lambda m: KNOWN.get(m[1], "1"), operation.path)
    headers = {"Authorization": f"Bearer {secret}"} if secret else {}
    async with (
        aiohttp.ClientSession(headers=headers) as http,
        http.request(operation.method, url + path, json={"unknown": 1}) as answer,
    ):
        await answer.read()
        return answer.status


def test_every_operation_is_known_by_one_name() -> None:
    ids = [one.id for one in OPERATIONS]
    assert len(ids) == len(set(ids))
    assert set(ids) >= OPEN | OPEN_ON_THE_MACHINE | ORGANISERS


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
async def test_each_role_may_do_what_is_its_own(venue: tuple[str, Day], operation: Operation) -> None:
    url, day = venue
    tokens = day.service.tokens
    secrets = {role: await tokens.add(f"a {role}", role) for role in Role}
    revoked = await tokens.add("revoked", Role.CREW)
    await tokens.revoke("revoked")
    everybody = operation.id in OPEN | OPEN_ON_THE_MACHINE

    nobody = await ask(url, operation, "")
    assert (nobody not in (401, 403)) == everybody, nobody
    assert (await ask(url, operation, revoked) == 401) == (not everybody)
    organiser = await ask(url, operation, secrets[Role.ORGANISER])
    allowed = everybody or (operation.id in ORGANISERS and operation.id != "undo")
    assert (organiser != 403) == allowed, organiser
    assert await ask(url, operation, secrets[Role.CREW]) not in (401, 403)


@pytest.mark.parametrize("secret", ["", "x" * 43])
async def test_the_crew_s_namespace_is_closed_to_others(venue: tuple[str, Day], secret: str) -> None:
    """A WebSocket of Engine.IO, as any client opens it."""
    url, day = venue
    organiser = await day.service.tokens.add("an organiser", Role.ORGANISER)
    for token in (secret, organiser):
        async with (
            aiohttp.ClientSession() as http,
            http.ws_connect(f"{url}/socket.io/?EIO=4&transport=websocket") as ws,
        ):
            await ws.receive_str()
            await ws.send_str(f'40/crew,{{"token":"{token}"}}')
            answer = await ws.receive_str()
            assert answer.startswith("44/crew,"), answer

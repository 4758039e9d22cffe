from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime

import pytest
from support.web.running_server import RunningServer
from support.web.small_service import SOURCE

from streamer.core.base.ids import OverrideId, SessionId
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.engine.programme.requests import Undo

S1 = SessionId("s1")
TEN = datetime(2025, 9, 8, 8, tzinfo=UTC)


async def test_status_is_what_viewers_see_whoever_asks(running: RunningServer) -> None:
    for headers in ({}, running.bearer()):
        async with running.client.get(f"{running.url}/api/v1/status", headers=headers) as answer:
            text = await answer.text()
            document = json.loads(text)
        assert document["revision"] == 3
        assert [room["id"] for room in document["rooms"]] == ["main", "side"]
        assert not {"jobs", "cues", "alarms", "overrides"} & set(document)
        assert SOURCE not in text
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.content_type == "application/json"


# -- decisions ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "body", "wanted"),
    [
        ("sessions/s1/end", {}, End(session=S1)),
        ("sessions/s1/end", {"at": "2025-09-08T10:00:00+02:00"}, End(session=S1, at=TEN)),
        ("sessions/s1/extend", {"minutes": 2.5, "ripple": False, "if_revision": 1}, Extend(session=S1, minutes=2.5)),
        ("sessions/s1/extend", {"minutes": -3}, Extend(session=S1, minutes=-3)),
        ("sessions/s1/consent", {"record": False}, Consent(session=S1, record=False)),
        ("sessions/s1/consent", {"record": True, "stream": False}, Consent(session=S1, record=True, stream=False)),
        ("recordings/s1/bounds", {"start": "2025-09-08T10:00:00+02:00"}, Bounds(session=S1, start=TEN)),
        ("overrides/o1/undo", {}, Undo(override=OverrideId("o1"))),
    ],
)
async def test_a_decision_reaches_the_service_as_it_was_asked(
    running: RunningServer, path: str, body: dict[str, object], wanted: Decision | Undo
) -> None:
    url = f"{running.url}/api/v1/{path}"
    async with running.client.post(url, json=body, headers=running.bearer()) as answer:
        assert answer.status == 200
        document = await answer.json()
    assert set(document) == {"override", "revision", "sessions", "conflicts"}
    assert document["override"]["id"] == "o1"
    [asked] = running.service.decided
    assert (asked.wanted, asked.if_revision, asked.by) == (wanted, body.get("if_revision"), "Kim")
    assert (asked.preview, asked.key) == (False, None)


async def test_a_preview_and_a_key_are_passed_on(running: RunningServer) -> None:
    url = f"{running.url}/api/v1/sessions/s1/end"
    async with running.client.post(f"{url}?preview=1", headers=running.bearer()) as answer:
        assert (await answer.json())["override"] is None
    async with running.client.post(url, headers={**running.bearer(), "Idempotency-Key": "abc-1"}) as answer:
        assert answer.status == 200
    assert [(asked.preview, asked.key) for asked in running.service.decided] == [(True, None), (False, "abc-1")]


@pytest.mark.parametrize(
    ("path", "body", "status", "where"),
    [
        ("sessions/s1/end?previw=1", b"", 400, "previw"),
        ("sessions/s1/end?preview=maybe", b"", 400, "preview"),
        ("sessions/s1/end?preview=1&preview=0", b"", 400, "preview"),
        ("sessions/s1/end", b'{"at": "tomorrow"}', 400, "at"),
        ("sessions/s1/end", b'{"att": "2025-09-08T10:00:00+02:00"}', 400, "att"),
        ("sessions/s1/extend", b"", 400, "minutes"),
        ("sessions/s1/extend", b'{"minutes": "5"}', 400, "minutes"),
        ("sessions/s1/extend", b'{"minutes": true}', 400, "minutes"),
        ("sessions/s1/extend", b'{"minutes": 1441}', 400, "minutes"),
        ("sessions/s1/extend", b'{"minutes": 5, "minutes": 6}', 400, "minutes"),
        ("sessions/s1/extend", b'{"minutes": 5, "if_revision": 1.5}', 400, "if_revision"),
        ("sessions/s1/extend", b'{"minutes": 0}', 400, "minutes"),
        ("sessions/s1/extend", b'{"minutes": 5, "if_revision": 7}', 409, "if_revision"),
        ("sessions/s1/consent", b'{"record": "no"}', 400, "record"),
        ("sessions/s1/consent", b'{"record": null}', 400, "record"),
        ("sessions/s1/consent", b"", 400, "record, stream"),
        ("sessions/s1/end", b'{"at": "2025-09-08T10:00:00"}', 400, "at"),
        ("sessions/s1/end", b'{"at": 1757318400}', 400, "at"),
        ("sessions/s1/consent", b"[1]", 400, "body"),
        ("sessions/s1/consent", b"{", 400, "line 1, column 2"),
        ("sessions/s1/consent", b"\xff", 400, "body"),
        ("sessions/other/end", b"", 404, "session other"),
        ("sessions/s1/end", b'{"at":"' + b"x" * 70_000 + b'"}', 413, None),
    ],
)
async def test_a_bad_request_changes_nothing_and_names_the_place(
    running: RunningServer, path: str, body: bytes, status: int, where: str | None
) -> None:
    async with running.client.post(f"{running.url}/api/v1/{path}", data=body, headers=running.bearer()) as answer:
        assert answer.status == status
        assert answer.content_type == "application/problem+json"
        document = await answer.json()
    assert document.get("where") == where
    assert document["detail"]
    assert running.service.decided == []


@pytest.mark.parametrize("key", ["x" * 201, "", "a b", "é"])
async def test_an_odd_key_is_refused(running: RunningServer, key: str) -> None:
    headers = {**running.bearer(), "Idempotency-Key": key}
    async with running.client.post(f"{running.url}/api/v1/sessions/s1/end", headers=headers) as answer:
        assert answer.status == 400
        assert (await answer.json())["where"] == "Idempotency-Key"


@pytest.mark.parametrize(
    "path",
    [
        "sessions/s1/undo",
        "rooms/main/end",
        "notices/n1",
        "overrides/o1/end",
    ],
)
async def test_what_is_not_offered_yet_has_no_address(running: RunningServer, path: str) -> None:
    async with running.client.post(f"{running.url}/api/v1/{path}", headers=running.bearer()) as answer:
        assert answer.status in (404, 405)


async def test_a_giant_body_in_pieces_is_cut_off(running: RunningServer) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    head = f"POST /api/v1/sessions/s1/extend HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {running.crew}\r\n"
    writer.write((head + "Transfer-Encoding: chunked\r\n\r\n").encode())
    for _ in range(20):
        writer.write(b"2000\r\n" + b" " * 0x2000 + b"\r\n")
    async with asyncio.timeout(5):
        status = await reader.readline()
    assert b"413" in status
    writer.close()
    assert running.service.decided == []

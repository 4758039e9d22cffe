from __future__ import annotations

import pytest
from support.web.running_server import RunningServer, RunServer

from streamer.core.records.tokens import Role
from streamer.web.access.attempts import ALLOWED
from streamer.web.access.tokens import COOKIE, SECURE_COOKIE

BOUNDS_PATHS = ("recordings/s1/bounds", "overrides/b1/undo", "overrides/o1/undo")
END = "/api/v1/sessions/s1/end"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/v1/recordings"),
        ("GET", "/api/v1/recordings/s1"),
        ("GET", "/api/v1/recordings/s1/s1.mp4"),
        ("GET", "/api/v1/me"),
        ("POST", END),
        ("POST", "/api/v1/sessions/s1/extend"),
        ("POST", "/api/v1/sessions/s1/consent"),
        ("POST", "/api/v1/overrides/o1/undo"),
    ],
)
async def test_without_a_token_there_is_nothing(running: RunningServer, method: str, path: str) -> None:
    running.service.library.record("s1", "s1.mp4", b"secret talk")
    for headers in (
        {},
        {"Authorization": "Bearer " + "x" * 43},
        {"Authorization": "Basic a2ltOmtpbQ=="},
        {"Authorization": running.crew},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer " + running.crew + "x"},
        {"Authorization": "Bearer " + "y" * 5000},
        {"Cookie": f"{COOKIE}=nonsense"},
    ):
        async with running.client.request(method, running.url + path, headers=headers) as answer:
            assert answer.status == 401, headers
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            assert b"secret talk" not in await answer.read()
    assert running.service.decided == []


async def test_organisers_set_bounds_and_take_that_back_and_nothing_else(running: RunningServer) -> None:
    as_organiser = running.bearer(running.organiser)
    bounds, own, other = (f"{running.url}/api/v1/{path}" for path in BOUNDS_PATHS)
    body = {"end": "2025-09-08T10:00:00+02:00"}
    for url, given, status in ((bounds, body, 200), (own, {}, 200), (other, {}, 403)):
        async with running.client.post(url, json=given, headers=as_organiser) as answer:
            assert answer.status == status
    assert [(r.action, r.by) for r in running.service.decided] == [("bounds", "Ola"), ("undo", "Ola")]


@pytest.mark.parametrize("body", [b"{", b'{"minutes": 5}', b"x" * 70_000])
async def test_a_body_is_not_read_of_who_may_not_decide(running: RunningServer, body: bytes) -> None:
    for path in ("sessions/s1/end", "overrides/o1/undo", "overrides/unknown/undo"):
        url, as_organiser = f"{running.url}/api/v1/{path}", running.bearer(running.organiser)
        async with running.client.post(url, data=body, headers=as_organiser) as answer:
            assert answer.status == 403


async def test_organisers_see_recordings_and_decide_nothing(running: RunningServer) -> None:
    running.service.library.record("s1", "s1.mp4", b"talk")
    as_organiser = running.bearer(running.organiser)
    for path in ("/api/v1/recordings", "/api/v1/recordings/s1", "/api/v1/recordings/s1/s1.mp4"):
        async with running.client.get(running.url + path, headers=as_organiser) as answer:
            assert answer.status == 200
    async with running.client.post(running.url + END, headers=as_organiser) as answer:
        assert answer.status == 403
    assert running.service.decided == []


async def test_the_crew_may_do_everything(running: RunningServer) -> None:
    running.service.library.record("s1", "s1.mp4", b"talk")
    async with running.client.get(f"{running.url}/api/v1/recordings/s1/s1.mp4", headers=running.bearer()) as answer:
        assert await answer.read() == b"talk"
    async with running.client.post(running.url + END, headers=running.bearer()) as answer:
        assert answer.status == 200
    assert [request.by for request in running.service.decided] == ["Kim"]


async def test_a_revoked_token_is_nobody_s(running: RunningServer) -> None:
    await running.service.tokens.revoke("Kim")
    async with running.client.post(running.url + END, headers=running.bearer()) as answer:
        assert answer.status == 401


async def test_a_one_time_secret_is_no_bearer_token(running: RunningServer) -> None:
    once = await running.service.tokens.one_time(Role.CREW)
    async with running.client.post(running.url + END, headers=running.bearer(once)) as answer:
        assert answer.status == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Origin": "OWN"}, 200),
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example", "Sec-Fetch-Site": "same-origin"}, 403),
    ],
)
async def test_a_cookie_alone_does_not_vouch_for_a_page(
    running: RunningServer, headers: dict[str, str], status: int
) -> None:
    own = {name: running.url if value == "OWN" else value for name, value in headers.items()}
    async with running.client.post(running.url + END, headers={"Cookie": f"{COOKIE}={running.crew}", **own}) as answer:
        assert answer.status == status
    assert len(running.service.decided) == (status == 200)


async def test_a_cookie_may_read(running: RunningServer) -> None:
    async with running.client.get(
        f"{running.url}/api/v1/me", headers={"Cookie": f"{COOKIE}={running.organiser}"}
    ) as answer:
        assert await answer.json() == {"name": "Ola", "role": "organiser"}


async def test_public_url_is_an_own_origin(run_server: RunServer) -> None:
    running = await run_server(public_url="https://live.example.org")
    headers = {"Cookie": f"{SECURE_COOKIE}={running.crew}", "Origin": "https://live.example.org"}
    async with running.client.post(running.url + END, headers=headers) as answer:
        assert answer.status == 200


async def test_who_guesses_is_slowed_down_and_nobody_else(run_server: RunServer) -> None:
    running = await run_server(trusted_proxies=["127.0.0.1"])
    guess = {"Authorization": "Bearer " + "x" * 43, "X-Forwarded-For": "203.0.113.7"}
    statuses, wait = [], 0
    for _ in range(ALLOWED + 2):
        async with running.client.get(f"{running.url}/api/v1/me", headers=guess) as answer:
            statuses.append(answer.status)
            wait = int(answer.headers.get("Retry-After", "0"))
    assert statuses == [401] * ALLOWED + [429] * 2
    assert 0 < wait <= 60
    for headers in (
        {**running.bearer(), "X-Forwarded-For": "203.0.113.7"},
        {"Cookie": f"{COOKIE}={running.crew}", "X-Forwarded-For": "203.0.113.7"},
        {**running.bearer(), "X-Forwarded-For": "203.0.113.8"},
    ):
        async with running.client.get(f"{running.url}/api/v1/me", headers=headers) as answer:
            assert answer.status == 200

from __future__ import annotations

import logging

import pytest
from support.web.running_server import RunningServer
from support.web.small_service import SOURCE

from streamer.core.base.errors import Conflict, Forbidden, Invalid, NotFound, NotYet, Refused, StoreError, StreamerError
from streamer.web.http.problems import TooMany, Unauthenticated, status_of


@pytest.mark.parametrize(
    ("refusal", "status"),
    [
        (NotFound("x"), 404),
        (NotYet("x"), 503),
        (Conflict("x"), 409),
        (Invalid("x"), 400),
        (Forbidden("x"), 403),
        (Unauthenticated("x"), 401),
        (TooMany("x", retry_after=3), 429),
        (Refused("x"), 400),
    ],
)
def test_each_refusal_has_its_status(refusal: Refused, status: int) -> None:
    assert status_of(refusal) == status


async def test_a_refusal_says_what_where_and_what_is_possible(running: RunningServer) -> None:
    running.service.fault = Conflict("the session has ended", where="session s1", hint="extend it within the ring")
    async with running.client.post(f"{running.url}/api/v1/sessions/s1/end", headers=running.bearer()) as answer:
        assert answer.status == 409
        assert answer.content_type == "application/problem+json"
        assert await answer.json() == {
            "type": "about:blank",
            "title": "Conflict",
            "status": 409,
            "detail": "the session has ended",
            "where": "session s1",
            "hint": "extend it within the ring",
        }


@pytest.mark.parametrize("path", ["/nothing", "/api/v1/nothing", "/api/v1/sessions/s1/levitate", "/live/main/nothing"])
async def test_what_does_not_exist_is_a_problem_document(running: RunningServer, path: str) -> None:
    async with running.client.get(running.url + path, headers=running.bearer()) as answer:
        assert answer.status == 404
        assert answer.content_type == "application/problem+json"


async def test_a_wrong_method_names_the_right_ones(running: RunningServer) -> None:
    async with running.client.put(f"{running.url}/api/v1/status") as answer:
        assert answer.status == 405
        assert answer.headers["Allow"] == "GET, HEAD"
        assert (await answer.json())["hint"] == "possible: GET, HEAD"


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (RuntimeError(f"could not open {SOURCE}"), 500),
        (StreamerError(f"could not open {SOURCE}"), 500),
        (StoreError("disk full", where="/srv/data"), 500),
    ],
)
async def test_an_unexpected_error_has_a_number_that_the_log_has_too(
    running: RunningServer, fault: Exception, status: int, caplog: pytest.LogCaptureFixture
) -> None:
    running.service.fault = fault
    with caplog.at_level(logging.ERROR):
        async with running.client.post(f"{running.url}/api/v1/sessions/s1/end", headers=running.bearer()) as answer:
            text = await answer.text()
            document = await answer.json()
    assert answer.status == status
    assert document["id"] in caplog.text
    for hidden in ("Traceback", "srt://", "do-not-tell", "/srv/data", "disk"):
        assert hidden not in text


async def test_a_token_is_never_logged(running: RunningServer, caplog: pytest.LogCaptureFixture) -> None:
    running.service.fault = RuntimeError("x")
    with caplog.at_level(logging.DEBUG):
        async with running.client.post(
            f"{running.url}/api/v1/sessions/s1/end?token={running.crew}", headers=running.bearer()
        ) as answer:
            await answer.read()
        async with running.client.post(f"{running.url}/api/v1/sessions/s1/end", headers=running.bearer()) as answer:
            assert answer.status == 500
        async with running.client.get(f"{running.url}/login?token={running.crew}") as answer:
            await answer.read()
    assert running.crew not in caplog.text


async def test_before_it_has_started_it_says_so(running: RunningServer) -> None:
    running.service.ready = False
    for path in ("/api/v1/status", "/live/main/index.m3u8", "/socket.io/?EIO=4&transport=polling"):
        async with running.client.get(running.url + path) as answer:
            assert answer.status == 503, path
            assert answer.content_type == "application/problem+json"
            assert answer.headers["Retry-After"] == "2"
    for path in ("/", "/crew", "/recordings", "/login", "/static/base.css", "/metrics"):
        async with running.client.get(running.url + path) as answer:
            assert answer.status == 200, path
    async with running.client.get(f"{running.url}/healthz") as answer:
        assert answer.status == 503
        assert await answer.json() == {"status": "starting"}

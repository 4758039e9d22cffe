"""The log of what happens at the door: the same words each time, who and from where, and never a secret."""

from __future__ import annotations

import aiohttp
import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused
from structlog.testing import capture_logs
from support.web.running_server import RunningServer

from streamer.core.records.tokens import Role
from streamer.web.access.access_log import AccessEvent
from streamer.web.access.attempts import ALLOWED

HERE = {"address": "127.0.0.1"}


async def test_a_day_at_the_door(running: RunningServer) -> None:
    ours, secrets = {"Origin": running.url}, [running.crew, "x" * 43]

    async def post(path: str, form: dict[str, str], **headers: str) -> None:
        async with running.client.post(
            running.url + path, data=form, headers={**ours, **headers}, allow_redirects=False
        ) as answer:
            secrets.extend(cookie.value for cookie in answer.cookies.values() if cookie.value)

    connector = aiohttp.UnixConnector(path=str(running.control))
    async with aiohttp.ClientSession("http://local", connector=connector) as local:
        with capture_logs() as logs:
            await post("/login", {"token": running.crew})
            await post("/logout", {})
            await post("/login", {"token": running.organiser})
            async with running.client.post(f"{running.url}/api/v1/sessions/s1/end", headers=ours) as refused:
                assert refused.status == 403
            with pytest.raises(Refused):
                await socketio.AsyncClient().connect(
                    running.url, auth={"token": running.organiser}, namespaces=["/crew"], retry=False
                )
            await post("/logout/everywhere", {})
            await post("/login", {"token": running.crew}, Origin="https://evil.example")
            for _ in range(ALLOWED + 1):
                await post("/login", {"token": "x" * 43})
            await post("/", {}, Host="evil.example")
            async with local.post("/control/tokens", json={"name": "Ada", "role": "crew"}) as answer:
                secrets.append((await answer.json())["secret"])
            async with local.post("/control/links", json={"role": Role.ORGANISER}) as answer:
                secrets.append((await answer.json())["url"].partition("=")[2])
            await local.delete("/control/tokens/Ada")
            await local.post("/control/sign-outs", json={})
    told = [{k: v for k, v in entry.items() if k != "log_level"} for entry in logs]
    forbidden = {"event": "a request was forbidden", "name": None, "reason": "role", **HERE}
    refusal = {"event": "a sign-in was refused", "reason": "unknown or revoked", **HERE}
    assert told == [
        {"event": "a browser was signed in", "name": "Kim", "role": "crew", **HERE},
        {"event": "a browser was signed out", "name": "Kim", **HERE},
        {"event": "a browser was signed in", "name": "Ola", "role": "organiser", **HERE},
        forbidden | {"name": "Ola", "path": "/api/v1/sessions/s1/end"},
        forbidden | {"name": "Ola", "path": "/socket.io/"},
        {"event": "all browsers were signed out", "name": "Ola", "browsers": 1, **HERE},
        forbidden | {"path": "/login", "reason": "another site"},
        *[refusal] * ALLOWED,
        {"event": "a sign-in was refused after too many others", **HERE},
        {"event": "a request for another host was refused", "host": "evil.example", **HERE},
        {"event": "a token was made", "name": "Ada", "role": "crew"},
        {"event": "a one-time link was made", "role": "organiser"},
        {"event": "a token was revoked", "name": "Ada"},
        {"event": "all browsers were signed out", "name": None, "browsers": 0},
    ]
    for secret in secrets:
        assert secret not in str(logs)
    async with running.client.get(f"{running.url}/metrics") as answer:
        text = await answer.text()
    counts = {"signed_in": 2, "signed_out": 1, "signed_out_everywhere": 2, "refused": ALLOWED, "held_off": 1}
    for event in AccessEvent:
        count = counts.get(event.name.lower(), 3 if event is AccessEvent.FORBIDDEN else 1)
        assert f'streamer_access_events_total{{event="{event.name.lower()}"}} {count}\n' in text

"""``streamer token``, asked of a service that runs and of the store where none does."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import aiohttp
import pytest
from support.service.commanding import Caller
from support.service.running import Conference, Running

ODD = "Åse / stage left #2?"


async def who(url: str, secret: str) -> tuple[int, dict[str, object]]:
    headers = {"Authorization": f"Bearer {secret}"}
    async with aiohttp.ClientSession() as http, http.get(f"{url}/api/v1/me", headers=headers) as answer:
        return answer.status, await answer.json()


def test_a_token_of_a_running_service_works_until_it_is_revoked(call: Caller, service: Running) -> None:
    secret = call.said("token", "add", "--role", "organiser", "--name", ODD).removesuffix("\n")
    assert secret.split() == [secret]
    assert asyncio.run(who(service.conference.url, secret)) == (200, {"name": ODD, "role": "organiser"})
    listed = {one["name"]: one for one in call.json("token", "list")["tokens"]}
    assert listed[ODD]["role"] == "organiser"
    assert abs(datetime.fromisoformat(listed[ODD]["created"]) - datetime.now(UTC)).total_seconds() < 60
    assert secret not in call.said("token", "list")
    assert "a token already has the name" in call.refused("token", "add", "--role", "crew", "--name", ODD)
    assert ODD in call.said("token", "revoke", ODD)
    assert asyncio.run(who(service.conference.url, secret))[0] == 401
    assert "there is no token named" in call.refused("token", "revoke", ODD)


def test_without_a_service_the_store_is_asked_and_keeps_only_the_digest(
    call_resting: Caller, resting: Conference
) -> None:
    assert call_resting.said("token", "list") == "No token exists.\n"
    secret = call_resting.said("token", "add", "--role", "crew", "--name", ODD).strip()
    for file in resting.data.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
    assert ODD in call_resting.said("token", "list")
    call_resting("token", "revoke", ODD)
    assert call_resting.json("token", "list") == {"tokens": []}
    assert "there is no token named" in call_resting.refused("token", "revoke", ODD)


@pytest.mark.parametrize(
    "arguments",
    [
        ("add",),
        ("add", "--name", "x"),
        ("add", "--role", "crew"),
        ("add", "--name", "x", "--role", "king"),
        ("revoke",),
        ("paint",),
    ],
)
def test_a_wrong_call_is_status_2(call_resting: Caller, arguments: tuple[str, ...]) -> None:
    call_resting("token", *arguments, status=2)


def test_an_empty_name_is_refused(call_resting: Caller) -> None:
    assert "name" in call_resting.refused("token", "add", "--role", "crew", "--name", " ")


def test_a_configuration_that_can_not_be_used_is_told(resting: Conference) -> None:
    resting.config.write_text("[storag]\n")
    text = Caller(resting.config).refused("token", "list")
    assert text.startswith(f"Error: {resting.config}:1: ")
    assert "did you mean [storage]?" in text

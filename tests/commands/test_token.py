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


async def signed_in(url: str, secret: str) -> str:
    """The secret of a browser that signed in with a token."""
    jar, ours = aiohttp.CookieJar(unsafe=True), {"Origin": url}
    async with (
        aiohttp.ClientSession(cookie_jar=jar, headers=ours) as http,
        http.post(f"{url}/login", json={"token": secret}) as answer,
    ):
        assert answer.status == 200
        [cookie] = answer.cookies.values()
    return str(cookie.value)


def test_a_token_of_a_running_service_works_until_it_is_revoked(call: Caller, service: Running) -> None:
    secret = call.said("token", "add", "--role", "organiser", "--name", ODD).removesuffix("\n")
    assert secret.split() == [secret]
    assert asyncio.run(who(service.conference.url, secret)) == (200, {"name": ODD, "role": "organiser"})
    listed = {one["name"]: one for one in call.json("token", "list")["tokens"]}
    assert listed[ODD]["role"] == "organiser"
    assert abs(datetime.fromisoformat(listed[ODD]["used"]) - datetime.now(UTC)).total_seconds() < 60
    assert abs(datetime.fromisoformat(listed[ODD]["created"]) - datetime.now(UTC)).total_seconds() < 60
    assert secret not in call.said("token", "list")
    assert "a token already has the name" in call.refused("token", "add", "--role", "crew", "--name", ODD)
    assert ODD in call.said("token", "revoke", ODD)
    assert asyncio.run(who(service.conference.url, secret))[0] == 401
    assert "there is no token named" in call.refused("token", "revoke", ODD)


def test_browsers_are_listed_and_signed_out(call: Caller, service: Running) -> None:
    secret = call.said("token", "add", "--role", "crew", "--name", "Kim").strip()
    browsers = [asyncio.run(signed_in(service.conference.url, secret)) for _ in range(2)]
    kinds = [one["kind"] for one in call.json("token", "list")["tokens"] if one["name"] == "Kim"]
    assert kinds == ["token", "browser", "browser"]
    assert "a browser that is signed in" in call.said("token", "list")
    assert call.said("token", "sign-out", "Kim") == "2 browsers signed out.\n"
    for one in browsers:
        assert asyncio.run(who(service.conference.url, one))[0] == 401
    assert asyncio.run(who(service.conference.url, secret))[0] == 200
    asyncio.run(signed_in(service.conference.url, secret))
    assert call.said("token", "sign-out", "--all") == "1 browser signed out.\n"
    call("token", "revoke", "Kim")


def test_without_a_service_the_store_is_asked_and_keeps_only_the_digest(
    call_resting: Caller, resting: Conference
) -> None:
    assert call_resting.said("token", "list") == "No token exists.\n"
    secret = call_resting.said("token", "add", "--role", "crew", "--name", ODD).strip()
    for file in resting.data.rglob("*"):
        assert not file.is_file() or secret.encode() not in file.read_bytes()
    assert ODD in call_resting.said("token", "list")
    assert "never" in call_resting.said("token", "list")
    assert call_resting.said("token", "sign-out", "--all") == "0 browsers signed out.\n"
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
        ("sign-out",),
        ("sign-out", "Kim", "--all"),
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

from __future__ import annotations

from http.cookies import SimpleCookie
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from support.web.running_server import RunningServer, RunServer

from streamer.core.records.tokens import Role
from streamer.web.access.attempts import ALLOWED
from streamer.web.access.tokens import COOKIE


def cookie(answer: aiohttp.ClientResponse) -> SimpleCookie:
    return SimpleCookie(answer.headers.get("Set-Cookie", ""))


async def sign_in(running: RunningServer, token: str, **more: str) -> aiohttp.ClientResponse:
    form = {"token": token, **{k: v for k, v in more.items() if k == "next"}}
    headers = {
        "Origin": more.get("origin", running.url),
        **({"X-Forwarded-For": more["address"]} if "address" in more else {}),
    }
    return await running.client.post(f"{running.url}/login", data=form, headers=headers, allow_redirects=False)


async def test_a_token_typed_into_the_form_becomes_a_cookie(running: RunningServer) -> None:
    answer = await sign_in(running, f" {running.crew} ", next="/recordings?room=main")
    assert answer.status == 303
    assert answer.headers["Location"] == "/recordings?room=main"
    morsel = cookie(answer)[COOKIE]
    assert morsel["httponly"]
    assert morsel["samesite"] == "Lax"
    assert morsel["path"] == "/"
    assert morsel["max-age"] == "1209600", "two weeks"
    assert not morsel["secure"]
    assert answer.headers["Cache-Control"] == "no-store"
    async with running.client.get(f"{running.url}/api/v1/me") as me:
        assert await me.json() == {"name": "Kim", "role": "crew"}


@pytest.mark.parametrize(("role", "home"), [(Role.CREW, "/crew"), (Role.ORGANISER, "/recordings")])
async def test_each_role_has_its_home(running: RunningServer, role: Role, home: str) -> None:
    answer = await sign_in(running, await running.service.tokens.add("x", role))
    assert answer.headers["Location"] == home


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example/",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\tevil",
        "/crew\r\nSet-Cookie: a=b",
        "",
        "crew",
        "/\u2028",
    ],
)
async def test_it_goes_on_to_this_site_only(running: RunningServer, target: str) -> None:
    answer = await sign_in(running, running.crew, next=target)
    assert answer.headers["Location"] == "/crew"
    answer = await sign_in(running, "wrong" * 8, next=target)
    assert "evil" not in answer.headers["Location"]
    link = await running.service.tokens.one_time(Role.CREW)
    async with running.client.get(
        f"{running.url}/login", params={"token": link, "next": target}, allow_redirects=False
    ) as answer:
        assert answer.headers["Location"] == "/crew"
        assert len(answer.headers.getall("Set-Cookie")) == 1


async def test_a_wrong_token_leads_back_to_the_form(running: RunningServer) -> None:
    answer = await sign_in(running, "wrong" * 8, next="/crew")
    assert answer.status == 303
    target = urlsplit(answer.headers["Location"])
    assert target.path == "/login"
    assert parse_qs(target.query) == {"error": ["token"], "next": ["/crew"]}
    assert "Set-Cookie" not in answer.headers


async def test_a_script_gets_documents(running: RunningServer) -> None:
    headers = {"Origin": running.url}
    async with running.client.post(
        f"{running.url}/login", json={"token": running.organiser}, headers=headers
    ) as answer:
        assert await answer.json() == {"name": "Ola", "role": "organiser", "next": "/recordings"}
        assert COOKIE in cookie(answer)
    async with running.client.post(f"{running.url}/login", json={"token": "x" * 40}, headers=headers) as answer:
        assert answer.status == 401
        assert (await answer.json())["where"] == "token"


async def test_another_site_can_neither_sign_in_nor_out(running: RunningServer) -> None:
    for origin in ("https://evil.example", "null"):
        answer = await sign_in(running, running.crew, origin=origin)
        assert "error=origin" in answer.headers["Location"]
        assert "Set-Cookie" not in answer.headers
        async with running.client.post(f"{running.url}/logout", headers={"Origin": origin}) as out:
            assert out.status == 403


async def test_signing_out_takes_the_cookie_away(running: RunningServer) -> None:
    await sign_in(running, running.crew)
    headers = {"Origin": running.url}
    async with running.client.post(f"{running.url}/logout", headers=headers, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    async with running.client.get(f"{running.url}/api/v1/me") as me:
        assert me.status == 401


async def test_a_link_lets_in_once(running: RunningServer) -> None:
    secret = await running.service.tokens.one_time(Role.ORGANISER)
    link = f"{running.url}/login?token={secret}"
    async with running.client.get(link, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/recordings")
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cache-Control"] == "no-store"
        assert cookie(answer)[COOKIE].value != secret
    async with running.client.get(f"{running.url}/api/v1/me") as me:
        assert (await me.json())["role"] == "organiser"
    # the same browser once more: it is in already
    async with running.client.get(link, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/recordings"
    async with aiohttp.ClientSession() as other, other.get(link, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/login?error=link"
        assert "Set-Cookie" not in answer.headers


async def test_looking_ahead_does_not_use_a_link_up(running: RunningServer) -> None:
    link = f"{running.url}/login?token={await running.service.tokens.one_time(Role.CREW)}"
    async with running.client.head(link, allow_redirects=False) as answer:
        assert answer.status == 405
    for purpose in ({"Sec-Purpose": "prefetch;prerender"}, {"Purpose": "prefetch"}):
        async with running.client.get(link, headers=purpose, allow_redirects=False) as answer:
            assert answer.status == 403
    async with running.client.get(link, allow_redirects=False) as answer:
        assert answer.headers["Location"] == "/crew"


async def test_a_link_works_in_the_form_too(running: RunningServer) -> None:
    answer = await sign_in(running, await running.service.tokens.one_time(Role.CREW))
    assert answer.headers["Location"] == "/crew"
    async with running.client.get(f"{running.url}/api/v1/me") as me:
        assert (await me.json())["role"] == "crew"


async def test_guessing_at_the_door_is_slowed_down(run_server: RunServer) -> None:
    running = await run_server(trusted_proxies=["127.0.0.1/32"])
    for _ in range(ALLOWED):
        answer = await sign_in(running, "wrong" * 8, address="203.0.113.7")
        assert "error=token" in answer.headers["Location"]
    answer = await sign_in(running, running.crew, address="203.0.113.7")
    assert "error=wait" in answer.headers["Location"]
    link = f"{running.url}/login?token={await running.service.tokens.one_time(Role.CREW)}"
    async with running.client.get(link, headers={"X-Forwarded-For": "203.0.113.7"}, allow_redirects=False) as held:
        assert "error=wait" in held.headers["Location"]
    async with running.client.get(link, headers={"X-Forwarded-For": "203.0.113.8"}, allow_redirects=False) as free:
        assert free.headers["Location"] == "/crew"


@pytest.mark.parametrize(
    ("options", "headers", "secure"),
    [
        ({"trusted_proxies": ["127.0.0.1"]}, {"X-Forwarded-Proto": "https"}, True),
        ({"trusted_proxies": ["127.0.0.1"]}, {"X-Forwarded-Proto": "http"}, False),
        ({}, {"X-Forwarded-Proto": "https"}, False),
    ],
)
async def test_behind_https_the_cookie_is_for_https(
    run_server: RunServer, options: dict[str, object], headers: dict[str, str], secure: bool
) -> None:
    running = await run_server(**options)
    link = f"{running.url}/login?token={await running.service.tokens.one_time(Role.CREW)}"
    async with running.client.get(link, headers=headers, allow_redirects=False) as answer:
        assert bool(cookie(answer)[COOKIE]["secure"]) is secure


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"tokn": "x"}', "application/json", 400),
        (b"token=" + b"x" * 70_000, "application/x-www-form-urlencoded", 413),
        (b"x" * 70_000, "application/json", 413),
        (b"token=%ff%fe", "application/x-www-form-urlencoded", 303),
        (b"token=x", "application/x-www-form-urlencoded; charset=no-such", 303),
        (b"", "multipart/form-data; boundary=x", 400),
    ],
)
async def test_bad_forms(running: RunningServer, body: bytes, kind: str, status: int) -> None:
    headers = {"Origin": running.url, "Content-Type": kind}
    async with running.client.post(f"{running.url}/login", data=body, headers=headers, allow_redirects=False) as answer:
        assert answer.status == status
        assert "Set-Cookie" not in answer.headers

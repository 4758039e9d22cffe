from __future__ import annotations

import asyncio
import re
from html import unescape
from http.cookies import SimpleCookie
from unittest.mock import AsyncMock, Mock
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp.streams import StreamReader
from aiohttp.test_utils import make_mocked_request
from support.web.running_server import RunningServer, RunServer

from streamer.core.records.tokens import Role
from streamer.web.access.attempts import ALLOWED
from streamer.web.access.tokens import COOKIE, SECURE_COOKIE
from streamer.web.http.problems import TooSlow
from streamer.web.pages.login import Login


def cookie(answer: aiohttp.ClientResponse) -> SimpleCookie:
    return SimpleCookie(answer.headers.get("Set-Cookie", ""))


async def sign_in(running: RunningServer, token: str, **more: str) -> aiohttp.ClientResponse:
    form = {"token": token, **{k: v for k, v in more.items() if k == "next"}}
    headers = {
        "Origin": more.get("origin", running.url),
        **({"X-Forwarded-For": more["address"]} if "address" in more else {}),
    }
    return await running.client.post(f"{running.url}/login", data=form, headers=headers, allow_redirects=False)


HIDDEN = re.compile(r'<input name="(\w+)" type="hidden" value="(.*?)">')


def fields(text: str) -> dict[str, str]:
    """What the form of a link's page sends."""
    return {name: unescape(value) for name, value in HIDDEN.findall(text)}


async def press(running: RunningServer, form: dict[str, str], origin: str = "") -> aiohttp.ClientResponse:
    headers = {"Origin": origin or running.url}
    return await running.client.post(f"{running.url}/login", data=form, headers=headers, allow_redirects=False)


async def name_of(running: RunningServer, secret: str, cookie: str = COOKIE, **headers: str) -> str | None:
    """Whose browser has this secret, as the server says."""
    given = {"Cookie": f"{cookie}={secret}", **headers}
    async with aiohttp.ClientSession(headers=given) as other, other.get(f"{running.url}/api/v1/me") as me:
        return str((await me.json())["name"]) if me.status == 200 else None


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
    async with running.client.get(f"{running.url}/login", params={"token": "x", "next": target}) as page:
        assert fields(await page.text())["next"] == ""


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


async def test_signing_out_ends_the_browser_and_not_only_its_cookie(running: RunningServer) -> None:
    stolen = cookie(await sign_in(running, running.crew))[COOKIE].value
    assert stolen != running.crew
    assert await name_of(running, stolen) == "Kim"
    headers = {"Origin": running.url}
    async with running.client.post(f"{running.url}/logout", headers=headers, allow_redirects=False) as answer:
        assert (answer.status, answer.headers["Location"]) == (303, "/")
    assert len(running.client.cookie_jar) == 0
    assert await name_of(running, stolen) is None
    async with running.client.get(f"{running.url}/api/v1/me", headers=running.bearer()) as me:
        assert me.status == 200, "the token itself is valid"


@pytest.mark.parametrize("path", ["/logout/everywhere", "/api/v1/me/sign-out-everywhere"])
async def test_signing_out_everywhere_ends_all_browsers_of_the_token(running: RunningServer, path: str) -> None:
    browsers = []
    for secret in (running.crew, running.organiser, running.crew):
        browsers.append(cookie(await sign_in(running, secret))[COOKIE].value)
        running.client.cookie_jar.clear()
    mine = {"Cookie": f"{COOKIE}={browsers.pop()}"}
    for origin, status in (("https://evil.example", {403}), (running.url, {200, 303})):
        headers = {**mine, "Origin": origin}
        async with running.client.post(running.url + path, headers=headers, allow_redirects=False) as answer:
            assert answer.status in status
            assert [await name_of(running, one) for one in browsers] == (
                ["Kim", "Ola"] if status == {403} else [None, "Ola"]
            )


async def test_another_sign_in_ends_the_one_before(running: RunningServer) -> None:
    """The browser forgets the secret, so the row would be of no use."""
    first = cookie(await sign_in(running, running.crew))[COOKIE].value
    await sign_in(running, running.organiser)
    assert [one.name for one in running.service.tokens.browsers()] == ["Ola"]
    assert await name_of(running, first) is None


async def test_a_link_asks_first_and_then_lets_in_once(running: RunningServer) -> None:
    secret = await running.service.tokens.one_time(Role.ORGANISER)
    async with running.client.get(f"{running.url}/login?token={secret}&next=/recordings?room=main") as page:
        assert page.headers["Cache-Control"] == "no-store"
        assert page.headers["Referrer-Policy"] == "strict-origin", "the form must send its Origin, but no address"
        text = await page.text()
    assert "<p hidden>You are signed in" in text
    form = fields(text)
    assert form == {"token": secret, "next": "/recordings?room=main", "link": "yes"}
    answer = await press(running, form)
    assert (answer.status, answer.headers["Location"]) == (303, "/recordings?room=main")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert cookie(answer)[COOKIE].value != secret
    async with running.client.get(f"{running.url}/api/v1/me") as me:
        assert (await me.json())["role"] == "organiser"
    again = await press(running, form)
    assert again.headers["Location"] == "/login?error=link&next=%2Frecordings%3Froom%3Dmain"
    assert "Set-Cookie" not in again.headers


@pytest.mark.parametrize(
    ("method", "headers"),
    [("HEAD", {}), ("GET", {}), ("GET", {"Sec-Purpose": "prefetch;prerender"}), ("GET", {"Purpose": "prefetch"})],
)
async def test_opening_a_link_does_not_use_it(running: RunningServer, method: str, headers: dict[str, str]) -> None:
    secret = await running.service.tokens.one_time(Role.CREW)
    async with running.client.request(method, f"{running.url}/login?token={secret}", headers=headers) as answer:
        assert answer.status == 200
        assert "Set-Cookie" not in answer.headers
    assert (await press(running, {"token": secret})).headers["Location"] == "/crew"


async def test_the_link_of_somebody_else_changes_nobody(running: RunningServer) -> None:
    """Its page says who one is; a form of another page can't press the button."""
    await sign_in(running, running.organiser)
    secret = await running.service.tokens.one_time(Role.CREW)
    async with running.client.get(f"{running.url}/login?token={secret}") as page:
        text = await page.text()
    assert "<p>You are signed in as <strong>Ola</strong>. This link signs you in as somebody else." in text
    assert '<a href="/recordings">Stay signed in as Ola</a>' in text
    assert "<p hidden>This link signs you in" in text
    for origin in ("https://evil.example", "null"):
        forged = await press(running, fields(text), origin=origin)
        assert "error=origin" in forged.headers["Location"]
        assert "Set-Cookie" not in forged.headers
    async with running.client.get(f"{running.url}/api/v1/me") as me:
        assert (await me.json())["name"] == "Ola"


async def test_a_hostile_link_stays_text(running: RunningServer) -> None:
    secret = '"><script>alert(1)</script>$name'
    async with running.client.get(f"{running.url}/login", params={"token": secret}) as page:
        text = await page.text()
    assert "<script>alert" not in text
    assert fields(text)["token"] == secret


async def test_a_link_works_in_the_form_too(running: RunningServer) -> None:
    answer = await sign_in(running, await running.service.tokens.one_time(Role.CREW))
    assert answer.headers["Location"] == "/crew"
    async with running.client.get(f"{running.url}/api/v1/me") as me:
        assert (await me.json())["role"] == "crew"


async def test_guessing_is_slowed_down_and_locks_nobody_else_out(run_server: RunServer) -> None:
    running = await run_server(trusted_proxies=["127.0.0.1/32"])
    for _ in range(ALLOWED):
        answer = await sign_in(running, "wrong" * 8, address="203.0.113.7")
        assert "error=token" in answer.headers["Location"]
    for wrong in ("wrong" * 8, "no secret"):
        answer = await sign_in(running, wrong, address="203.0.113.7")
        assert "error=wait" in answer.headers["Location"]
    link = await running.service.tokens.one_time(Role.CREW)
    for right in (running.crew, link):
        answer = await sign_in(running, right, address="203.0.113.7")
        assert answer.headers["Location"] == "/crew"


HTTPS = {"public_url": "https://live.example.org"}
BY_A_PROXY = {"trusted_proxies": ["127.0.0.1"]}


@pytest.mark.parametrize(
    ("options", "headers", "secure"),
    [
        (BY_A_PROXY, {"X-Forwarded-Proto": "https", "Origin": "https://127.0.0.1:PORT"}, True),
        (BY_A_PROXY, {"X-Forwarded-Proto": "http"}, False),
        ({}, {"X-Forwarded-Proto": "https"}, False),
        (HTTPS, {"Origin": "https://live.example.org"}, True),
        ({"public_url": "http://live.example.org"}, {"Origin": "http://live.example.org"}, False),
    ],
)
async def test_where_people_use_https_the_cookie_is_for_https(
    run_server: RunServer, options: dict[str, object], headers: dict[str, str], secure: bool
) -> None:
    running = await run_server(**options)
    given = {"Origin": running.url, **headers}
    given["Origin"] = given["Origin"].replace("PORT", running.url.rpartition(":")[2])
    form = {"token": running.crew}
    async with running.client.post(f"{running.url}/login", data=form, headers=given, allow_redirects=False) as answer:
        [morsel] = cookie(answer).values()
    assert (morsel.key, bool(morsel["secure"])) == (SECURE_COOKIE if secure else COOKIE, secure)
    assert (morsel["path"], morsel["domain"]) == ("/", ""), "the prefix needs both"
    for name in (SECURE_COOKIE, COOKIE):
        proto = {key: value for key, value in headers.items() if key == "X-Forwarded-Proto"}
        known = await name_of(running, morsel.value, name, **proto)
        assert known == ("Kim" if name == morsel.key else None), "a neighbour's host could set the other name"
    async with running.client.post(f"{running.url}/logout", headers=given, allow_redirects=False) as out:
        [gone] = cookie(out).values()
        assert (gone.key, gone["max-age"], bool(gone["secure"])) == (morsel.key, "0", secure)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b'{"tokn": "x"}', "application/json", 400),
        (b'{"token": "\\udcff"}', "application/json", 401),
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


async def test_a_form_that_does_not_arrive_in_time_is_refused(running: RunningServer) -> None:
    payload = StreamReader(Mock(), limit=2**16, loop=asyncio.get_running_loop())
    payload.feed_data(b"token=half")
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    half = make_mocked_request("POST", "/login", headers=form, payload=payload)
    with pytest.raises(TooSlow):
        await Login(running.service.as_service(), AsyncMock(), within=0.0).sign_in(half)


async def test_a_form_that_no_browser_sends_is_refused(running: RunningServer) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": running.url}
    for body in (b"\xff=\xfe", b"&".join(b"a%d=1" % n for n in range(50)), b"token=%ff"):
        async with running.client.post(
            f"{running.url}/login", data=body, headers=form, allow_redirects=False
        ) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/login?error=token")

"""/viewer and /crew over real connections: python-socketio's client, and bare WebSockets for what no client does."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import aiohttp
import pytest
import socketio
from socketio.exceptions import ConnectionError as Refused
from support.web.running_server import RunningServer
from support.web.small_service import SOURCE

from streamer.core.records.tokens import Role
from streamer.web.access.tokens import COOKIE
from streamer.web.sockets.namespaces import BACKLOG

Event = tuple[str, Any]


class Listener:
    """A client that keeps what it hears on one namespace."""

    def __init__(self, http: aiohttp.ClientSession, url: str, namespace: str, transport: str) -> None:
        self.client = socketio.AsyncClient(reconnection=False, http_session=http)
        self.heard: asyncio.Queue[Event] = asyncio.Queue()
        self.left = asyncio.Event()
        self._url, self._namespace, self._transport = url, namespace, transport
        self.client.on("*", lambda event, document: self.heard.put_nowait((event, document)), namespace=namespace)
        self.client.on("disconnect", self._leave, namespace=namespace)
        self.client.on("connect_error", self._refuse, namespace=namespace)
        self.reason = ""
        self.refusal: Any = None

    def _leave(self, reason: str) -> None:
        self.reason = reason
        self.left.set()

    def _refuse(self, refusal: Any = None) -> None:
        self.refusal = refusal

    async def connect(self, auth: dict[str, Any] | None = None, headers: dict[str, str] | None = None) -> None:
        await self.client.connect(
            self._url,
            auth=auth,
            headers=headers or {},
            namespaces=[self._namespace],
            transports=[self._transport],
            wait_timeout=5,
        )

    async def next(self) -> Event:
        async with asyncio.timeout(5):
            return await self.heard.get()


Listen = Callable[..., Awaitable[Listener]]


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


@pytest.fixture
async def listen(running: RunningServer, http: aiohttp.ClientSession) -> AsyncIterator[Listen]:
    """Connects listeners to the server, and disconnects them at the end."""
    listeners: list[Listener] = []

    async def one(
        namespace: str = "/viewer",
        auth: dict[str, Any] | None = None,
        headers: dict[str, str] | None = None,
        transport: str = "websocket",
    ) -> Listener:
        listener = Listener(http, running.url, namespace, transport)
        listeners.append(listener)
        await listener.connect(auth, headers)
        return listener

    yield one
    for listener in listeners:
        # a poller that says goodbye would wait for the answer to its last poll
        await listener.client.eio.disconnect(abort=True)


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_viewer_hears_a_snapshot_and_then_every_change(
    running: RunningServer, listen: Listen, transport: str
) -> None:
    viewer = await listen(transport=transport)
    event, snapshot = await viewer.next()
    assert event == "snapshot"
    assert snapshot["sessions"][1]["title"] == "</script>"
    for number in range(5):
        running.service.change("s1", title=f"Ændret {number}")
    for number in range(5):
        event, change = await viewer.next()
        assert (event, change["revision"], change["kind"]) == ("change", 4 + number, "session.changed")
        assert change["session"]["title"] == f"Ændret {number}"


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_who_comes_back_gets_what_was_missed(running: RunningServer, listen: Listen, transport: str) -> None:
    first = await listen(transport=transport)
    _, snapshot = await first.next()
    await first.client.eio.disconnect(abort=True)
    running.service.change("s1", title="missed")
    running.service.change("s2", title="missed too")
    position = {"epoch": snapshot["epoch"], "revision": snapshot["revision"]}
    again = await listen(auth=position, transport=transport)
    running.service.change("s1", title="after")
    heard = [await again.next() for _ in range(3)]
    assert [(event, document["revision"]) for event, document in heard] == [("change", 4), ("change", 5), ("change", 6)]


@pytest.mark.parametrize(
    "position", [{"epoch": "other", "revision": 3}, {"epoch": "epoch-1", "revision": 9}, {"epoch": 1}]
)
async def test_who_can_t_be_caught_up_gets_a_snapshot(
    running: RunningServer, listen: Listen, position: dict[str, object]
) -> None:
    viewer = await listen(auth=position)
    assert (await viewer.next())[0] == "snapshot"


# -- who may follow the crew -------------------------------------------------------------------------


async def test_the_crew_hears_of_jobs_too(running: RunningServer, listen: Listen) -> None:
    crew = await listen("/crew", {"token": running.crew})
    event, snapshot = await crew.next()
    assert event == "snapshot"
    assert {"jobs", "cues", "alarms", "overrides"} <= set(snapshot)
    running.service.work()
    assert (await crew.next())[1]["kind"] == "job.state"


async def refused(running: RunningServer, auth: Any) -> Any:
    """What somebody is told who is not let in to the crew."""
    listener = Listener(running.client, running.url, "/crew", "websocket")
    with pytest.raises(Refused):
        await listener.connect(auth)
    return listener.refusal


@pytest.mark.parametrize(
    ("auth", "where"),
    [
        (None, "token"),
        ({}, "token"),
        ({"token": "x" * 43}, "token"),
        ({"token": 5}, "token"),
        ({"token": ""}, "token"),
        ({"token": ["x"]}, "token"),
        (["x"], "auth"),
    ],
)
async def test_without_a_token_the_crew_is_closed(running: RunningServer, auth: Any, where: str) -> None:
    refusal = await refused(running, auth)
    assert where in refusal["message"]
    assert refusal["data"]["where"] == where
    assert running.server.connections() == {"/viewer": 0, "/crew": 0}


async def test_an_organiser_s_token_is_not_enough(running: RunningServer) -> None:
    refusal = await refused(running, {"token": running.organiser})
    assert refusal == {
        "message": "only the crew may follow this",
        "data": {"status": 403, "where": "token", "hint": ""},
    }


async def test_a_one_time_secret_is_not_enough(running: RunningServer, listen: Listen) -> None:
    with pytest.raises(Refused):
        await listen("/crew", {"token": await running.service.tokens.one_time(Role.CREW)})


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_a_cookie_with_our_origin_is_enough(running: RunningServer, listen: Listen, transport: str) -> None:
    headers = {"Cookie": f"{COOKIE}={running.crew}", "Origin": running.url}
    crew = await listen("/crew", headers=headers, transport=transport)
    assert (await crew.next())[0] == "snapshot"


async def test_a_browser_that_polls_its_own_origin_names_none(running: RunningServer, listen: Listen) -> None:
    headers = {"Cookie": f"{COOKIE}={running.crew}", "Sec-Fetch-Site": "same-origin"}
    crew = await listen("/crew", headers=headers, transport="polling")
    assert (await crew.next())[0] == "snapshot"


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Origin": "null"}])
async def test_a_cookie_without_our_origin_is_not(
    running: RunningServer, listen: Listen, headers: dict[str, str]
) -> None:
    with pytest.raises(Refused):
        await listen("/crew", headers={"Cookie": f"{COOKIE}={running.crew}", **headers})
    assert running.server.connections()["/crew"] == 0


async def test_a_cookie_does_not_let_another_site_poll(running: RunningServer) -> None:
    url = f"{running.url}/socket.io/?EIO=4&transport=polling"
    cookie = {"Cookie": f"{COOKIE}={running.crew}"}
    async with running.client.get(url, headers={**cookie, "Origin": "https://evil.example"}) as answer:
        assert answer.status == 400
    async with running.client.get(url, headers={**cookie, "Sec-Fetch-Site": "cross-site"}) as answer:
        url += "&sid=" + json.loads((await answer.text())[1:])["sid"]
    async with running.client.post(url, data="40/crew,", headers=cookie) as answer:
        assert answer.status == 200
    async with running.client.get(url, headers=cookie) as answer:
        assert "44/crew" in await answer.text()


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_another_site_can_t_even_watch(running: RunningServer, listen: Listen, transport: str) -> None:
    with pytest.raises(Refused):
        await listen(headers={"Origin": "https://evil.example"}, transport=transport)


async def test_whose_token_is_revoked_is_disconnected(running: RunningServer, listen: Listen) -> None:
    other = await running.service.tokens.add("Other", Role.CREW)
    kim, stays = await listen("/crew", {"token": running.crew}), await listen("/crew", {"token": other})
    viewer = await listen()
    for listener in (kim, stays, viewer):
        await listener.next()
    connector = aiohttp.UnixConnector(path=str(running.control))
    async with aiohttp.ClientSession(connector=connector) as local, local.delete("http://x/control/tokens/Kim") as done:
        assert done.status == 200
    async with asyncio.timeout(5):
        await kim.left.wait()
    running.service.change("s1", title="after")
    assert (await stays.next())[1]["session"]["title"] == "after"
    assert (await viewer.next())[1]["session"]["title"] == "after"
    assert not stays.left.is_set()
    with pytest.raises(Refused):
        await listen("/crew", {"token": running.crew})


# -- what viewers never hear -------------------------------------------------------------------------


async def test_no_byte_of_the_crew_s_reaches_a_viewer(running: RunningServer) -> None:
    url = f"{running.url}/socket.io/?EIO=4&transport=websocket"
    async with running.client.ws_connect(url) as line:
        frames = [await line.receive_str()]
        await line.send_str("40/viewer,")
        frames += [await line.receive_str() for _ in range(2)]
        running.service.work()
        running.service.change("s1", title="last")
        async with asyncio.timeout(5):
            while "last" not in frames[-1]:
                frames.append(await line.receive_str())
    text = "".join(frames)
    assert [frame[:8] for frame in frames[1:]] == ["40/viewe", "42/viewe", "42/viewe"]
    assert SOURCE not in text
    assert "job" not in text
    assert "crew" not in text


# -- hostile clients -----------------------------------------------------------------------------------


async def opened(running: RunningServer) -> aiohttp.ClientWebSocketResponse:
    line = await running.client.ws_connect(f"{running.url}/socket.io/?EIO=4&transport=websocket", compress=15)
    await line.receive_str()
    return line


@pytest.mark.parametrize("namespace", ["/", "/admin", "/viewer/../crew", "/\u0000"])
async def test_other_namespaces_do_not_exist(running: RunningServer, namespace: str) -> None:
    line = await opened(running)
    await line.send_str("40" if namespace == "/" else f"40{namespace},")
    assert (await line.receive_str()).startswith("44")
    await line.close()


async def test_nothing_is_compressed(running: RunningServer) -> None:
    line = await opened(running)
    assert line.compress == 0
    await line.close()


@pytest.mark.parametrize(
    "nonsense",
    [
        "4",
        "4{",
        '42/viewer,["change",{"epoch":"epoch-1"}]',
        '42/crew,["change"]',
        "42/viewer,",
        '40/viewer,{"epoch":',
        "44/viewer,{}",
        "49/viewer",
        '451-/viewer,["x",{"_placeholder":true,"num":0}]',
        '4599999-/viewer,["x",{"_placeholder":true,"num":0}]',
        "9",
        "xyz",
        "",
        '42/viewer,["' + "[" * 5000,
    ],
)
async def test_nonsense_harms_nobody_else(running: RunningServer, listen: Listen, nonsense: str) -> None:
    other = await listen()
    await other.next()
    line = await opened(running)
    await line.send_str("40/viewer,")
    await line.receive_str()
    await line.receive_str()
    await line.send_str(nonsense)
    await line.send_bytes(b"\x00" * 1000)
    running.service.change("s1", title="after")
    assert (await other.next())[1]["session"]["title"] == "after"
    await line.close()


async def test_a_giant_message_ends_the_connection(running: RunningServer) -> None:
    line = await opened(running)
    with contextlib.suppress(ConnectionError):  # the server may be gone before all of it was sent
        await line.send_str("42" + "x" * 10_000_000)
    while (await line.receive(timeout=5)).type is aiohttp.WSMsgType.TEXT:
        pass
    assert line.closed


@pytest.mark.parametrize(
    ("method", "query", "status"),
    [
        ("GET", "", 400),
        ("GET", "EIO=3&transport=polling", 400),
        ("GET", "EIO=4&transport=carrier-pigeon", 400),
        ("GET", "EIO=4&transport=websocket", 400),
        ("GET", "EIO=4&transport=polling&sid=guess", 400),
        ("POST", "EIO=4&transport=polling&sid=guess", 400),
        ("PUT", "EIO=4&transport=polling", 405),
    ],
)
async def test_bad_handshakes(running: RunningServer, method: str, query: str, status: int) -> None:
    async with running.client.request(
        method, f"{running.url}/socket.io/?{query}", data=b"x" if method == "POST" else None
    ) as answer:
        assert answer.status == status


async def test_who_does_not_read_is_let_go(running: RunningServer, listen: Listen) -> None:
    host, port = running.url.removeprefix("http://").split(":")
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.setblocking(False)
    await asyncio.get_running_loop().sock_connect(lazy, (host, int(port)))
    reader, writer = await asyncio.open_connection(sock=lazy, limit=1024)
    writer.write(
        b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    await reader.readuntil(b"\r\n\r\n")
    hello = b"40/viewer,"
    writer.write(bytes([0x81, 0x80 | len(hello), 0, 0, 0, 0]) + hello)
    await reader.readuntil(b"snapshot")
    eager = await listen()
    await eager.next()
    assert running.server.connections()["/viewer"] == 2
    for number in range(4 * BACKLOG):
        running.service.change("s1", abstract="x" * 10_000, title=str(number))
        _, change = await eager.next()
        assert change["session"]["title"] == str(number)
        if running.server.connections()["/viewer"] == 1:
            break
    assert running.server.connections()["/viewer"] == 1
    writer.close()


# -- the end -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_at_the_end_everybody_is_let_go(running: RunningServer, listen: Listen, transport: str) -> None:
    listeners = [await listen(transport=transport) for _ in range(5)]
    for listener in listeners:
        await listener.next()
    async with asyncio.timeout(3):
        await running.server.stop()
        for listener in listeners:
            await listener.left.wait()


async def test_connections_are_counted(running: RunningServer, listen: Listen) -> None:
    await listen()
    await listen("/crew", {"token": running.crew})
    async with running.client.get(f"{running.url}/metrics") as answer:
        text = await answer.text()
    assert 'streamer_sockets{namespace="/crew"} 1' in text
    assert 'streamer_sockets{namespace="/viewer"} 1' in text

"""Which hosts a request may name: ours, addresses, loopback, and what the configuration adds."""

from __future__ import annotations

import aiohttp
import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict
from socketio import AsyncClient
from socketio.exceptions import ConnectionError as Refused
from support.web.running_server import RunningServer, RunServer

from streamer.core.base.address import parse_address
from streamer.web.access.hosts import AllowedHosts
from streamer.web.access.perimeter import Perimeter

HOSTS = AllowedHosts.of(
    public_url="https://Live.example.org:8443/",
    listen=parse_address("studio.lan:8080"),
    machine="Streamer.venue.example",
    more=["streams.venue"],
)


@pytest.mark.parametrize(
    "host",
    [
        "live.example.org",
        "LIVE.example.org.",
        "live.example.org:1234",
        "studio.lan:8080",
        "streams.venue",
        "streamer.venue.example",
        "streamer",
        "streamer.local:8080",
        "localhost",
        "localhost:8080",
        "crew.localhost:8080",
        "127.0.0.1:8080",
        "192.168.1.5",
        "[::1]:8080",
        "[fe80::1]",
    ],
)
def test_our_names_and_addresses(host: str) -> None:
    assert HOSTS.admits(host)


@pytest.mark.parametrize(
    "host",
    [
        "",
        "evil.example",
        "live.example.org.evil.example",
        "xlive.example.org",
        "streamer.example",
        "local",
        "127.0.0.1.nip.example",
        "localhost.evil.example",
        "evillocalhost",
        "2130706433",
        "user@live.example.org",
        "live.example.org;script-src",
        "live.example.org, evil.example",
        "live.example.org:80:80",
        "[::1",
        "::1",
        "a b",
    ],
)
def test_no_other(host: str) -> None:
    assert not HOSTS.admits(host)


def test_every_host_that_is_named_must_be_ours() -> None:
    perimeter = Perimeter.of(public_url="https://live.example.org", trusted_proxies=["127.0.0.1"])
    for named, unknown in (
        ([], None),
        (["live.example.org"], None),
        (["live.example.org", "evil.example"], "evil.example"),
    ):
        headers = CIMultiDict([("Host", host) for host in named])
        assert perimeter.unknown_host(make_mocked_request("GET", "/", headers=headers)) == unknown


@pytest.mark.parametrize("path", ["/", "/metrics", "/api/v1/me", "/nothing", "/live/main/index.m3u8", "/login?token=x"])
async def test_a_name_that_was_rebound_reaches_nothing(running: RunningServer, path: str) -> None:
    headers = {**running.bearer(), "Host": "evil.example"}
    async with running.client.get(running.url + path, headers=headers) as answer:
        assert answer.status == 421
        document = await answer.json()
    assert (document["where"], "[server] allowed_hosts" in document["hint"]) == ("Host", True)
    assert "evil" not in answer.headers["Content-Security-Policy"]


@pytest.mark.parametrize("transport", ["websocket", "polling"])
async def test_nor_a_socket(running: RunningServer, transport: str) -> None:
    async with aiohttp.ClientSession() as http:
        client = AsyncClient(reconnection=False, http_session=http)
        headers = {"Host": "evil.example", "Origin": "http://evil.example"}
        with pytest.raises(Refused):
            await client.connect(running.url, headers=headers, namespaces=["/viewer"], transports=[transport])


async def test_a_proxy_says_under_which_host_it_was_asked(run_server: RunServer) -> None:
    running = await run_server(
        public_url="https://live.example.org", trusted_proxies=["127.0.0.1"], allowed_hosts=["streams.venue"]
    )
    for host, status in (("live.example.org", 200), ("streams.venue", 200), ("evil.example", 421)):
        async with running.client.get(running.url, headers={"X-Forwarded-Host": host}) as answer:
            assert answer.status == status

from __future__ import annotations

from unittest.mock import Mock

import pytest
from aiohttp.test_utils import make_mocked_request

from streamer.core.base.errors import ConfigError
from streamer.web.access.perimeter import Perimeter, normal_origin


def request(peer: str | None, **headers: str) -> Mock:
    """A request as aiohttp gives it, from a peer, with headers."""
    named = {"Host": "here:8080", **{name.replace("_", "-"): value for name, value in headers.items()}}
    transport = Mock()
    transport.get_extra_info = lambda key, default=None: ((peer, 1) if peer else "") if key == "peername" else default
    made: Mock = make_mocked_request("POST", "/", headers=named, transport=transport)  # type: ignore[assignment]
    return made


PROXIED = Perimeter.of(public_url="https://live.example.org/", trusted_proxies=["127.0.0.1", "10.0.0.0/8", "fd00::/8"])
BARE = Perimeter.of(public_url=None, trusted_proxies=[], allowed_hosts=["here"])


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("127.0.0.1", None, "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "198.51.100.1, 203.0.113.9, 10.1.2.3", "203.0.113.9"),
        ("::ffff:127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("fd00::1", "2001:db8::5", "2001:db8::5"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", "203.0.113.9, garbage", "127.0.0.1"),
        ("203.0.113.50", "10.0.0.1", "203.0.113.50"),
        (None, "10.0.0.1", "local"),
        ("127.0.0.1", "203.0.113.9:5678", "203.0.113.9"),
        ("127.0.0.1", "[2001:db8::5]:80, 10.1.2.3:4711", "2001:db8::5"),
        ("127.0.0.1", "[2001:db8::5]", "2001:db8::5"),
        ("127.0.0.1", "203.0.113.9:, 10.1.2.3", "10.1.2.3"),
        ("203.0.113.50", "198.51.100.1:80", "203.0.113.50"),
    ],
)
def test_the_client_is_the_last_whom_no_trusted_proxy_has(peer: str | None, forwarded: str | None, client: str) -> None:
    headers = {"X_Forwarded_For": forwarded} if forwarded else {}
    assert PROXIED.address(request(peer, **headers)) == client


def test_without_trusted_proxies_their_headers_are_nothing() -> None:
    made = request("127.0.0.1", X_Forwarded_For="1.2.3.4", X_Forwarded_Proto="https", X_Forwarded_Host="evil.example")
    assert BARE.address(made) == "127.0.0.1"
    assert BARE.scheme(made) == "http"
    assert BARE.origin(made) == "http://here:8080"


def test_a_trusted_proxy_says_scheme_and_host() -> None:
    made = request("10.0.0.1", X_Forwarded_Proto="https", X_Forwarded_Host="live.example.org")
    assert PROXIED.scheme(made) == "https"
    assert PROXIED.origin(made) == "https://live.example.org"


def test_a_network_is_named_by_any_of_its_addresses() -> None:
    perimeter = Perimeter.of(public_url=None, trusted_proxies=["10.1.2.3/8"])
    assert perimeter.address(request("10.9.9.9", X_Forwarded_For="203.0.113.9")) == "203.0.113.9"


@pytest.mark.parametrize(
    ("origin", "own"),
    [
        ("http://here:8080", True),
        ("HTTP://HERE:8080", True),
        ("https://live.example.org", True),
        ("https://live.example.org:443", True),
        ("http://live.example.org", False),
        ("http://here", False),
        ("http://here:8080.evil.example", False),
        ("https://live.example.org.evil.example", False),
        ("https://evil.example/https://live.example.org", False),
        ("null", False),
        ("", False),
        ("http://user@here:8080", False),
        ("http://here:99999999", False),
        ("http://[::1", False),
        ("http://here:8080;x", False),
    ],
)
def test_own_origins(origin: str, own: bool) -> None:
    assert PROXIED.is_own(origin, request("203.0.113.1")) is own


@pytest.mark.parametrize(
    ("headers", "ours"),
    [
        ({"Origin": "http://here:8080"}, True),
        ({"Origin": "http://evil.example", "Sec_Fetch_Site": "same-origin"}, False),
        ({"Origin": "null"}, False),
        ({"Sec_Fetch_Site": "same-origin"}, True),
        ({"Sec_Fetch_Site": "same-site"}, False),
        ({"Sec_Fetch_Site": "cross-site"}, False),
        ({}, False),
    ],
)
def test_a_change_must_come_from_our_own_page(headers: dict[str, str], ours: bool) -> None:
    assert BARE.is_same_site_change(request("203.0.113.1", **headers)) is ours


def test_loopback_is_not_what_a_proxy_on_it_passes_on() -> None:
    assert BARE.is_loopback(request("127.0.0.1"))
    assert BARE.is_loopback(request("::1"))
    assert BARE.is_loopback(request(None))
    assert not BARE.is_loopback(request("192.0.2.1"))
    for mark in ("X_Forwarded_For", "Forwarded", "Via", "X_Real_IP"):
        assert not BARE.is_loopback(request("127.0.0.1", **{mark: "203.0.113.1"}))


def test_where_people_use_https_a_proxy_that_is_not_trusted_may_be_behind_loopback() -> None:
    """It may mark nothing, so that everybody would be on this machine."""
    behind = Perimeter.of(public_url="https://live.example.org", trusted_proxies=["10.0.0.1"])
    assert not behind.is_loopback(request("127.0.0.1"))
    assert not behind.is_loopback(request("::1"))
    assert behind.is_loopback(request(None)), "the Unix socket"
    assert PROXIED.is_loopback(request("127.0.0.1")), "the proxy there marks what it passes on"
    assert not PROXIED.is_loopback(request("127.0.0.1", X_Forwarded_For="203.0.113.1"))
    assert not PROXIED.is_loopback(request("10.0.0.1"))
    assert Perimeter.of(public_url="http://live.lan", trusted_proxies=[]).is_loopback(request("127.0.0.1"))


@pytest.mark.parametrize(
    ("perimeter", "headers", "origins"),
    [
        (BARE, {}, ["ws://here:8080"]),
        (BARE, {"Host": "[::1]:8080"}, []),
        (BARE, {"Host": "evil.example;"}, []),
        (PROXIED, {"Host": "live.example.org"}, ["ws://live.example.org", "wss://live.example.org"]),
        (
            PROXIED,
            {"Host": "live.example.org", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "127.0.0.2"},
            ["wss://127.0.0.2", "wss://live.example.org"],
        ),
    ],
)
def test_pages_connect_to_the_sockets_of_this_host(
    perimeter: Perimeter, headers: dict[str, str], origins: list[str]
) -> None:
    assert perimeter.socket_origins(request("127.0.0.1", **headers)) == origins


def test_origins_have_one_spelling() -> None:
    assert normal_origin("HTTPS://Example.ORG:443/") == "https://example.org"
    assert normal_origin("http://example.org:80") == "http://example.org"
    assert normal_origin("http://example.org:443") == "http://example.org:443"
    assert normal_origin("http://[::1]:8080") == "http://[::1]:8080"
    assert normal_origin("ftp://example.org") is None
    assert normal_origin("http://example.org;script-src") is None, "an origin is written into a header"


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"public_url": "live.example.org", "trusted_proxies": []}, "[server] public_url"),
        ({"public_url": None, "trusted_proxies": ["proxy.local"]}, "[server] trusted_proxies"),
    ],
)
def test_config_that_is_none_names_its_key(options: dict[str, object], key: str) -> None:
    with pytest.raises(ConfigError) as raised:
        Perimeter.of(**options)  # type: ignore[arg-type]  # what a config file may hold
    assert raised.value.where == key
    assert raised.value.hint

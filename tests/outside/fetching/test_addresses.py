"""Which addresses are gone to, hop by hop, and how much is unpacked of what comes from them."""

from __future__ import annotations

import socket
import zlib
from ipaddress import ip_address

import pytest
from yarl import URL

from streamer.outside.fetching.addresses import Guard, Ourselves, RefusedAddress
from streamer.outside.fetching.client import following
from streamer.outside.fetching.unpacking import TooMuch, Unpacker


def refused(guard: Guard, host: str, port: int = 80, *, redirected: bool = True) -> str:
    with pytest.raises(RefusedAddress) as caught:
        guard.enter(host, port, redirected=redirected)
    return str(caught.value)


def test_a_redirect_may_lead_through_the_local_network_and_not_to_this_machine() -> None:
    guard = Guard(Ourselves(port=8080))
    guard.enter("192.168.1.2", 80, redirected=False)
    for host in ("192.168.1.10", "10.0.0.1", "172.16.0.1", "fd12:3456::1", "100.64.0.1"):
        guard.enter(host, 80, redirected=True)
    for host in ("127.0.0.1", "::1", "0.0.0.0", "::ffff:127.0.0.1", "64:ff9b::7f00:1"):  # nothing is bound to it
        assert refused(guard, host) == "redirects to this machine itself"
    guard.enter("timetable.example.org", 443, redirected=True)
    with pytest.raises(RefusedAddress, match="redirects to this machine itself"):
        guard.judge(ip_address("127.0.0.1"))


@pytest.mark.parametrize(
    "host",
    [
        "10.0.0.1",
        "192.168.1.10",
        "100.64.0.1",
        "fd12:3456::1",
        "fec0::1",
        "::ffff:10.0.0.1",
        "::a00:1",
        "64:ff9b::a00:1",
        "2002:a00:1::1",
    ],
)
def test_a_redirect_from_a_public_address_leads_into_no_private_network(host: str) -> None:
    guard = Guard()
    guard.enter("10.0.0.9", 80, redirected=False)
    guard.enter(host, 80, redirected=True)
    guard.enter("8.8.8.8", 80, redirected=True)
    for public in ("1.1.1.1", "2606:4700::1111", "64:ff9b::808:808"):
        guard.enter(public, 80, redirected=True)
    assert refused(guard, host) == "redirects from a public address into a private network"


def test_a_redirect_leads_to_no_other_address_of_this_machine() -> None:
    guard = Guard(is_own=lambda address: address == ip_address("8.8.4.4"))
    guard.enter("8.8.8.8", 80, redirected=False)
    assert refused(guard, "8.8.4.4") == "redirects to this machine itself"
    at_home = Guard(is_own=lambda address: address == ip_address("8.8.4.4"))
    at_home.enter("8.8.4.4", 80, redirected=False)
    at_home.enter("8.8.4.4", 8000, redirected=True)


def test_what_is_configured_may_be_on_this_machine_or_beside_it_and_not_this_service() -> None:
    guard = Guard(Ourselves(port=8080, public=("streams.example.org", 443)))
    guard.enter("127.0.0.1", 80, redirected=False)
    guard.enter("127.0.0.1", 8000, redirected=True)
    guard.enter("169.254.7.7", 80, redirected=False)
    guard.enter("192.0.2.1", 8080, redirected=False)
    assert refused(guard, "127.0.0.1", 8080, redirected=False) == "that is this service itself"
    assert refused(guard, "Streams.Example.org", 443, redirected=False) == "that is this service itself"
    guard.enter("streams.example.org", 8443, redirected=False)
    assert "a cloud" in refused(guard, "169.254.169.254", redirected=False)
    assert "a cloud" in refused(guard, "fd00:ec2::254", redirected=False)


def test_this_service_is_known_by_every_address_of_this_machine() -> None:
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as route:
            route.connect(("192.0.2.1", 9))  # sends nothing
            own = route.getsockname()[0]
    except OSError:
        pytest.skip("this machine has no network but its own")
    assert refused(Guard(Ourselves(port=8080)), own, 8080, redirected=False) == "that is this service itself"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/other", "https://example.org/other"),
        ("//mirror.example.org/day#top", "https://mirror.example.org/day"),
        ("https://mirror.example.org/day", "https://mirror.example.org/day"),
    ],
)
def test_where_a_redirect_leads(location: str, target: str) -> None:
    assert following(URL("https://example.org/day"), location) == URL(target)
    assert following(URL("http://example.org/day"), "https://example.org/day") == URL("https://example.org/day")


@pytest.mark.parametrize(
    ("location", "said"),
    [
        ("http://example.org/day", "from https to http"),
        ("ftp://example.org/", "other than"),
        ("http://[", "not an address"),
    ],
)
def test_where_it_must_not_lead(location: str, said: str) -> None:
    with pytest.raises(RefusedAddress, match=said):
        following(URL("https://example.org/day"), location)


def test_a_bomb_takes_no_more_memory_than_it_is_allowed_to() -> None:
    unpacker = Unpacker("gzip", most=1000)
    with pytest.raises(TooMuch):
        unpacker.add(zlib.compress(bytes(10_000_000)))
    assert len(unpacker.content) == 1001

from __future__ import annotations

import pytest

from streamer.core.base.address import Address, parse_address


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8080", "127.0.0.1", 8080),
        ("localhost:0", "localhost", 0),
        ("localhost:8080", "localhost", 8080),
        ("0.0.0.0:65535", "0.0.0.0", 65535),
        ("[::1]:8080", "::1", 8080),
        ("[fe80::1%eth0]:80", "fe80::1%eth0", 80),
        (":8081", "", 8081),
    ],
)
def test_addresses(text: str, host: str, port: int) -> None:
    assert parse_address(text) == Address(host=host, port=port)
    assert str(parse_address(text)) == text


def test_a_star_is_every_address() -> None:
    assert parse_address(" *:80 ") == Address(host="", port=80)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8080",
        ":",
        "host",
        "host:",
        "host:65536",
        "host:x",
        "host:-1",
        "host:²",
        "::1:80",
        "[x]:80",
        "[]:80",
        "a b:1",
    ],
)
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(ValueError, match=r"write it like 127\.0\.0\.1:8080"):
        parse_address(text)

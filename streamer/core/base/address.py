"""The address on which a server listens, as text."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

_HOST = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """``host`` without the brackets of IPv6; ``port`` 0 means any free port."""

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def parse_address(text: str) -> Address:
    """``host:port``, an IPv6 address in brackets; ``:port`` or ``*:port`` for every address of the machine.

    Raises ValueError: what is wrong, a semicolon, what to write.
    """
    match = re.fullmatch(r"\s*(?:\[(?P<v6>[^\[\]]+)\]|(?P<host>[^\[\]:]*)):(?P<port>[0-9]{1,5})\s*", text, re.ASCII)
    if not match or int(match["port"]) > 65_535 or not _is_host(match["v6"], match["host"]):
        raise ValueError(f"“{text}” is not host:port; write it like 127.0.0.1:8080, 0.0.0.0:8080 or [::1]:8080")
    host = match["v6"] or match["host"]
    return Address(host="" if host == "*" else host, port=int(match["port"]))


def _is_host(v6: str | None, host: str | None) -> bool:
    if v6 is None:
        return host in ("", "*") or _HOST.fullmatch(host or "") is not None
    try:
        return ipaddress.IPv6Address(v6.partition("%")[0]) is not None
    except ValueError:
        return False

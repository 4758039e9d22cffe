"""The hosts that a request may name.

A page of another site whose name suddenly resolves to this machine (DNS rebinding) has our origin for its browser. Its
requests name that site as the Host. An IP address can't be rebound, so any of them may be named.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamer.core.base.address import Address

_HOST = re.compile(r"([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")
_LOOPBACK = "localhost"


def host_name(host: str) -> str | None:
    """The name or address in a Host header, normalised; None for a header that is none (RFC 9110, 7.2)."""
    found = _HOST.fullmatch(host)
    return found[1].strip("[]").lower().removesuffix(".") if found else None


def is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class AllowedHosts:
    """``names`` are allowed besides IP addresses and the names of loopback. Those of the machine itself, also with
    ``.local``, belong to them: a site on the Internet can't have them."""

    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, *, public_url: str | None, listen: Address | None, machine: str, more: Iterable[str]) -> AllowedHosts:
        public, label = urlsplit(public_url).hostname if public_url else None, machine.partition(".")[0]
        given = (public, listen.host if listen else None, machine, label, label and f"{label}.local", *more)
        return cls(names=frozenset(one.lower().removesuffix(".") for one in given if one))

    def admits(self, host: str) -> bool:
        """Whether a request may have this Host header."""
        name = host_name(host)
        if name is None:
            return False
        return is_address(name) or name == _LOOPBACK or name.endswith(f".{_LOOPBACK}") or name in self.names

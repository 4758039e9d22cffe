"""Which addresses a timetable may be fetched from, and how an address is shown without its secrets.

The configured address is trusted, including one in the local network; the target of a redirect is not. From a public
address, only public ones are followed. Names are judged by the address of the connection, so a name cannot change after
the check. Behind an HTTP proxy only literal addresses are judged, because the proxy looks names up.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import DefaultResolver

from streamer.core.base.redact import redact

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_METADATA = frozenset(
    ipaddress.ip_address(text)
    for text in ("169.254.169.254", "169.254.170.2", "100.100.100.200", "fd00:ec2::254", "fd20:ce::254")
)
"""Metadata addresses, where clouds give their machines secrets."""
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
_SECRET_STEP = re.compile(r"(?<=/)(?=[^/]*[0-9])(?:(?:private|secret|token|key)-[^/]+|[A-Za-z0-9_-]{32,})(?=/|$)")
_GUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DISCARD = 9
_PORTS = {"http": 80, "https": 443}


class RefusedAddress(OSError):
    """An address to which no connection is allowed; the message is a sentence for a person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ourselves:
    """The addresses of this service itself: ``port`` on this machine, and the ``public`` host and port."""

    port: int = 0
    public: tuple[str, int] | None = None


NOWHERE = Ourselves()


class Guard:
    """Judges one fetch, hop by hop: the configured address, then the targets of redirects. ``is_own`` tells whether an
    interface of this machine has an address."""

    def __init__(self, ourselves: Ourselves = NOWHERE, is_own: Callable[[IpAddress], bool] | None = None) -> None:
        self._ourselves = ourselves
        self._is_own = is_own or _is_of_this_machine
        self._host, self._port = "", 0
        self._redirected = False
        self._local = False
        self._public = False

    def enter(self, host: str, port: int, *, redirected: bool) -> None:
        """The next hop. Raises RefusedAddress for a refused address; :meth:`judge` checks those of names."""
        self._host, self._port, self._redirected = host, port, redirected
        if self._ourselves.public == (host.lower(), port):
            raise RefusedAddress("that is this service itself")
        if (literal := _literal(host)) is not None:
            self.judge(literal)

    def speaks_of(self, host: str) -> bool:
        """Whether a name is the hop's; that of a proxy is not."""
        return host.lower().rstrip(".") == self._host.lower().rstrip(".")

    def judge(self, address: IpAddress) -> None:
        """Raises RefusedAddress."""
        address = _reached(address)
        here = address.is_loopback or address.is_unspecified or self._is_own(address)
        if self._port == self._ourselves.port and here:
            raise RefusedAddress("that is this service itself")
        if address in _METADATA:
            raise RefusedAddress("that is an address where a cloud gives its machines secrets")
        if not self._redirected:
            self._local = self._local or here
        elif here and not self._local:
            raise RefusedAddress("redirects to this machine itself")
        elif address.is_link_local or address.is_multicast:
            raise RefusedAddress("redirects to an address that is not a server's")
        elif self._public and not _is_public(address):
            raise RefusedAddress("redirects from a public address into a private network")
        self._public = self._public or _is_public(address)


class GuardedResolver(AbstractResolver):
    """Resolves names and lets the guard judge their addresses."""

    def __init__(self, guard: Guard) -> None:
        self._guard = guard
        self._names = DefaultResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._names.resolve(host, port, family)
        if self._guard.speaks_of(host):
            for one in found:
                self._guard.judge(ipaddress.ip_address(one["host"].partition("%")[0]))
        return found

    async def close(self) -> None:
        await self._names.close()


def port_of(scheme: str, port: int | None) -> int:
    return port or _PORTS.get(scheme, 0)


def shown(url: str) -> str:
    """A URL without its possible secrets: user, password, query, and parts of its path that look like keys."""
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
        host = parts.hostname or ""
    except ValueError:
        return "a URL that can't be read"
    host = f"[{host}]" if ":" in host else host
    path = _SECRET_STEP.sub(lambda step: step[0] if _GUID.fullmatch(step[0]) else "…", parts.path)
    return redact(f"{parts.scheme}://{host}{port}{path}{'?…' if parts.query else ''}")


def _reached(address: IpAddress) -> IpAddress:
    """The IPv4 address that a packet to an IPv6 address is translated or tunnelled to, else the address itself."""
    if isinstance(address, ipaddress.IPv4Address):
        return address
    inner = address.ipv4_mapped or address.sixtofour
    if inner is None and (address in _NAT64 or (address in _COMPATIBLE and int(address) > 1)):  # not :: and ::1
        inner = ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return inner or address


def _is_public(address: IpAddress) -> bool:
    return address.is_global and not address.is_multicast and not getattr(address, "is_site_local", False)


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return None


def _is_of_this_machine(address: IpAddress) -> bool:
    """Whether one of this machine's interfaces has the address: then it is also where packets to it come from. Binding
    to it would not tell, because Linux can be set to allow that for every address."""
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(address), _DISCARD))  # sends nothing
            return ipaddress.ip_address(str(probe.getsockname()[0]).partition("%")[0]) == address
    except OSError:
        return False

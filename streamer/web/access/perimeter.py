"""The client's address and scheme, and the service's own hosts and origins, with or without proxies.

Proxy headers count only on connections from a trusted proxy of the configuration. Knows no tokens.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from aiohttp import web

from streamer.core.base.address import Address as Listening
from streamer.core.base.errors import ConfigError
from streamer.web.access.hosts import AllowedHosts, host_name

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_DEFAULT_PORTS = {"http": 80, "https": 443}
_WITH_PORT = re.compile(r"(?:\[([^\[\]]+)\]|([0-9.]+))(?::[0-9]{1,5})?")
"""An address as proxies write it: IPv6 in brackets if a port follows."""
_MARKS_OF_A_PROXY = ("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Real-IP")


def normal_origin(text: str) -> str | None:
    """A normalised origin (RFC 6454); None for ``null`` and invalid origins."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username or parts.password:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    if host_name(host) is None:
        return None
    shown = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{host}{shown}"


def _address(text: str) -> Address | None:
    with_port = _WITH_PORT.fullmatch(text)
    try:
        address = ipaddress.ip_address((with_port[1] or with_port[2]) if with_port else text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def _networks(proxies: Iterable[str]) -> tuple[Network, ...]:
    networks = []
    for text in proxies:
        try:
            networks.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise ConfigError(
                f"{text!r} is neither an address nor a network",
                where="[server] trusted_proxies",
                hint='write for example "127.0.0.1" or "10.0.0.0/8"',
            ) from error
    return tuple(networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Perimeter:
    """The proxies in front of the service. ``public_origin`` is the origin of [server] public_url."""

    trusted: tuple[Network, ...] = ()
    public_origin: str | None = None
    allowed: AllowedHosts = field(default_factory=AllowedHosts)

    @classmethod
    def of(
        cls,
        *,
        public_url: str | None,
        trusted_proxies: Iterable[str],
        listen: Listening | None = None,
        allowed_hosts: Iterable[str] = (),
    ) -> Perimeter:
        """Raises ConfigError for an invalid address or URL."""
        origin = normal_origin(public_url) if public_url else None
        if public_url and origin is None:
            raise ConfigError(
                f"{public_url!r} is not the URL of a web site",
                where="[server] public_url",
                hint='write for example "https://streams.example.org"',
            )
        allowed = AllowedHosts.of(
            public_url=public_url, listen=listen, machine=socket.gethostname(), more=allowed_hosts
        )
        return cls(trusted=_networks(trusted_proxies), public_origin=origin, allowed=allowed)

    @property
    def public_is_https(self) -> bool:
        """Whether people reach the service by https, whatever a proxy says or fails to say."""
        return self.public_origin is not None and self.public_origin.startswith("https:")

    def _trusts(self, address: Address | None) -> bool:
        return address is not None and any(address in network for network in self.trusted)

    def is_exempt(self, address: str) -> bool:
        """Whether many people may come from one address: a trusted proxy's, or this machine's."""
        peer = _address(address) if address else None
        return peer is None or peer.is_loopback or self._trusts(peer)

    def _peer(self, request: web.BaseRequest) -> Address | None:
        """The other end of the connection; None on a Unix socket."""
        return _address(request.remote) if request.remote else None

    def _forwarded(self, request: web.BaseRequest, header: str) -> list[str]:
        """The values of a trusted proxy's header, its own last; empty for other connections."""
        if not self._trusts(self._peer(request)):
            return []
        return [part.strip() for value in request.headers.getall(header, []) for part in value.split(",")]

    def address(self, request: web.BaseRequest) -> str:
        """The client's address: the last one that does not belong to a trusted proxy."""
        peer = self._peer(request)
        hops = [_address(hop) for hop in self._forwarded(request, "X-Forwarded-For")]
        client = peer
        for hop in reversed(hops):
            if hop is None:
                break
            client = hop
            if not self._trusts(hop):
                break
        return str(client) if client is not None else "local"

    def scheme(self, request: web.BaseRequest) -> str:
        """``https`` if the client uses it, to us or to a trusted proxy."""
        said = self._forwarded(request, "X-Forwarded-Proto")
        return said[-1].lower() if said and said[-1].lower() in _DEFAULT_PORTS else request.scheme

    def origin(self, request: web.BaseRequest) -> str | None:
        """The origin under which the client sees us."""
        said = self._forwarded(request, "X-Forwarded-Host")
        return normal_origin(f"{self.scheme(request)}://{said[-1] if said else request.host}")

    def is_own(self, origin: str, request: web.BaseRequest) -> bool:
        """Whether ``origin`` is ours: the request's own, or that of public_url."""
        normal = normal_origin(origin)
        return normal is not None and normal in (self.origin(request), self.public_origin)

    def is_same_site_change(self, request: web.BaseRequest) -> bool:
        """Whether one of our own pages sent a request that changes something."""
        origin = request.headers.get("Origin")
        if origin is not None:
            return self.is_own(origin, request)
        return request.headers.get("Sec-Fetch-Site") == "same-origin"

    def is_secure(self, request: web.BaseRequest) -> bool:
        """Whether the client's cookies are for https only."""
        return self.public_is_https or self.scheme(request) == "https"

    def unknown_host(self, request: web.BaseRequest) -> str | None:
        """The host that a request names and that is not ours; None if it may be served.

        A browser always names one, so a request without any comes from no page.
        """
        named = [*request.headers.getall("Host", []), *self._forwarded(request, "X-Forwarded-Host")[-1:]]
        return next((host for host in named if not self.allowed.admits(host)), None)

    def socket_origins(self, request: web.BaseRequest) -> list[str]:
        """Our origins as WebSocket addresses; for some browsers ``'self'`` has none."""
        origins = () if self.unknown_host(request) is not None else (self.origin(request),)
        named = {one for one in (*origins, self.public_origin) if one is not None and "[" not in one}  # CSP 3: no IPv6
        return sorted(f"ws{one.removeprefix('http')}" for one in named)

    def is_loopback(self, request: web.BaseRequest) -> bool:
        """Whether the client is on this machine, not behind a proxy on this machine.

        If people use https there is a proxy. Only one that is trusted marks what it passes on; from the others
        everything looks local.
        """
        peer = self._peer(request)
        if peer is None:
            return True
        if not peer.is_loopback or any(mark in request.headers for mark in _MARKS_OF_A_PROXY):
            return False
        return not self.public_is_https or self._trusts(peer)

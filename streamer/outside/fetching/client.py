"""Sends one request after another to a server, with limits for hops, bytes and addresses.

It knows nothing of timetables. It follows redirects itself, because each hop is judged first: only http and https,
never from https to http, never to this service, and a token only to its own server.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType

import aiohttp
from yarl import URL

from streamer import __version__
from streamer.outside.fetching.addresses import NOWHERE, Guard, GuardedResolver, Ourselves, RefusedAddress, port_of
from streamer.outside.fetching.unpacking import TooMuch, Unpacker

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 65_536
_LONGEST_WAIT = 900.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """``url`` is the final address. ``wait`` are the seconds that Retry-After asks for."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str
    wait: float


class Client:
    """For one fetch, of one or more requests. Raises what aiohttp raises, RefusedAddress, TooMuch and CannotUnpack.

    ``token`` is the whole value of an Authorization header; it goes to the server of ``url`` only. The caller
    limits the time.
    """

    def __init__(self, url: str, *, most: int, token: str = "", ourselves: Ourselves = NOWHERE) -> None:
        self._home = URL(url).origin()
        self._most = most
        self._token = token
        self._guard = Guard(ourselves)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Client:
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(resolver=GuardedResolver(self._guard), use_dns_cache=False),
            timeout=aiohttp.ClientTimeout(total=None),
            headers={"User-Agent": f"streamer/{__version__}", "Accept-Encoding": "gzip, deflate"},
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            trust_env=True,
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._session is not None
        await self._session.close()

    def is_home(self, url: URL) -> bool:
        """Whether a URL is on the server of the first request, now perhaps with TLS."""
        if not url.is_absolute():
            return False
        origin, home = url.origin(), self._home
        upgraded = (home.scheme, home.port, origin.scheme, origin.port) == ("http", 80, "https", 443)
        return origin == home or (upgraded and origin.host == home.host)

    async def get(self, url: str, headers: Mapping[str, str]) -> Answer:
        assert self._session is not None
        at, hops = URL(url), 0
        while True:
            self._guard.enter(at.raw_host or "", port_of(at.scheme, at.port), redirected=hops > 0)
            sent = dict(headers)
            if self._token and self.is_home(at):
                sent["Authorization"] = self._token
            async with self._session.get(at, headers=sent, allow_redirects=False) as response:
                location = response.headers.get("Location")
                if response.status not in _REDIRECTS or not location:
                    return await self._answer(response)
            hops += 1
            if hops > _MOST_REDIRECTS:
                raise RefusedAddress(f"redirects more than {_MOST_REDIRECTS} times")
            at = following(at, location)

    async def _answer(self, response: aiohttp.ClientResponse) -> Answer:
        content = b""
        if response.status == 200:
            if (response.content_length or 0) > self._most:
                raise TooMuch
            unpacker = Unpacker(response.headers.get("Content-Encoding", ""), self._most)
            async for piece in response.content.iter_chunked(_CHUNK):
                unpacker.add(piece)
            content = unpacker.end()
        return Answer(
            status=response.status,
            headers=response.headers,
            content=content,
            url=str(response.url),
            wait=seconds_to_wait(response.headers),
        )


def seconds_to_wait(headers: Mapping[str, str]) -> float:
    """The seconds of Retry-After, in either of its notations; at most a quarter of an hour."""
    said = headers.get("Retry-After", "").strip()
    if not said:
        return 0.0
    if said.isascii() and said.isdigit():
        return min(float(said[:9]), _LONGEST_WAIT)
    try:
        now = parsedate_to_datetime(headers["Date"]) if "Date" in headers else datetime.now(UTC)
        seconds = (parsedate_to_datetime(said) - now).total_seconds()
    except (ValueError, TypeError):
        return 0.0
    return min(max(math.ceil(seconds), 0.0), _LONGEST_WAIT)


def following(at: URL, location: str) -> URL:
    """The target of a redirect. Raises RefusedAddress."""
    try:
        target = at.join(URL(location))
    except ValueError:
        raise RefusedAddress("redirects to something that is not an address") from None
    if target.scheme not in ("http", "https") or not target.host:
        raise RefusedAddress("redirects to something other than http and https")
    if at.scheme == "https" and target.scheme == "http":
        raise RefusedAddress("redirects from https to http, where the answer can be changed on the way")
    if at.user and target.host == at.host and not target.user and target.origin() == at.origin():
        target = target.with_user(at.user).with_password(at.password)
    return target.with_fragment(None)

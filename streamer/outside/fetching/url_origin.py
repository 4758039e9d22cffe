"""A timetable at a URL, polled; only complete answers count."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import aiohttp

from streamer.core.base.durations import format_duration, format_size
from streamer.core.base.errors import TimetableError, TimetableUnavailable
from streamer.outside.fetching.addresses import NOWHERE, Ourselves, shown
from streamer.outside.fetching.client import Answer, Client
from streamer.outside.fetching.fetch_errors import PATIENT, reason
from streamer.outside.fetching.unpacking import CannotUnpack, TooMuch
from streamer.timetables.detect import LARGEST

_TRUSTED = 15
_HINTS = {
    304: "it says that nothing has changed, but sent no content before",
    401: "it needs a login or a token",
    403: "it needs a login or a token",
    404: "check the address",
    410: "check the address",
}


class AskedToWait(TimetableUnavailable):
    """The server asks for a pause of ``seconds``."""

    def __init__(self, message: str, *, where: str, hint: str, seconds: float) -> None:
        super().__init__(message, where=where, hint=hint)
        self.seconds = seconds


class UrlOrigin:
    """A URL, requested with its last ETag and Last-Modified, so that an unchanged timetable costs nothing.

    After fifteen answers "not modified" in a row the whole is requested again, because some caches give that answer
    for ever.
    """

    look_every: float | None = None

    def __init__(self, url: str, *, timeout: float, token: str = "", ourselves: Ourselves = NOWHERE) -> None:
        self.name = shown(url)
        self.landed = ""
        self._url = url
        self._timeout = timeout
        self._token = token
        self._ourselves = ourselves
        self._validators: dict[str, str] = {}
        self._unchanged = 0

    async def read(self) -> bytes | None:
        """The content; None if it has not changed since the last call. Raises TimetableError."""
        try:
            async with asyncio.timeout(self._timeout), self._client() as client:
                content, said = await self._fetch(client)
        except TimeoutError as error:
            raise self._unavailable(f"no whole answer within {self._timeout:g} s", PATIENT) from error
        except TooMuch as error:
            raise TimetableError(
                f"larger than {format_size(LARGEST)}, more than any timetable has",
                where=self.name,
                hint="is it the right address?",
            ) from error
        except CannotUnpack as error:
            raise self._unavailable(str(error), PATIENT) from error
        except (aiohttp.ClientError, OSError, ValueError) as error:  # ValueError: the URL cannot be used
            raise self._unavailable(*reason(error)) from error
        if content is not None:  # only delivered content can be unchanged later
            self._validators = said
        return content

    def _client(self) -> Client:
        return Client(self._url, most=LARGEST, token=self.authorization, ourselves=self._ourselves)

    @property
    def authorization(self) -> str:
        return f"Bearer {self._token}" if self._token else ""

    async def _fetch(self, client: Client) -> tuple[bytes | None, dict[str, str]]:
        """The content, None if it is unchanged, and the validators for the next request."""
        asked = self._validators if self._unchanged < _TRUSTED else {}
        answer = await client.get(self._url, asked)
        if answer.status == 412 and asked:  # it no longer accepts its own validators
            answer = await client.get(self._url, {})
        if answer.status == 304 and asked:
            self._unchanged += 1
            return None, asked
        self.accept(answer)
        said = {
            "If-None-Match": answer.headers.get("ETag", ""),
            "If-Modified-Since": answer.headers.get("Last-Modified", ""),
        }
        self._unchanged = 0
        self.landed = "" if answer.url == self._url else shown(answer.url)
        return answer.content, {name: v for name, v in said.items() if v and v.isascii() and v.isprintable()}

    def accept(self, answer: Answer) -> None:
        """Raises TimetableUnavailable for an answer without content."""
        if answer.status == 200:
            return
        message = f"the server answers {answer.status}"
        if answer.status in (429, 503) and answer.wait:
            hint = f"it asks for a pause of {format_duration(timedelta(seconds=answer.wait))}, and is"
            raise AskedToWait(message, where=self.name, hint=hint, seconds=answer.wait)
        theirs = "ask the server's operator; it is polled again" if answer.status >= 500 else ""
        raise self._unavailable(message, _HINTS.get(answer.status, theirs or "check the address"))

    def _unavailable(self, message: str, hint: str = "") -> TimetableUnavailable:
        return TimetableUnavailable(message, where=self.name, hint=hint)

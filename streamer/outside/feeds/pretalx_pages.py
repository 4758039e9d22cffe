"""A timetable in pretalx's REST API: all its pages and what they refer to.

The pages form one JSON array, unchanged. A list that changed between two of its pages is dropped: an item that moved
from one page to the other would look removed.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from yarl import URL

from streamer.core.base.durations import format_size
from streamer.core.base.errors import TimetableError
from streamer.outside.fetching.addresses import NOWHERE, Ourselves
from streamer.outside.fetching.client import Answer, Client
from streamer.outside.fetching.url_origin import UrlOrigin
from streamer.timetables.detect import LARGEST
from streamer.timetables.pretalx import join_pages

API_VERSION = "v1"

_SUBMISSION = ("speakers", "track", "submission_type")
_SLOT = ("room", "submission", *(f"submission.{one}" for one in _SUBMISSION))
_EXPANDED = {
    "slots": _SLOT,
    "schedules": ("slots", *(f"slots.{one}" for one in _SLOT)),
    "submissions": (*_SUBMISSION, "slots", "slots.room"),
}
"""What a list is requested to expand, if its address does not say so."""
_EVENT = re.compile(r"(?P<event>/api/events/[^/]+)/?(?P<what>[^/]*)(?:/.*)?")
_MOST_PAGES = 400
_LONGEST_PAUSE = 30.0
_PAUSES = 5

Sleep = Callable[[float], Awaitable[None]]


def is_pretalx(url: str) -> bool:
    """Whether a URL is that of an event, or of an event's list, in pretalx's API."""
    try:
        return _EVENT.fullmatch(URL(url).path) is not None
    except ValueError:
        return False


class PretalxPages(UrlOrigin):
    """Reads an event's address as its slots, and any of its lists as it is, with references."""

    def __init__(
        self,
        url: str,
        *,
        timeout: float,
        token: str = "",
        ourselves: Ourselves = NOWHERE,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        super().__init__(url, timeout=timeout, token=token, ourselves=ourselves)
        self._sleep = sleep
        self._asked = URL(url)

    @property
    def authorization(self) -> str:
        return f"Token {self._token}" if self._token else ""

    async def _fetch(self, client: Client) -> tuple[bytes, dict[str, str]]:
        match = _EVENT.fullmatch(self._asked.path)
        assert match is not None
        root = self._asked.with_path(f"{match['event']}/").with_query(None)
        what = match["what"] or "slots"
        first = self._asked if match["what"] else (root / "slots/").with_query(self._asked.query)
        if what in _EXPANDED and "expand" not in first.query:
            first = first.update_query(expand=",".join(_EXPANDED[what]))
        event = await self._page(client, root, spared=(401, 403, 404))
        instead = None if match["what"] else root / "schedules/latest/"
        pages = [*([event.content] if event.content else []), *await self._list(client, first, instead)]
        return join_pages(pages), {}

    async def _list(self, client: Client, first: URL, instead: URL | None) -> list[bytes]:
        """All pages from one on, or the answer that replaces the first. Raises TimetableError where they differ."""
        pages: list[bytes] = []
        asked: set[URL] = set()
        size, items, counts = 0, 0, set[object]()
        following: URL | None = first
        while following is not None:
            if following in asked or len(asked) >= _MOST_PAGES:
                raise self._unavailable(
                    "its pages have no end" if len(asked) >= _MOST_PAGES else "its pages link in a circle"
                )
            asked.add(following)
            answer = await self._page(client, following, spared=(404,) if instead and not pages else ())
            if answer.status == 404 and instead:
                answer = await self._released(client, instead, answer)
            document = self._object(answer)
            pages.append(answer.content)
            size += len(answer.content)
            if size > LARGEST:
                raise TimetableError(
                    f"larger than {format_size(LARGEST)} in {len(pages)} pages",
                    where=self.name,
                    hint="is it the address of one conference?",
                )
            results = document.get("results")
            items += len(results) if isinstance(results, list) else 0
            counts.add(document.get("count", items))
            following = self._following(client, following, document.get("next"))
        if len(pages) > 1 and counts != {items}:
            raise self._unavailable(
                f"it changed while its {len(pages)} pages were read", "the next poll reads all of them again"
            )
        return pages

    async def _released(self, client: Client, url: URL, missing: Answer) -> Answer:
        """The schedule as servers before 2025 deliver it, in one page with its references.

        Raises TimetableUnavailable about ``missing`` if it is not such a schedule.
        """
        answer = await self._page(client, url, spared=(401, 403, 404))
        slots = self._object(answer).get("slots") if answer.status == 200 else None
        if not isinstance(slots, list) or not all(isinstance(slot, dict) for slot in slots):
            self.accept(missing)
        return answer

    async def _page(self, client: Client, url: URL, *, spared: tuple[int, ...] = ()) -> Answer:
        """One page, after a short pause if the server asks for one. The caller handles the ``spared`` statuses."""
        pauses = 0
        while True:
            answer = await client.get(str(url), {"Pretalx-Version": API_VERSION, "Accept": "application/json"})
            if answer.status not in (429, 503) or not 0 < answer.wait <= _LONGEST_PAUSE or pauses == _PAUSES:
                break
            pauses += 1
            await self._sleep(answer.wait)
        if answer.status not in spared:
            self.accept(answer)
        self.landed = ""
        return answer

    def _object(self, answer: Answer) -> dict[str, Any]:
        """A page as far as paging needs it. Raises TimetableError if it is not a JSON object."""
        if answer.content.lstrip()[:1] == b"<":
            raise TimetableError("it is a web page, not pretalx's API", where=self.name, hint="does it need a token?")
        try:
            document = json.loads(answer.content)
        except (ValueError, RecursionError) as error:
            raise TimetableError("a page of it is not JSON", where=self.name, hint="was it cut short?") from error
        return document if isinstance(document, dict) else {}

    def _following(self, client: Client, page: URL, said: object) -> URL | None:
        """The address of the next page. Raises TimetableUnavailable if it is another server's."""
        if not isinstance(said, str) or not said:
            return None
        try:
            following = page.join(URL(said))
            if (following.scheme, page.scheme) == ("http", "https") and following.host == page.host:
                following = URL.build(  # a proxy terminates TLS and the server does not know it
                    scheme="https", host=page.host or "", port=page.explicit_port, path=following.path,
                    query_string=following.query_string,
                )  # fmt: skip
            if client.is_home(following):
                return following
        except ValueError:
            pass
        raise self._unavailable(
            "its next page is on another server", "set the public address in pretalx's configuration"
        )

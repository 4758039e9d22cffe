"""Follows a timetable: the first reading, and every change after it. A broken version never replaces a good one.

What is yielded is news and nothing else: a changed timetable, the first failure of a kind, and the recovery from it.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from streamer.core.durations import format_duration
from streamer.core.errors import TimetableError
from streamer.core.timetable import Parsed, Remark
from streamer.outside.last_good import LastGood
from streamer.outside.origins import origin_of
from streamer.timetables import parse
from streamer.timetables.options import NOTHING_SAID, Options

logger = logging.getLogger(__name__)

_CONFIRM_EVERY = timedelta(minutes=1)

Sleep = Callable[[float], Awaitable[None]]
Now = Callable[[], datetime]


def _system_now() -> datetime:
    return datetime.now(UTC)


async def read_once(
    source: str, *, timezone: str | None = None, format: str | None = None, options: Options = NOTHING_SAID
) -> Parsed:
    """The timetable at a path or URL as it is now. Raises TimetableError."""
    origin = origin_of(source)
    content = await origin.read()
    return await asyncio.to_thread(
        parse, content or b"", name=origin.name, timezone=timezone, format=format, options=options
    )


class Feed:
    """A timetable at a path or URL.

    ``cache`` is the folder for the last good copy; ``poll`` how often a URL is asked (a file is looked at twice
    a second); ``timezone`` the venue's zone for timetables that name none, ``options`` what else they do not say.
    ``sleep`` and ``now`` are the clock.
    Use it from one task at a time: :meth:`load` once, then :meth:`updates`.
    """

    def __init__(
        self,
        source: str,
        *,
        cache: Path,
        poll: timedelta = timedelta(seconds=60),
        timezone: str | None = None,
        options: Options = NOTHING_SAID,
        sleep: Sleep = asyncio.sleep,
        now: Now = _system_now,
    ) -> None:
        self._origin = origin_of(source)
        self._last_good = LastGood(cache, source)
        self._poll = poll.total_seconds()
        self._timezone = timezone
        self._options = options
        self._sleep = sleep
        self._now = now
        self._content: tuple[str, Parsed | TimetableError] | None = None  # digest and outcome of what was read last
        self._told = ""
        self._sessions = 0
        self._confirmed = now()

    @property
    def name(self) -> str:
        """What the feed is called before people; without passwords."""
        return self._origin.name

    async def load(self) -> Parsed:
        """The timetable, or its last good copy with a remark that says why and how old it is.

        Raises TimetableError where the source can't be used and there is no copy.
        """
        self._told, outcome = await self._look()
        if isinstance(outcome, Parsed):
            return outcome
        copy = await asyncio.to_thread(self._last_good.load)
        if copy is None:
            raise outcome
        content, good_at = copy
        try:
            parsed = await self._parsed(content)
        except TimetableError:
            raise outcome from None
        self._sessions = len(parsed.timetable.sessions)
        age = max(self._now() - good_at, timedelta(0))
        minutes = timedelta(minutes=age // timedelta(minutes=1))
        old = f"{format_duration(minutes)} old" if minutes else "less than a minute old"
        message = f"{outcome.message}; the last good copy is used, {old}"
        return replace(parsed, remarks=(Remark(message=message, where=outcome.where), *parsed.remarks))

    async def updates(self) -> AsyncIterator[Parsed | TimetableError]:
        """What is new since the last reading, for ever.

        Yields a timetable when content has changed or is good again after a failure, and an error when content is
        newly broken or out of reach; meanwhile the timetable yielded last stands.
        """
        interval = min(self._poll, self._origin.look_every or self._poll)
        while True:
            await self._sleep(interval)
            key, outcome = await self._look()
            if key != self._told:
                self._told = key
                yield outcome

    async def _look(self) -> tuple[str, Parsed | TimetableError]:
        """What the source holds now, and a key that differs where the outcome does."""
        try:
            content = await self._origin.read()
        except TimetableError as error:
            return f"unavailable {error}", error
        if content is not None:
            digest = hashlib.sha256(content).hexdigest()
            if self._content is None or self._content[0] != digest:
                self._content = digest, await self._outcome(content)
        assert self._content is not None  # an origin's first answer is content
        if isinstance(self._content[1], Parsed) and self._now() - self._confirmed >= _CONFIRM_EVERY:
            self._confirmed = self._now()
            await asyncio.to_thread(self._last_good.confirm, self._confirmed)
        return self._content

    async def _outcome(self, content: bytes) -> Parsed | TimetableError:
        try:
            parsed = await self._parsed(content)
        except TimetableError as error:
            return error
        sessions = len(parsed.timetable.sessions)
        if self._sessions and not sessions:
            return TimetableError(
                "the new version holds no session", where=self.name, hint=f"the one with {self._sessions} stands"
            )
        self._sessions = sessions
        self._confirmed = self._now()
        try:
            await asyncio.to_thread(self._last_good.save, content, self._confirmed)
        except OSError as error:  # a disk that fails costs the copy, not the timetable
            logger.warning("no copy of the timetable %s can be kept: %s", self.name, error.strerror)
        return parsed

    async def _parsed(self, content: bytes) -> Parsed:
        return await asyncio.to_thread(parse, content, name=self.name, timezone=self._timezone, options=self._options)

"""Follows a timetable: the first reading, and every change after it. A broken version never replaces a good one.

It yields only changes: a changed timetable, the first failure of a kind, and the recovery from it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog

from streamer.core.base.durations import format_duration
from streamer.core.base.errors import TimetableError, TimetableUnavailable
from streamer.core.timetable.sessions import Parsed, Remark
from streamer.core.trust.health import FeedHealth
from streamer.outside.feeds.last_good import LastGood
from streamer.outside.feeds.origins import Origin, origin_of
from streamer.outside.fetching.addresses import NOWHERE, Ourselves
from streamer.outside.fetching.url_origin import AskedToWait
from streamer.timetables import parse
from streamer.timetables.items.options import NOTHING_SAID, Options

logger = structlog.stdlib.get_logger(__name__)

_CONFIRM_EVERY = timedelta(minutes=1)
_HURRY = 5.0

Sleep = Callable[[float], Awaitable[None]]
Now = Callable[[], datetime]


def system_now() -> datetime:
    return datetime.now(UTC)


async def read_once(
    source: str,
    *,
    timezone: str | None = None,
    format: str | None = None,
    options: Options = NOTHING_SAID,
    token: str = "",
    ourselves: Ourselves = NOWHERE,
) -> Parsed:
    """The timetable at a path or URL as it is now. Raises TimetableError."""
    origin = origin_of(source, token=token, ourselves=ourselves)
    content = await origin.read() or b""
    try:
        return await asyncio.to_thread(
            parse, content, name=origin.name, timezone=timezone, format=format, options=options
        )
    except TimetableError as error:
        raise _with_landing(error, origin) from error


class Feed:
    """A timetable at a path or URL.

    ``cache`` is the folder for the last good copy; ``poll`` how often a URL is requested (a file is checked twice
    a second); ``timezone`` the venue's zone for timetables that name none, ``options`` what else they leave open;
    ``called`` the feed's name, empty for the main programme; ``hurry`` the seconds that a start waits for a
    server if there is a copy. ``sleep`` and ``now`` are the clock.
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
        token: str = "",
        called: str = "",
        ourselves: Ourselves = NOWHERE,
        hurry: float = _HURRY,
        sleep: Sleep = asyncio.sleep,
        now: Now = system_now,
    ) -> None:
        self._origin = origin_of(source, token=token, ourselves=ourselves)
        self._last_good = LastGood(cache, source)
        self._poll = poll.total_seconds()
        self._timezone = timezone
        self._options = options
        self._hurry = hurry
        self._sleep = sleep
        self._now = now
        self._content: tuple[str, Parsed | TimetableError] | None = None  # digest and outcome of the last reading
        self._good = ""  # digest of the copy
        self._told = ""
        self._pause = 0.0
        self._written: datetime | None = None
        self._health = FeedHealth(name=called, origin=self._origin.name)

    @property
    def name(self) -> str:
        """The feed's name for messages, without passwords."""
        return self._origin.name

    def health(self) -> FeedHealth:
        """How fresh the feed is, as of the last poll."""
        return self._health

    async def load(self) -> Parsed:
        """The timetable, or its last good copy with a remark that says why and how old it is.

        Raises TimetableError where the source can't be used and there is no copy.
        """
        kept = await self._remember()
        bounded = kept is not None and self._origin.look_every is None  # captures do not wait
        self._told, outcome = await self._look(self._hurry if bounded else None)
        if isinstance(outcome, Parsed):
            return outcome
        age = self._health.age(self._now())
        if kept is None or age is None:
            raise outcome
        minutes = timedelta(minutes=age // timedelta(minutes=1))
        old = f"{format_duration(minutes)} old" if minutes else "less than a minute old"
        message = f"{outcome.message}; the last good copy is used, {old}"
        logger.warning("the feed is not renewed", feed=self.name, reason=message)
        return replace(kept, remarks=(Remark(message=message, where=outcome.where), *kept.remarks))

    async def _remember(self) -> Parsed | None:
        """The copy of a former run; one that cannot be read is ignored."""
        copy = await asyncio.to_thread(self._last_good.load)
        if copy is None:
            return None
        try:
            parsed = await self._parsed(copy.content)
        except TimetableError:
            return None
        self._good = _digest(copy.content)
        self._written = copy.confirmed
        self._health = replace(
            self._health,
            confirmed=copy.confirmed,
            changed=copy.changed,
            sessions=len(parsed.timetable.sessions),
        )
        return parsed

    async def updates(self) -> AsyncGenerator[Parsed | TimetableError, None]:
        """Every change since the last reading, for ever.

        Yields a timetable when the content has changed or is good again after a failure, and an error when the content
        is newly broken or out of reach; the timetable yielded last then stays in use.
        """
        interval = min(self._poll, self._origin.look_every or self._poll)
        while True:
            await self._sleep(max(interval, self._pause))
            key, outcome = await self._look()
            if key != self._told:
                self._told = key
                yield outcome

    async def _look(self, within: float | None = None) -> tuple[str, Parsed | TimetableError]:
        """The source's content now, and a key that differs if the outcome does; ``within`` limits the waiting."""
        self._pause = 0.0
        try:
            content = await self._read(within)
        except TimetableError as error:
            if isinstance(error, AskedToWait):
                self._pause = error.seconds
            self._fails(error)
            return f"unavailable {error.where}: {error.message}", error  # a hint may contain seconds
        if content is not None:
            digest = _digest(content)
            if self._content is None or self._content[0] != digest:
                self._content = digest, await self._outcome(content, digest)
        assert self._content is not None  # an origin's first answer is content
        if isinstance(self._content[1], Parsed):
            await self._stands()
        else:
            self._fails(self._content[1])
        return self._content

    async def _read(self, within: float | None) -> bytes | None:
        try:
            async with asyncio.timeout(within):
                return await self._origin.read()
        except TimeoutError as error:
            raise TimetableUnavailable(
                f"no whole answer within {within:g} s, and a start does not wait longer", where=self.name
            ) from error

    def _fails(self, error: TimetableError) -> None:
        self._health = replace(self._health, error=str(error), failing=self._health.failing or self._now())

    async def _stands(self) -> None:
        """The copy is still what is published."""
        now = self._now()
        self._health = replace(self._health, confirmed=now, error="", failing=None)
        if self._written is None or now - self._written >= _CONFIRM_EVERY:
            self._written = now
            await asyncio.to_thread(self._last_good.confirm, now)

    async def _outcome(self, content: bytes, digest: str) -> Parsed | TimetableError:
        try:
            parsed = await self._parsed(content)
        except TimetableError as error:
            return _with_landing(error, self._origin)
        sessions, before = len(parsed.timetable.sessions), self._health.sessions
        if before and not sessions:
            return TimetableError(
                "the new version holds no session", where=self.name, hint=f"the one with {before} stands"
            )
        if digest != self._good:
            await self._keep(content, digest)
        self._health = replace(self._health, sessions=sessions)
        return parsed

    async def _keep(self, content: bytes, digest: str) -> None:
        self._good, now = digest, self._now()
        self._written = now
        self._health = replace(self._health, changed=now)
        try:
            await asyncio.to_thread(self._last_good.save, content, now)
        except OSError as error:  # a disk that fails costs the copy, not the timetable
            logger.warning("no copy of the timetable can be kept", feed=self.name, error=error.strerror)

    async def _parsed(self, content: bytes) -> Parsed:
        return await asyncio.to_thread(parse, content, name=self.name, timezone=self._timezone, options=self._options)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _with_landing(error: TimetableError, origin: Origin) -> TimetableError:
    """An error that also says where a server redirected us to: often that is a login."""
    if not origin.landed:
        return error
    hint = "; ".join(filter(None, (error.hint, f"the server sent us on to {origin.landed}")))
    return type(error)(error.message, where=error.where, hint=hint)

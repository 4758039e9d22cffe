"""All feeds as one: each is followed separately, and their good versions are merged again when one of them changes.

A failing feed does not affect the others: its last good version stays in use and in the merge.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from streamer.core.base.errors import TimetableError
from streamer.core.timetable.merging import merged
from streamer.core.timetable.sessions import Parsed, Remark
from streamer.core.trust.health import FeedHealth
from streamer.outside.feeds.feed import Feed, Now, Sleep, system_now
from streamer.outside.feeds.setup import FeedSetup, Match

_News = tuple[int, Parsed | TimetableError | BaseException]


class MergedFeed:
    """The merged timetable that the engine follows. Use it from one task: :meth:`load` once, then :meth:`updates`.

    ``cache`` is the folder for the last good copies, ``match`` puts sessions into the configured rooms. Raises
    TimetableError for an address that is neither a path nor a URL of http or https.
    """

    def __init__(
        self,
        setups: Sequence[FeedSetup],
        *,
        cache: Path,
        match: Match,
        sleep: Sleep = asyncio.sleep,
        now: Now = system_now,
    ) -> None:
        self._setups = list(setups)
        self._feeds: list[Feed] = [setup.feed(cache, sleep=sleep, now=now) for setup in setups]
        self._match = match
        self._good: dict[int, Parsed] = {}

    def health(self) -> tuple[FeedHealth, ...]:
        """How fresh each feed is."""
        return tuple(feed.health() for feed in self._feeds)

    async def load(self) -> Parsed:
        """Everything that can be read now or was good before. Raises TimetableError if there is nothing."""
        found = await asyncio.gather(*(feed.load() for feed in self._feeds), return_exceptions=True)
        errors: dict[int, TimetableError] = {}
        for index, one in enumerate(found):
            match one:
                case Parsed():
                    self._good[index] = one
                case TimetableError():
                    errors[index] = one
                case _:
                    raise one
        if not self._good:
            raise next(iter(errors.values()))
        together = await self._merged()
        missing = tuple(_missing(self._setups[index], error) for index, error in errors.items())
        return replace(together, remarks=(*missing, *together.remarks))

    async def updates(self) -> AsyncGenerator[Parsed | TimetableError, None]:
        """A merged timetable whenever one of them changes; an error when one of them is newly broken."""
        news: asyncio.Queue[_News] = asyncio.Queue(maxsize=1)
        following = [asyncio.create_task(self._follow(index, news)) for index in range(len(self._feeds))]
        try:
            while True:
                index, update = await news.get()
                if isinstance(update, Parsed):
                    self._good[index] = update
                    yield await self._merged()
                elif isinstance(update, TimetableError):
                    yield update
                else:
                    raise update
        finally:
            for task in following:
                task.cancel()
            await asyncio.gather(*following, return_exceptions=True)

    async def _follow(self, index: int, news: asyncio.Queue[_News]) -> None:
        try:
            async for update in self._feeds[index].updates():
                await news.put((index, update))
        except Exception as error:  # for the caller that iterates, not for a task without an awaiter
            await news.put((index, error))

    async def _merged(self) -> Parsed:
        return await asyncio.to_thread(together, self._setups, dict(self._good), self._match)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The state of all feeds at one poll. ``parsed`` is None where there is nothing; ``confirmed`` is the oldest."""

    parsed: Parsed | None
    errors: tuple[tuple[FeedSetup, TimetableError], ...] = ()
    confirmed: datetime | None = None


async def read_all(setups: Sequence[FeedSetup], match: Match) -> Reading:
    """What is published now."""
    good: dict[int, Parsed] = {}
    errors: dict[int, TimetableError] = {}

    async def read(index: int, setup: FeedSetup) -> None:
        try:
            good[index] = await setup.read()
        except TimetableError as error:
            errors[index] = error

    async with asyncio.TaskGroup() as reading:
        for index, setup in enumerate(setups):
            reading.create_task(read(index, setup))
    parsed = await asyncio.to_thread(together, setups, good, match) if good else None
    return Reading(parsed=parsed, errors=tuple((setups[index], errors[index]) for index in sorted(errors)))


def kept_of_all(setups: Sequence[FeedSetup], cache: Path, match: Match) -> Reading:
    """Their last good versions. Blocking."""
    found = {index: kept for index, setup in enumerate(setups) if (kept := setup.kept(cache)) is not None}
    if not found:
        return Reading(parsed=None)
    good = {index: parsed for index, (parsed, _) in found.items()}
    return Reading(parsed=together(setups, good, match), confirmed=min(confirmed for _, confirmed in found.values()))


def together(setups: Sequence[FeedSetup], good: Mapping[int, Parsed], match: Match) -> Parsed:
    """The good versions of the feeds, by their index in ``setups``, merged."""
    return merged([setups[index].contribution(parsed, match) for index, parsed in sorted(good.items())])


def _missing(setup: FeedSetup, error: TimetableError) -> Remark:
    return Remark(message=f"{setup.called} is missing: {error.message}", where=error.where)

"""One feed of the programme, as the configuration describes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from streamer.core.base.errors import TimetableError
from streamer.core.base.ids import RoomId
from streamer.core.timetable.merging import Contribution
from streamer.core.timetable.sessions import Parsed, Timetable, placed
from streamer.outside.feeds.feed import Feed, Now, Sleep, read_once, system_now
from streamer.outside.feeds.last_good import LastGood
from streamer.outside.fetching.addresses import NOWHERE, Ourselves, shown
from streamer.timetables import parse
from streamer.timetables.items.options import NOTHING_SAID, Options

Match = Callable[[Timetable], Timetable]
"""Puts a feed's sessions into the configured rooms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSetup:
    """``address`` is a path or URL; ``name`` is empty for the main programme.

    ``rooms`` are those that the feed decides about, by their ids once matched; empty for all its rooms.
    """

    address: str = field(repr=False)
    name: str = ""
    priority: int = 0
    rooms: frozenset[RoomId] = frozenset()
    timezone: str | None = None
    options: Options = NOTHING_SAID
    token: str = field(default="", repr=False)
    poll: timedelta = timedelta(seconds=60)
    ourselves: Ourselves = NOWHERE

    @property
    def called(self) -> str:
        """The feed's name for messages, without secrets."""
        return self.name or (shown(self.address) if "://" in self.address else self.address)

    def feed(self, cache: Path, *, sleep: Sleep = asyncio.sleep, now: Now = system_now) -> Feed:
        """Raises TimetableError for an address of another kind."""
        return Feed(
            self.address,
            cache=cache,
            poll=self.poll,
            timezone=self.timezone,
            options=self.options,
            token=self.token,
            called=self.name,
            ourselves=self.ourselves,
            sleep=sleep,
            now=now,
        )

    async def read(self) -> Parsed:
        """What is published now. Raises TimetableError."""
        return await read_once(
            self.address, timezone=self.timezone, options=self.options, token=self.token, ourselves=self.ourselves
        )

    def kept(self, cache: Path) -> tuple[Parsed, datetime] | None:
        """The last good copy, and when it was last confirmed; None where there is none. Blocking."""
        copy = LastGood(cache, self.address).load()
        if copy is None:
            return None
        try:
            parsed = parse(copy.content, name=self.called, timezone=self.timezone, options=self.options)
        except TimetableError:
            return None
        return parsed, copy.confirmed

    def contribution(self, parsed: Parsed, match: Match) -> Contribution:
        """``parsed`` in the configured rooms, as it goes into the merge."""
        timetable = placed(match(parsed.timetable), self.called)
        matched = Parsed(timetable=timetable, remarks=parsed.remarks, format=parsed.format)
        return Contribution(parsed=matched, name=self.name, priority=self.priority, rooms=self.rooms)

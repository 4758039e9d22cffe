"""Chooses the timetable with which the service starts: the one of its former run, then the feed's version of it.

So a feed that is broken, unreachable or wrong at the start removes nothing.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

import structlog

from streamer.core.base.errors import StreamerError, TimetableError
from streamer.core.plan.policy import Policy
from streamer.core.records.batch import Stored
from streamer.core.timetable.identity import Memory, identified
from streamer.core.timetable.sessions import Parsed, Timetable
from streamer.core.trust.health import FeedHealth
from streamer.core.trust.held import Standing
from streamer.core.trust.settings import Distrust
from streamer.core.trust.state import FeedState, state_of
from streamer.engine.feed.review import SETTING, FeedReview
from streamer.engine.programme.programme import Programme

log = structlog.stdlib.get_logger(__name__)


class Feed(Protocol):
    """Where the timetable comes from."""

    async def load(self) -> Parsed:
        """The first version: fetched once, or the last good copy. Raises TimetableError if both are missing."""

    def updates(self) -> AsyncIterator[Parsed | TimetableError]:
        """Each new version; an error once for each distinct broken one. The last good version stays in use."""

    def health(self) -> tuple[FeedHealth, ...]:
        """How fresh each source of the feed is."""


@dataclass(frozen=True, slots=True)
class Beginning:
    """``house`` is a fingerprint of the configuration; a state from another configuration is not compared."""

    policy: Policy
    rules: Distrust
    source: str
    house: str

    async def of(
        self, feed: Feed, shape: Callable[[Timetable], Timetable], stored: Stored, now: datetime
    ) -> tuple[Programme, FeedReview]:
        """Programme and review. Raises TimetableError if neither the feed nor a former run has a timetable."""
        former = _former(stored)
        state = former if former is not None and former.house == self.house else None
        try:
            parsed = await feed.load()
            shaped = shape(parsed.timetable)
        except StreamerError as error:
            if state is None:
                raise
            log.error("the timetable can't be read: the former run's timetable stays in use", error=error)
            programme, desk = self._desk(state, stored, feed)
            desk.fail(str(error), now)
            return programme, desk
        programme, desk = self._desk(state or _anew(shaped, former, self.house), stored, feed)
        programme.remarks = parsed.remarks
        desk.receive(shaped, now, len(parsed.remarks), meant=state is None)
        return programme, desk

    def _desk(self, state: FeedState, stored: Stored, feed: Feed) -> tuple[Programme, FeedReview]:
        programme = Programme(state.running, self.policy, stored.overrides)
        return programme, FeedReview(programme, self.rules, self.source, state, stored.versions, feed.health)


def _former(stored: Stored) -> FeedState | None:
    """The state of the former run, if it can be read."""
    setting = stored.settings.get(SETTING)
    if not isinstance(setting, dict):
        return None
    try:
        return state_of(setting)
    except (KeyError, TypeError, ValueError):
        log.warning("the stored state of the timetable can't be read: starting without it")
        return None


def _anew(shaped: Timetable, former: FeedState | None, house: str) -> FeedState:
    """The initial state, from the feed's timetable or the state of another configuration. Pins, held changes and
    answers are dropped; ids, running sessions and past sessions are kept."""
    if former is None:
        known = replace(identified(shaped, Memory())[0], unread=())
        return FeedState(house=house, running=known, goal=known, latest=known)
    return replace(former, house=house, goal=former.running, latest=former.running, pinned=None, standing=Standing())

"""Weighs versions of the timetable: collects the input, checks that the sources confirm it, and picks the thread.

Weighing is pure work that takes long for thousands of sessions, so it is done in a thread while the loop continues;
its input is checked again before the verdict counts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from streamer.core.timetable.sessions import Timetable
from streamer.core.trust.arrival import is_overtaken
from streamer.core.trust.consent import with_withdrawals
from streamer.core.trust.health import FeedHealth
from streamer.core.trust.settings import Distrust
from streamer.core.trust.state import FeedState
from streamer.core.trust.weighing import Verdict, weigh
from streamer.engine.programme.programme import Programme

_MANY = 600
"""From this number of sessions, before and after, weighing takes ten milliseconds or more and gets a thread."""
_TRIES = 3

_Result = TypeVar("_Result")


class Weighing:
    """``health`` returns how fresh each source is. The caller sets ``source_fails`` if the last arrival was not a
    timetable, ``heard`` to when it arrived, and ``followed_since`` to when the version in use arrived."""

    def __init__(self, programme: Programme, rules: Distrust, health: Callable[[], Sequence[FeedHealth]]) -> None:
        self.health = health
        self.source_fails = False
        self.followed_since: float | None = None
        self.heard: datetime | None = None
        self._programme = programme
        self._rules = rules

    def is_confirmed(self, since: datetime) -> bool:
        """Whether every source that may have brought the held changes was read since an instant and still has them:
        the sources that changed since the version in use, or all if that is unknown."""
        feeds = self.health()
        if self.source_fails and not any(feed.error for feed in feeds):
            return False
        if self.heard is not None and any(f.changed is not None and f.changed > self.heard for f in feeds):
            return False  # one of them has a new version, which has not arrived yet
        began = self.followed_since
        news = [f for f in feeds if began is not None and f.changed is not None and f.changed.timestamp() > began]
        return all(not f.error and f.confirmed is not None and f.confirmed >= since for f in news or feeds)

    def weigh(self, state: FeedState, now: datetime, *, meant: bool = False) -> Verdict:
        """At once."""
        return self._question(state, state.goal, now, meant=meant)()

    async def weigh_aside(self, state: FeedState, now: Callable[[], datetime]) -> Verdict:
        """Weigh in a thread; repeat if a session began or ended meanwhile, because running sessions are protected."""
        for _ in range(_TRIES):
            judged = now()
            verdict = await self.aside(self._question(state, state.goal, judged))
            if not is_overtaken(self._programme.plan(judged), judged, now()):
                return verdict
        return self.weigh(state, now())

    def imagine(self, state: FeedState, goal: Timetable, now: datetime) -> Verdict:
        """The verdict if the crew chose ``goal``."""
        return self._question(replace(state, pinned=0), goal, now)()

    async def aside(self, work: Callable[..., _Result], *given: Any) -> _Result:
        """Do pure work, in a thread if it takes long."""
        if len(self._programme.timetable.sessions) < _MANY:
            return work(*given)
        return await asyncio.to_thread(work, *given)

    def _question(
        self, state: FeedState, goal: Timetable, now: datetime, *, meant: bool = False
    ) -> Callable[[], Verdict]:
        """The input of the weighing, as immutable values."""
        rules, policy, is_pinned = self._rules, self._programme.policy, state.pinned is not None
        current, plan = self._programme.timetable, self._programme.plan(now)
        if meant or is_pinned:
            rules = replace(rules, ask_running=frozenset(), ask_soon=frozenset())
        due = [at for _, since in state.standing.masses if (at := since + rules.patience) <= now]
        confirmed = not due or self.is_confirmed(max(due))

        def weighed() -> Verdict:
            wanted = with_withdrawals(goal, state.latest, policy, sure=True) if is_pinned else goal
            return weigh(
                current,
                wanted,
                plan,
                policy,
                rules,
                now,
                state.standing,
                meant=meant or is_pinned,
                confirmed=confirmed,
            )

        return weighed

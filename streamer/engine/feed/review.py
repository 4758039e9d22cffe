"""Reviews new versions of the timetable: records each, weighs its changes, and applies those that are trusted.

It remembers the versions and the crew's answers. Its changes are written in the next turn's batch, so that versions,
decisions and their announcement are stored together.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from streamer.core.base.alarm import Alarm
from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.json import Document, iso
from streamer.core.records.batch import Batch
from streamer.core.timetable.diff import Change
from streamer.core.timetable.document import timetable_of
from streamer.core.timetable.sessions import Timetable
from streamer.core.trust.arrival import Arrival, arrival
from streamer.core.trust.documents import (
    FeedReviewDocument,
    TimetablePreviewDocument,
    TimetableVersionDocument,
    broken_body,
    held_document,
    preview_document,
    review_alarms,
    version_body,
    version_document,
    version_line,
)
from streamer.core.trust.health import FeedHealth
from streamer.core.trust.held import Held
from streamer.core.trust.settings import Distrust
from streamer.core.trust.state import FeedState, TimetableDecisionDocument, state_document
from streamer.core.trust.versions import TimetableVersion, VersionState
from streamer.core.trust.weighing import Verdict
from streamer.engine.feed.version_log import VersionLog
from streamer.engine.feed.weighing import Weighing
from streamer.engine.programme.programme import Programme

log = structlog.stdlib.get_logger(__name__)

SETTING = "timetable"
"""The name under which the store keeps the state."""
DECISIONS_KEPT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class _Arrived:
    """``timetable`` is None if there was an ``error``."""

    timetable: Timetable | None
    at: datetime
    remarks: int = 0
    error: str = ""


class FeedReview:
    """``source`` is the feed's display name, ``state`` the initial state; ``health`` returns how fresh each source
    is."""

    def __init__(
        self,
        programme: Programme,
        rules: Distrust,
        source: str,
        state: FeedState,
        versions: Sequence[TimetableVersion] = (),
        health: Callable[[], Sequence[FeedHealth]] = tuple,
    ) -> None:
        self._programme = programme
        self._source = source
        self._state = state
        self._weighing = Weighing(programme, rules, health)
        self._tentative = state.memory
        self._log = VersionLog(versions, state.pinned)
        self._weighing.followed_since = self._counts_since()
        self._verdict = Verdict(timetable=state.running, standing=state.standing)
        self._weighed_for = -1
        self._error = ""
        self._arrived: deque[_Arrived] = deque()
        self._changed = True
        self._written: tuple[FeedState, Document] | None = None

    # -- arrivals ------------------------------------------------------------------------------------

    def expect(self, timetable: Timetable | None, now: datetime, remarks: int = 0, error: str = "") -> None:
        """Queue a version or an error of the feed for the next step."""
        self._weighing.heard = now
        self._arrived.append(_Arrived(timetable=timetable, at=now, remarks=remarks, error=error))

    async def step(self, now: Callable[[], datetime]) -> None:
        """Weigh what arrived; weigh held changes again when time or a decision about a session may have settled them.

        The caller must hold the turn: nothing else may change the state meanwhile. Long work is done in a thread.
        """
        while self._arrived:
            one = self._arrived.popleft()
            if one.timetable is None:
                self.fail(one.error, one.at)
                continue
            seen = await self._weighing.aside(
                arrival, one.timetable, self._state.memory, self._programme.timetable, self._last()
            )
            self._take(seen, one.at, one.remarks)
            self._conclude(await self._weighing.weigh_aside(self._state, now))
        waits = bool(self._verdict.held or self._verdict.refused)
        if self.is_due(now()) or (waits and self._weighed_for != self._programme.version):
            self._conclude(await self._weighing.weigh_aside(self._state, now))
        if self._changed:
            self._written = self._state, await self._weighing.aside(state_document, self._state)

    def receive(self, timetable: Timetable, now: datetime, remarks: int = 0, *, meant: bool = False) -> None:
        """Weigh the feed's present version, rooms matched, even if it is unchanged. For use before the service runs.

        ``meant``: the version is trusted, because the operator chose another feed or other rooms.
        """
        self._weighing.heard = now
        self._take(arrival(timetable, self._state.memory, self._programme.timetable, self._last()), now, remarks)
        self._weigh(now, meant=meant)

    def fail(self, error: str, now: datetime) -> None:
        """Record that the feed is unreachable or unusable; the current timetable stays in use."""
        if error == self._error:
            return
        self._error = error
        self._weighing.source_fails = True
        self._set(failing_since=self._state.failing_since or now)
        self._log.add_broken(now.timestamp(), broken_body(self._source, error))

    def _take(self, seen: Arrival, now: datetime, remarks: int) -> None:
        self._error = ""
        self._weighing.source_fails = False
        if self._state.failing_since is not None:
            self._set(failing_since=None)
        self._tentative = seen.memory
        if seen.changes is not None:
            self._seen(seen, seen.changes, remarks, now)
        unpinned = {} if self._state.pinned is not None else {"goal": seen.timetable}
        self._set(latest=seen.timetable, **unpinned)

    def _seen(self, seen: Arrival, changes: Sequence[Change], remarks: int, now: datetime) -> None:
        before = self._log.newest()
        if before is not None and before.state is VersionState.HELD and self._state.pinned is None:
            self._log.note(replace(before, state=VersionState.WITHDRAWN))
        sessions = len(seen.timetable.sessions)
        body = version_body(self._source, seen.digest, sessions, changes, self._programme.zone, remarks)
        if before is None:
            log.info("the first version of the timetable", sessions=sessions)
        else:
            log.info("a new version of the timetable", sessions=sessions, changes=len(changes))
        self._log.add(now.timestamp(), VersionState.HELD, body, seen.whole)

    def _counts_since(self) -> float | None:
        current = self._log.current()
        return current.at if current is not None else None

    def _last(self) -> str:
        newest = self._log.newest()
        return str(newest.body["digest"]) if newest is not None else ""

    # -- weighing ------------------------------------------------------------------------------

    def is_due(self, now: datetime) -> bool:
        """Whether held changes are due to be weighed again."""
        again = self._verdict.again
        if again is None or now < again:
            return False
        return not any(h.is_mass for h in self._verdict.held) or self._weighing.is_confirmed(again)

    def _weigh(self, now: datetime, *, meant: bool = False) -> None:
        self._conclude(self._weighing.weigh(self._state, now, meant=meant))

    def _conclude(self, verdict: Verdict) -> None:
        programme, state = self._programme, self._state
        self._verdict = verdict
        masses = [h for h in verdict.held if h.is_mass]
        unwanted = any(h.is_whole for h in verdict.refused)
        if verdict.timetable != programme.timetable:
            programme.follow(verdict.timetable)
            log.info("changes of the timetable are applied", changes=len(verdict.applied))
        for held in verdict.held:
            if held.id not in {id for id, _ in state.standing.since}:
                log.warning("a change of the timetable is held back", reason=held.reason)
        strange = masses or unwanted or state.pinned is not None
        memory = state.memory if strange else self._tentative
        self._set(running=verdict.timetable, standing=verdict.standing, memory=memory)
        self._weighed_for = programme.version
        self._judge(bool(masses), unwanted)

    def _judge(self, held: bool, unwanted: bool) -> None:
        """Set the outcome of the newest version."""
        newest = self._log.newest()
        if newest is None:
            return
        zone = self._programme.zone
        pinned = self._state.pinned
        if pinned is not None:
            reason = f"version {pinned} is pinned" if newest.id != pinned else ""
            state = VersionState.CURRENT if newest.id == pinned else VersionState.HELD
        elif held:
            reason, state = "; ".join(h.reason for h in self._verdict.held), VersionState.HELD
        else:
            reason = "; ".join(f"refused: {h.reason}" for h in self._verdict.refused)
            state = VersionState.REFUSED if unwanted else VersionState.CURRENT
        follows = pinned if pinned is not None else newest.id if state is VersionState.CURRENT else None
        documents = [held_document(h, zone) for h in self._verdict.held]
        self._log.note(replace(newest, state=state, body={**newest.body, "reason": reason, "held": documents}))
        if follows is not None:
            self._log.follow(follows)
            self._weighing.followed_since = self._counts_since()

    # -- the crew's answers ------------------------------------------------------------------------------

    def answer(self, ids: Sequence[str], *, approve: bool, by: str, now: datetime) -> None:
        """Approve or refuse held changes, all if ``ids`` is empty. Raises NotFound or Conflict."""
        held = {h.id: h for h in (*self._verdict.held, *self._verdict.refused)}
        if not ids and not self._verdict.held:
            raise Conflict("no change is held back", hint="see timetable versions")
        unknown = [id for id in ids if id not in held]
        if unknown:
            raise NotFound("no held change has this id", where=f"id {unknown[0]}", hint="see timetable versions")
        chosen = [held[id] for id in ids] or list(self._verdict.held)
        names = frozenset(h.id for h in chosen)
        standing = self._state.standing
        if approve:
            standing = replace(standing, approved=standing.approved | names, refused=standing.refused - names)
        else:
            standing = replace(standing, refused=standing.refused | names, approved=standing.approved - names)
        self._decided("approve" if approve else "refuse", "; ".join(h.reason for h in chosen), by, now)
        self._set(standing=standing)
        self._weigh(now)

    def pin(self, version: int | None, timetable: Document | None, by: str, now: datetime) -> None:
        """Follow one version and ignore the feed: the version in use, as it is followed now, or another whose full text
        is still stored. Withdrawn consents still apply. Raises NotFound or Conflict.
        """
        version, goal = self._chosen(version, timetable)
        self._decided("pin", f"version {version}", by, now)
        self._set(pinned=version, goal=goal)
        self._log.pinned = version
        self._weigh(now)

    def preview(self, version: int | None, timetable: Document | None, now: datetime) -> TimetablePreviewDocument:
        """What pinning a version would change. Raises NotFound or Conflict."""
        version, goal = self._chosen(version, timetable)
        return preview_document(version, self._weighing.imagine(self._state, goal, now), self._programme.zone)

    def _chosen(self, version: int | None, timetable: Document | None) -> tuple[int, Timetable]:
        """The number and timetable to follow; of the version in use, only the part that is followed."""
        current = self._log.current()
        if version is None and current is None:
            raise Conflict("no version is in use yet", hint="give the number of a version")
        if current is not None and version in (None, current.id):
            return current.id, self._programme.timetable
        assert version is not None
        if self._log.get(version) is None:
            raise NotFound("there is no such version", where=f"version {version}")
        if timetable is None:
            raise Conflict(
                "this version can't be followed",
                where=f"version {version}",
                hint="it was broken, or its full text is no longer stored",
            )
        return version, timetable_of(timetable)

    def unpin(self, by: str, now: datetime) -> None:
        """Follow the feed again, from its newest version. Raises Conflict if no version is pinned."""
        if self._state.pinned is None:
            raise Conflict("no version is pinned", hint="the newest version is followed already")
        self._decided("unpin", f"version {self._state.pinned}", by, now)
        self._set(pinned=None, goal=self._state.latest)
        self._log.pinned = None
        self._weigh(now, meant=True)

    def _decided(self, action: str, target: str, by: str, now: datetime) -> None:
        zone = self._programme.zone
        entry: TimetableDecisionDocument = {"at": iso(now, zone), "by": by, "action": action, "target": target}
        log.info("a decision on the timetable", by=by, action=action, target=target)
        self._set(decisions=(*self._state.decisions, entry)[-DECISIONS_KEPT:])

    # -- reports ------------------------------------------------------------------------------------

    @property
    def held(self) -> tuple[Held, ...]:
        return self._verdict.held

    @property
    def latest(self) -> Timetable:
        """The feed's newest timetable, with local ids."""
        return self._state.latest

    @property
    def again(self) -> datetime | None:
        """When the passing of time next settles a held change."""
        return self._verdict.again

    def document(self) -> FeedReviewDocument:
        """The state of the review, for the crew."""
        zone, verdict, state = self._programme.zone, self._verdict, self._state
        current, newest = self._log.current(), self._log.newest()
        feeds = self._weighing.health()
        failing = next((feed for feed in feeds if feed.error), None)
        error = self._error or (failing.error if failing else "")
        since = state.failing_since or (failing.failing if failing else None)
        return {
            "source": self._source,
            "current": version_line(current, zone) if current else None,
            "latest": newest.id if newest else None,
            "pinned": state.pinned,
            "held": [held_document(h, zone) for h in verdict.held],
            "refused": [held_document(h, zone) for h in verdict.refused],
            "confirmed": self.confirmed(),
            "error": error or None,
            "failing_since": iso(since, zone) if since else None,
            "decisions": list(state.decisions),
        }

    def confirmed(self) -> str | None:
        """When the source was last confirmed to have the version in use; of several sources, the oldest
        confirmation."""
        known = [feed.confirmed for feed in self._weighing.health() if feed.confirmed is not None]
        return iso(min(known), self._programme.zone) if known else None

    def listing(self) -> list[TimetableVersionDocument]:
        """The known versions, newest first."""
        return [version_line(v, self._programme.zone) for v in self._log.listing()]

    def version(self, id: int) -> TimetableVersionDocument:
        """One version with its changes. Raises NotFound."""
        known = self._log.get(id)
        if known is None:
            raise NotFound("there is no such version", where=f"version {id}")
        return version_document(known, self._programme.zone)

    def alarms(self, now: datetime) -> dict[str, Alarm]:
        return review_alarms(self._verdict, self._error, self._state.failing_since, self._programme.zone, now)

    # -- storing ------------------------------------------------------------------------------------

    def write(self, batch: Batch) -> None:
        """Add the changes to a turn's batch."""
        batch.versions += self._log.unwritten()
        if self._changed:
            self._changed = False
            ready = self._written is not None and self._written[0] is self._state
            batch.settings[SETTING] = self._written[1] if ready and self._written else state_document(self._state)
        self._written = None

    def _set(self, **changes: object) -> None:
        state = replace(self._state, **changes)  # type: ignore[arg-type] # the fields' own names
        if state != self._state:
            self._state = state
            self._changed = True

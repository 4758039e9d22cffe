"""Where new versions of the timetable arrive: each is written down, weighed, and followed as far as it is trusted.

It keeps what was seen and what the crew said about it. What it wants written goes with the next turn's batch, so that
versions, decisions and their announcement are on the disk together.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from streamer.core.alarms import Alarm
from streamer.core.consent import with_withdrawals
from streamer.core.distrust import Held, Verdict, weigh
from streamer.core.documents import iso
from streamer.core.errors import Conflict, NotFound
from streamer.core.feed_documents import (
    broken_body,
    desk_alarms,
    held_document,
    version_body,
    version_document,
    version_line,
)
from streamer.core.feed_state import FeedState, state_document
from streamer.core.identity import identified
from streamer.core.protection import Distrust
from streamer.core.records import Batch, Document, TimetableVersion, VersionState
from streamer.core.timetable import Timetable
from streamer.core.timetable_diff import diff
from streamer.core.timetable_document import timetable_document, timetable_of
from streamer.engine.programme import Programme

log = logging.getLogger(__name__)

SETTING = "timetable"
"""The name under which the store keeps the state."""
REMEMBERED = 100
"""Versions that are known, the newest ones; the pinned one besides."""
DECISIONS_KEPT = 50


class FeedDesk:
    """``source`` is what the feed is called before people, ``state`` what there is to begin with."""

    def __init__(
        self,
        programme: Programme,
        rules: Distrust,
        source: str,
        state: FeedState,
        versions: Sequence[TimetableVersion] = (),
    ) -> None:
        self._programme = programme
        self._rules = rules
        self._source = source
        self._state = state
        self._tentative = state.memory
        self._versions = {v.id: replace(v, timetable=None) for v in versions}
        self._verdict = Verdict(timetable=state.running, standing=state.standing)
        self._weighed_for = -1
        self._error = ""
        self._unwritten: dict[int, TimetableVersion] = {}
        self._changed = True

    # -- what arrives ------------------------------------------------------------------------------------

    def receive(self, timetable: Timetable, now: datetime, remarks: int = 0, *, meant: bool = False) -> None:
        """What the feed says now, rooms matched; also where it said so before.

        ``meant``: it is under no suspicion, as somebody chose another feed or other rooms.
        """
        self._error = ""
        if self._state.failing_since is not None:
            self._set(failing_since=None)
        digest = timetable.revision
        known, self._tentative = identified(timetable, self._state.memory)
        newest = self._newest()
        if newest is None or newest.body["digest"] != digest:
            self._seen(known, digest, remarks, now)
        unpinned = {} if self._state.pinned is not None else {"goal": known}
        self._set(latest=known, **unpinned)
        self._weigh(now, meant=meant)

    def fail(self, error: str, now: datetime) -> None:
        """The feed is out of reach or holds nothing that can be used; what runs stands."""
        if error == self._error:
            return
        self._error = error
        self._set(failing_since=self._state.failing_since or now)
        self._note(
            TimetableVersion(
                id=self._next_id(),
                at=now.timestamp(),
                state=VersionState.BROKEN,
                body=broken_body(self._source, error),
            )
        )

    def step(self, now: datetime) -> None:
        """Look again where time, or a decision about a session, may have settled something."""
        verdict = self._verdict
        unsure = bool(self._error) and any(h.is_mass for h in verdict.held)  # nobody knows whether it still says so
        due = verdict.again is not None and now >= verdict.again and not unsure
        waits = bool(verdict.held or verdict.refused)
        if due or (waits and self._weighed_for != self._programme.version):
            self._weigh(now)

    def _seen(self, known: Timetable, digest: str, remarks: int, now: datetime) -> None:
        before = self._newest()
        if before is not None and before.state is VersionState.HELD and self._state.pinned is None:
            self._note(replace(before, state=VersionState.WITHDRAWN))
        changes = diff(self._programme.timetable, known)
        body = version_body(self._source, digest, len(known.sessions), changes, self._programme.zone, remarks)
        if before is None:
            log.info("the timetable's first version: %d sessions", len(known.sessions))
        else:
            log.info("a new version of the timetable: %d sessions, %d changes", len(known.sessions), len(changes))
        self._note(
            TimetableVersion(
                id=self._next_id(),
                at=now.timestamp(),
                state=VersionState.HELD,
                body=body,
                timetable=timetable_document(known),
            )
        )

    def _weigh(self, now: datetime, *, meant: bool = False) -> None:
        programme, state = self._programme, self._state
        policy, rules = programme.policy, self._rules
        goal, chosen = state.goal, meant or state.pinned is not None
        if state.pinned is not None:
            goal = with_withdrawals(goal, state.latest, policy, sure=True)
        if chosen:
            rules = replace(rules, ask_running=frozenset(), ask_soon=frozenset())
        plan = programme.plan(now)
        verdict = weigh(programme.timetable, goal, plan, policy, rules, now, state.standing, meant=chosen)
        self._verdict = verdict
        masses = [h for h in verdict.held if h.is_mass]
        unwanted = any(h.is_whole for h in verdict.refused)
        if verdict.timetable != programme.timetable:
            programme.follow(verdict.timetable)
            log.info("the timetable changed: %d changes count", len(verdict.applied))
        for held in verdict.held:
            if held.id not in {id for id, _ in state.standing.since}:
                log.warning("held back: %s", held.reason)
        strange = masses or unwanted or state.pinned is not None
        memory = state.memory if strange else self._tentative
        self._set(running=verdict.timetable, standing=verdict.standing, memory=memory)
        self._weighed_for = programme.version
        self._judge(bool(masses), unwanted)

    def _judge(self, held: bool, unwanted: bool) -> None:
        """What became of the newest version."""
        newest = self._newest()
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
        self._note(replace(newest, state=state, body={**newest.body, "reason": reason, "held": documents}))
        if follows is None:
            return
        for version in list(self._versions.values()):
            if version.id == follows and version.state is not VersionState.CURRENT:
                self._note(replace(version, state=VersionState.CURRENT))
            elif version.id != follows and version.state is VersionState.CURRENT:
                self._note(replace(version, state=VersionState.PAST))

    # -- what the crew says ------------------------------------------------------------------------------

    def answer(self, ids: Sequence[str], *, approve: bool, by: str, now: datetime) -> None:
        """Approve or refuse what is held back, all of it where ``ids`` is empty. Raises NotFound or Conflict."""
        held = {h.id: h for h in (*self._verdict.held, *self._verdict.refused)}
        if not ids and not self._verdict.held:
            raise Conflict("nothing is held back", hint="there is nothing to answer")
        unknown = [id for id in ids if id not in held]
        if unknown:
            raise NotFound("nothing of this id is held back", where=f"id {unknown[0]}", hint="see timetable versions")
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
        """Follow one version, whatever the feed says: the newest that counts, or another that is still known whole.

        Withdrawn consents count all the same. Raises NotFound or Conflict.
        """
        if version is None:
            current = self._current()
            if current is None:
                raise Conflict("no version counts so far", hint="name the one that is meant")
            goal, version = self._programme.timetable, current.id
        else:
            known = self._versions.get(version)
            if known is None:
                raise NotFound("there is no such version", where=f"version {version}")
            if timetable is None:
                raise Conflict(
                    "this version can't be followed",
                    where=f"version {version}",
                    hint="it was broken, or it is too old to be known whole",
                )
            goal = timetable_of(timetable)
        self._decided("pin", f"version {version}", by, now)
        self._set(pinned=version, goal=goal)
        self._weigh(now)

    def unpin(self, by: str, now: datetime) -> None:
        """Follow the feed again, from its newest version on. Raises Conflict where nothing is pinned."""
        if self._state.pinned is None:
            raise Conflict("no version is pinned", hint="the newest version is followed already")
        self._decided("unpin", f"version {self._state.pinned}", by, now)
        self._set(pinned=None, goal=self._state.latest)
        self._weigh(now, meant=True)

    def _decided(self, action: str, target: str, by: str, now: datetime) -> None:
        zone = self._programme.zone
        entry: Document = {"at": iso(now, zone), "by": by, "action": action, "target": target}
        log.info("%s decided: %s %s", by, action, target)
        self._set(decisions=(*self._state.decisions, entry)[-DECISIONS_KEPT:])

    # -- what is told ------------------------------------------------------------------------------------

    @property
    def held(self) -> tuple[Held, ...]:
        return self._verdict.held

    @property
    def latest(self) -> Timetable:
        """What the feed says, with local ids."""
        return self._state.latest

    @property
    def again(self) -> datetime | None:
        """When time alone settles something."""
        return self._verdict.again

    def document(self) -> Document:
        """How things stand, for the crew."""
        zone, verdict, state = self._programme.zone, self._verdict, self._state
        current, newest = self._current(), self._newest()
        return {
            "source": self._source,
            "current": version_line(current, zone) if current else None,
            "latest": newest.id if newest else None,
            "pinned": state.pinned,
            "held": [held_document(h, zone) for h in verdict.held],
            "refused": [held_document(h, zone) for h in verdict.refused],
            "error": self._error or None,
            "failing_since": iso(state.failing_since, zone) if state.failing_since else None,
            "decisions": list(state.decisions),
        }

    def listing(self) -> list[Document]:
        """The versions that were seen, newest first."""
        return [version_line(v, self._programme.zone) for v in sorted(self._versions.values(), key=lambda v: -v.id)]

    def version(self, id: int) -> Document:
        """One version with its changes. Raises NotFound."""
        known = self._versions.get(id)
        if known is None:
            raise NotFound("there is no such version", where=f"version {id}")
        return version_document(known, self._programme.zone)

    def alarms(self, now: datetime) -> dict[str, Alarm]:
        return desk_alarms(self._verdict, self._error, self._state.failing_since, self._programme.zone, now)

    # -- what is kept ------------------------------------------------------------------------------------

    def write(self, batch: Batch) -> None:
        """Put what is new into a turn's batch."""
        batch.versions += self._unwritten.values()
        self._unwritten = {}
        if self._changed:
            self._changed = False
            batch.settings[SETTING] = state_document(self._state)

    def _set(self, **changes: object) -> None:
        state = replace(self._state, **changes)  # type: ignore[arg-type] # the fields' own names
        if state != self._state:
            self._state = state
            self._changed = True

    def _note(self, version: TimetableVersion) -> None:
        known = self._versions.get(version.id)
        light = replace(version, timetable=None)
        if known == light and version.timetable is None:
            return
        self._versions[version.id] = light
        for id in [id for id in self._versions if id <= max(self._versions) - REMEMBERED and id != self._state.pinned]:
            del self._versions[id]
        waiting = self._unwritten.get(version.id)
        whole = version.timetable or (waiting.timetable if waiting else None)
        self._unwritten[version.id] = replace(version, timetable=whole)

    def _newest(self) -> TimetableVersion | None:
        """The newest that could be read."""
        good = (v for v in self._versions.values() if v.state is not VersionState.BROKEN)
        return max(good, key=lambda v: v.id, default=None)

    def _current(self) -> TimetableVersion | None:
        counts = (v for v in self._versions.values() if v.state is VersionState.CURRENT)
        return max(counts, key=lambda v: v.id, default=None)

    def _next_id(self) -> int:
        return max(self._versions, default=0) + 1

"""Requests to take or undo a decision, and the override that results from each.

This module only checks; it changes nothing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime

from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.ids import OverrideId
from streamer.core.decisions.decision import Decision, Moment, Reach
from streamer.core.decisions.override import Override
from streamer.core.decisions.stored import stored_decision
from streamer.engine.programme.programme import Programme

UNDO = "undo"


@dataclass(frozen=True, slots=True, kw_only=True)
class Undo:
    """Drop a decision: the plan is recomputed without it."""

    override: OverrideId


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionRequest:
    """A request to decide or to undo. ``if_revision`` is the session's revision, ``key`` the idempotency key."""

    wanted: Decision | Undo
    by: str
    if_revision: int | None = None
    preview: bool = False
    key: str | None = None

    @property
    def action(self) -> str:
        return UNDO if isinstance(self.wanted, Undo) else self.wanted.offer.action

    @property
    def target(self) -> str:
        """The id of its target; empty for a decision without one."""
        if isinstance(self.wanted, Undo):
            return self.wanted.override
        return getattr(self.wanted, self.wanted.target) if self.wanted.target else ""

    @property
    def name(self) -> str:
        """The key under which its answer is stored."""
        return f"{self.by}:{self.action}:{self.target}:{self.key}"

    @property
    def digest(self) -> str:
        """Equal for requests of equal content."""
        said = {} if isinstance(self.wanted, Undo) else stored_decision(self.wanted)
        text = json.dumps({**said, "if_revision": self.if_revision}, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def key_in_use(key: str | None) -> Conflict:
    """The refusal of a request that differs from the first one under its idempotency key."""
    return Conflict(
        f"the key {key!r} was used with another request", where="Idempotency-Key", hint="use a new key for each request"
    )


def resolved(request: DecisionRequest, programme: Programme, reach: Reach, now: datetime) -> Override:
    """The override that results from a request. Raises Invalid, NotFound or Conflict.

    A request that was accepted before its answer could be stored gives the same override again.
    """
    if isinstance(request.wanted, Undo):
        known = programme.override(request.wanted.override)
        if known is None:
            raise NotFound("there is no such decision", where=f"override {request.wanted.override}")
        dropped = known.dropped(now)
        refusal = known.decision.undo_refusal(_moment(programme, reach, now))
        if refusal is not None:
            raise refusal
        return dropped
    id = OverrideId(_digest(request.name) if request.key is not None else secrets.token_hex(8))
    taken = programme.override(id)
    if taken is not None and taken.decision != request.wanted:
        raise key_in_use(request.key)
    if taken is not None:
        return taken
    moment = _moment(programme, reach, now)
    request.wanted.check(moment)
    return Override(id=id, at=now, by=request.by, decision=request.wanted, room=request.wanted.of_room(moment.plan))


def _moment(programme: Programme, reach: Reach, now: datetime) -> Moment:
    return Moment(plan=programme.plan(now), policy=programme.policy, now=now, zone=programme.zone, reach=reach)


def check_revision(expected: int | None, revision: int) -> None:
    """Raises Conflict if the session changed since the caller looked at it."""
    if expected is not None and expected != revision:
        raise Conflict(
            f"the session has changed since: it is at revision {revision}, not {expected}",
            where="if_revision",
            hint="read it again and repeat with the new revision",
        )


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]

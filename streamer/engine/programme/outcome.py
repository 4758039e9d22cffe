"""What a decision changes, and the API's answer to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from streamer.core.base.described import Described, TypedDict
from streamer.core.base.ids import SessionId
from streamer.core.decisions.decision import Reach
from streamer.core.decisions.override import Override, OverrideDocument, override_document
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.status.documents import SessionDocument
from streamer.engine.programme.programme import Programme
from streamer.engine.programme.requests import DecisionRequest, check_revision, resolved

ConflictDocument = TypedDict("ConflictDocument", {"session": str, "with": str | None, "message": str})
"""Two sessions that want one room at the same time; or one, and null, that a room without a source does not capture."""


class DecidedDocument(TypedDict):
    """What a decision did, or would do."""

    override: Annotated[OverrideDocument | None, Described("null in a preview")]
    revision: Annotated[int, Described("The crew's revision that contains it", minimum=0)]
    sessions: Annotated[list[SessionDocument], Described("The sessions that it changes")]
    conflicts: list[ConflictDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """``plan`` is the plan with the decision, ``sessions`` are those that it names or changes, ``uncaptured`` those of
    them that it leads into a room without a source."""

    override: Override
    plan: Plan
    sessions: tuple[SessionId, ...]
    uncaptured: tuple[PlannedSession, ...] = ()

    def answer(
        self, documents: Mapping[SessionId, SessionDocument], revision: int, zone: ZoneInfo, *, preview: bool = False
    ) -> DecidedDocument:
        """``documents`` are the session documents under the plan, ``revision`` is the crew's revision."""
        return {
            "override": None if preview else override_document(self.override, zone),
            "revision": revision,
            "sessions": [documents[id] for id in self.sessions if id in documents],
            "conflicts": self._conflicts(),
        }

    def _conflicts(self) -> list[ConflictDocument]:
        found: list[ConflictDocument] = [
            {"session": c.session, "with": c.other, "message": c.message} for c in self.plan.conflicts(self.sessions)
        ]
        for one in self.uncaptured:
            found.append({"session": one.id, "with": None, "message": _without_source(one)})
        return found


def outcome(
    request: DecisionRequest, programme: Programme, reach: Reach, revision: Callable[[SessionId], int], now: datetime
) -> Outcome:
    """Check a request and compute its outcome without changing anything. ``revision`` is the session's revision.

    Raises Invalid, NotFound or Conflict.
    """
    override = resolved(request, programme, reach, now)
    if override.session is not None:
        check_revision(request.if_revision, revision(override.session))
    before, after = programme.plan(now), programme.imagine(override, now)
    named = [override.session] if override.session is not None else []
    changed = [s.id for s in after.sessions if before.session(s.id) != s]
    gone = [s.id for s in before.sessions if after.session(s.id) is None]
    sessions = tuple(dict.fromkeys([*named, *changed, *gone]))
    lost = tuple(s for s in after.sessions if s.id in changed and _is_lost(s, before.session(s.id), programme))
    return Outcome(override=override, plan=after, sessions=sessions, uncaptured=lost)


def _is_lost(after: PlannedSession, before: PlannedSession | None, programme: Programme) -> bool:
    """Whether a session that may be recorded or streamed comes into a room that can do neither."""
    may = after.takes_place and (after.consent_record or after.consent_stream)
    return may and (before is None or before.captured) and not programme.policy.is_captured(after.room)


def _without_source(session: PlannedSession) -> str:
    return f"room {session.room} has no source: “{session.session.title}” is neither recorded nor streamed there"

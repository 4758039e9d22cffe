"""An override: a decision, when and by whom it was taken, and when it was dropped. It stays in the log permanently."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from zoneinfo import ZoneInfo

from streamer.core.base.described import Described, Instant, TypedDict
from streamer.core.base.errors import Conflict
from streamer.core.base.ids import OverrideId, RoomId, SessionId
from streamer.core.base.json import iso
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.registry import BY_ACTION
from streamer.core.plan.draft import Draft


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One entry of the log. ``room`` is its session's room when it was taken, or the room it names.

    ``undone`` is when the decision was dropped; a dropped decision stays in the log without effect.
    """

    id: OverrideId
    at: datetime
    by: str
    decision: Decision
    room: RoomId | None = None
    undone: datetime | None = None

    @property
    def session(self) -> SessionId | None:
        return self.decision.of_session

    def amend(self, draft: Draft) -> None:
        self.decision.amend(draft, self.at)

    def dropped(self, now: datetime) -> Override:
        """The same, undone. Raises Conflict if it already is."""
        if self.undone is not None:
            raise Conflict(
                "this decision has been undone already", where=f"override {self.id}", hint="take a new decision"
            )
        return replace(self, undone=now)


class OverrideDocument(TypedDict):
    """A decision of the crew."""

    id: str
    action: Annotated[str, Described("What was decided", enum=list(BY_ACTION))]
    session: Annotated[str | None, Described("The session that it is about")]
    room: Annotated[str | None, Described("The room that it is about, or that its session took place in")]
    at: Annotated[Instant, Described("When it was taken")]
    by: Annotated[str, Described("Name of the token that took it")]
    description: Annotated[str, Described("The decision in words")]
    undone: Annotated[Instant | None, Described("When it was undone")]


def override_document(override: Override, zone: ZoneInfo) -> OverrideDocument:
    """A decision as the crew sees it."""
    return {
        "id": override.id,
        "action": override.decision.offer.action,
        "session": override.session,
        "room": override.room,
        "at": iso(override.at, zone),
        "by": override.by,
        "description": override.decision.describe(),
        "undone": iso(override.undone, zone) if override.undone else None,
    }

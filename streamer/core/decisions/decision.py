"""The base classes of decisions: their offer, their checks, their effect on the plan, and their words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import ClassVar

from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.draft import Draft, DraftSession
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy

Reach = Callable[[PlannedSession], tuple[datetime, datetime] | None]
"""The instants between which a session's recording has media; None if it has none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a kind of decision is offered.

    ``action`` is its name on the wire, in the store and on the command line; ``path`` its path below
    /api/v1, with ``{id}`` for the target; ``operation`` its id in OpenAPI. The crew may take and undo every decision,
    organisers those with ``organisers``. ``on_session_day``: a time without a date belongs to the session's day,
    otherwise to today. ``undo`` says what undoing it does.
    """

    action: str
    path: str
    operation: str
    summary: str
    undo: str
    description: str = ""
    organisers: bool = False
    on_session_day: bool = False

    @property
    def collection(self) -> str:
        """The first part of its path: sessions, recordings, rooms, …"""
        return self.path.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """The state against which a decision is checked. Messages give times in ``zone``."""

    plan: Plan
    policy: Policy
    now: datetime
    zone: tzinfo
    reach: Reach

    def session(self, id: SessionId) -> PlannedSession:
        """Raises NotFound."""
        planned = self.plan.session(id)
        if planned is None:
            raise NotFound("there is no such session", where=f"session {id}")
        return planned

    def session_that_takes_place(self, id: SessionId) -> PlannedSession:
        """Raises NotFound, and Conflict for a session that is cancelled."""
        planned = self.session(id)
        if not planned.takes_place:
            raise Conflict(
                "the session is cancelled",
                where=f"session {id}",
                hint="it has times again when the timetable no longer cancels it",
            )
        return planned

    def known_room(self, id: str) -> None:
        """Raises NotFound for a room that neither the configuration nor the plan has."""
        known = {*self.policy.rooms, *self.plan.rooms}
        if id not in known:
            hint = f"there are: {', '.join(sorted(known))[:300]}"
            raise NotFound("there is no such room", where=f"room {id[:80]}", hint=hint)

    def clock(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(ABC):
    """A decision without a session or a room. The constructor raises Invalid if no value is given.

    Undoing is not a decision: the plan is recomputed without the undone one.
    """

    offer: ClassVar[Offer]
    target: ClassVar[str] = ""
    """The field with its target's id."""

    @abstractmethod
    def check(self, moment: Moment) -> None:
        """Raises Invalid, NotFound or Conflict if it can't be taken now."""

    def undo_refusal(self, moment: Moment) -> Conflict | None:
        """Why it can't be undone now; None if it can."""
        return None

    @abstractmethod
    def amend(self, draft: Draft, taken: datetime) -> None:
        """Apply it to the plan's draft. ``taken`` is when it was taken."""

    @abstractmethod
    def describe(self) -> str:
        """The decision in words, for the log."""

    def outcome(self, title: str, clock: Callable[[datetime], str]) -> str:
        """Its effect on the session ``title``, in a sentence; empty if the session's document shows it."""
        return ""

    @property
    def of_session(self) -> SessionId | None:
        """The session that it names."""
        return None

    def of_room(self, plan: Plan) -> RoomId | None:
        """The room that it names, or the room of its session."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDecision(Decision, ABC):
    """A decision about one session."""

    target: ClassVar[str] = "session"

    session: SessionId

    def amend(self, draft: Draft, taken: datetime) -> None:
        """Does nothing if the session is no longer in the timetable."""
        session = draft.session(self.session)
        if session is not None:
            self.change(session, taken)

    @abstractmethod
    def change(self, session: DraftSession, taken: datetime) -> None:
        """Apply it to its session."""

    @property
    def of_session(self) -> SessionId | None:
        return self.session

    def of_room(self, plan: Plan) -> RoomId | None:
        planned = plan.session(self.session)
        return planned.room if planned is not None else None


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomDecision(Decision, ABC):
    """A decision about one room."""

    target: ClassVar[str] = "room"

    room: RoomId

    def of_room(self, plan: Plan) -> RoomId | None:
        return self.room

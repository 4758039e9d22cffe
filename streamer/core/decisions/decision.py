"""What every decision has: how it is offered, what it is checked against, its effect on the plan, and its words."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import ClassVar

from streamer.core.base.errors import NotFound
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.plan.draft import Draft, DraftSession
from streamer.core.plan.plan import Plan
from streamer.core.plan.planned import PlannedSession
from streamer.core.plan.policy import Policy

Reach = Callable[[PlannedSession], tuple[datetime, datetime] | None]
"""Between which instants there is media for a session's recording; None where there is none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """How a kind of decision is offered.

    ``action`` is its name on the wire, in the store and on the command line; ``path`` where it is posted below
    /api/v1, with ``{id}`` for the target; ``operation`` its id in OpenAPI. The crew may take every decision, organisers
    those with ``organisers``, and may undo them. ``on_session_day``: a time without a date is of the session's day,
    otherwise of today. ``undo`` says what dropping it does.
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
        """What it is offered under: sessions, recordings, rooms, …"""
        return self.path.partition("/")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What a decision is checked against. Messages give times in ``zone``."""

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

    def clock(self, at: datetime) -> str:
        return at.astimezone(self.zone).isoformat(timespec="seconds")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision(ABC):
    """A decision that names neither a session nor a room. Making one raises Invalid where nothing is said.

    To undo a decision is not a decision: the plan is made again without it.
    """

    offer: ClassVar[Offer]
    target: ClassVar[str] = ""
    """The field that names what it is about."""

    @abstractmethod
    def check(self, moment: Moment) -> None:
        """Raises Invalid, NotFound or Conflict where it can't be taken now."""

    @abstractmethod
    def amend(self, draft: Draft, taken: datetime) -> None:
        """Its effect on the plan. ``taken`` is when it was taken."""

    @abstractmethod
    def describe(self) -> str:
        """The decision in words, for the log."""

    def outcome(self, title: str, clock: Callable[[datetime], str]) -> str:
        """What it changed for the session ``title``, in a sentence; empty where the session's document tells it."""
        return ""

    @property
    def of_session(self) -> SessionId | None:
        """The session that it names."""
        return None

    def of_room(self, plan: Plan) -> RoomId | None:
        """The room that it names, or that its session takes place in."""
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionDecision(Decision, ABC):
    """A decision about one session."""

    target: ClassVar[str] = "session"

    session: SessionId

    def amend(self, draft: Draft, taken: datetime) -> None:
        """Has no effect where the session is no longer in the timetable."""
        session = draft.session(self.session)
        if session is not None:
            self.change(session, taken)

    @abstractmethod
    def change(self, session: DraftSession, taken: datetime) -> None:
        """Its effect on its session."""

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

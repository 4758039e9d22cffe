"""Decisions under /api/v1: what the crew decides, and what organisers decide about recordings.

Only what can be done has an address: everything else is a 404.
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from streamer.core.decisions.overrides import Action
from streamer.core.records.tokens import Role
from streamer.engine.programme.requests import UNDO, DecisionRequest
from streamer.engine.service.service import Service
from streamer.engine.status.crew_documents import DecidedDocument
from streamer.web.access.tokens import ACCESS
from streamer.web.http.request_bodies import KEY_LENGTH, Body, Count, Flag, InstantText, Number, flag, idempotency_key
from streamer.web.operations.operation import Call, Operation, Parameter
from streamer.web.operations.parameters import PREVIEW

_KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    type=Annotated[str, Field(min_length=1, max_length=KEY_LENGTH)],
    description="The same key repeats the first answer instead of deciding again",
)


class _Decision(Body):
    if_revision: Count = Field(default=0, description="Refuse (409) if the session's revision is another")


class EndBody(_Decision):
    """End a running session."""

    at: InstantText = Field(default="", description="When; now if it is left out")


class ExtendBody(_Decision):
    """Move a session's end by some minutes: fractions are allowed, and negative numbers."""

    minutes: Number
    ripple: Flag = Field(default=False, description="Whether to move the sessions after it too")


class ConsentBody(_Decision):
    """What the speaker allows."""

    record: Flag = Field(default=False, description="Whether it may be recorded")
    stream: Flag = Field(default=False, description="Whether it may be streamed")


class BoundsBody(_Decision):
    """Where a recording begins and ends."""

    start: InstantText = Field(default="", description="Its new start")
    end: InstantText = Field(default="", description="Its new end")


class UndoBody(_Decision):
    """Undo a decision."""


class DecisionHandlers:
    """For the crew; organisers set the bounds of recordings, and undo that."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def operations(self) -> list[Operation]:
        return [
            self._operation(
                f"sessions/{{id}}/{Action.END}", "endSession", "End a running session", EndBody, role=Role.CREW
            ),
            self._operation(
                f"sessions/{{id}}/{Action.EXTEND}", "extendSession", "Move a session's end", ExtendBody, role=Role.CREW
            ),
            self._operation(
                f"sessions/{{id}}/{Action.CONSENT}",
                "changeConsent",
                "Say what the speaker allows",
                ConsentBody,
                "Withdraws at once; never grants against the timetable.",
                role=Role.CREW,
            ),
            self._operation(
                f"recordings/{{id}}/{Action.BOUNDS}",
                "setBounds",
                "Set where a recording begins and ends",
                BoundsBody,
                "Anywhere in what was kept or is still in the ring, while the session runs or days later, until the "
                "padding is let go. The files of the former version stay until the new ones have been verified.",
            ),
            self._operation(
                f"overrides/{{id}}/{UNDO}",
                "undo",
                "Drop a decision and plan again from now",
                UndoBody,
                "Organisers undo the bounds of recordings alone. What was sent or has evaporated stays so.",
                target="The decision's id",
            ),
        ]

    def _operation(
        self,
        path: str,
        id: str,
        summary: str,
        body: type[Body],
        description: str = "",
        *,
        role: Role = Role.ORGANISER,
        target: str = "The session's id",
    ) -> Operation:
        return Operation(
            method="POST",
            path=f"/api/v1/{path}",
            handler=self.decide,
            id=id,
            summary=summary,
            answer="What was decided and what follows from it",
            description=description,
            role=role,
            target=target,
            parameters=(PREVIEW, _KEY),
            problems=(403, 409),
            body=body,
            document=DecidedDocument,
        )

    async def decide(self, call: Call[Body]) -> dict[str, Any]:
        action, target = call.request.path.rpartition("/")[2], call.part("id")
        if action == UNDO and self._service.action_of(target) is not Action.BOUNDS:
            await call.request.app[ACCESS].require(call.request, Role.CREW)
        asked = DecisionRequest(
            action=action,
            target=target,
            body=call.body.model_dump(exclude_unset=True),
            by=call.by,
            preview=flag(call.request, "preview"),
            key=idempotency_key(call.request),
        )
        return await self._service.decide(asked)

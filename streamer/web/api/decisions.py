"""Decisions under /api/v1: an operation for each kind that there is, and one that undoes them.

Only what can be done has an address: everything else is a 404.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from streamer.core.decisions.decision import Decision
from streamer.core.decisions.registry import DECISIONS
from streamer.core.records.tokens import Role
from streamer.engine.programme.outcome import DecidedDocument
from streamer.engine.service.service import Service
from streamer.web.api.decision_models import body_model, request_of
from streamer.web.http.request_bodies import KEY_LENGTH, Body, flag, idempotency_key
from streamer.web.operations.operation import Call, Operation, Parameter
from streamer.web.operations.parameters import PREVIEW

_KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    type=Annotated[str, Field(min_length=1, max_length=KEY_LENGTH)],
    description="The same key repeats the first answer instead of deciding again; with another request it is a 409",
)


class DecisionHandlers:
    """For the crew; organisers too, where a decision says so, and they undo the same."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def operations(self) -> list[Operation]:
        return [*(self._operation(kind) for kind in DECISIONS), self._undoing()]

    def _operation(self, kind: type[Decision]) -> Operation:
        offer = kind.offer
        return Operation(
            method="POST",
            path=f"/api/v1/{offer.path}",
            handler=partial(self._decide, kind),
            id=offer.operation,
            summary=offer.summary,
            answer="What was decided and what follows from it",
            description=offer.description,
            role=Role.ORGANISER if offer.organisers else Role.CREW,
            target=f"The {kind.target}'s id",
            parameters=(PREVIEW, _KEY),
            problems=(409,),
            body=body_model(kind),
            document=DecidedDocument,
        )

    def _undoing(self) -> Operation:
        return Operation(
            method="POST",
            path="/api/v1/overrides/{id}/undo",
            handler=partial(self._decide, None),
            id="undo",
            summary="Drop a decision and plan again from now",
            answer="What was decided and what follows from it",
            description="Organisers undo what they may decide. What was sent or has evaporated stays so.",
            role=Role.ORGANISER,
            role_for=self._role_to_undo,
            target="The decision's id",
            parameters=(PREVIEW, _KEY),
            problems=(409,),
            body=body_model(None),
            document=DecidedDocument,
        )

    async def _decide(self, kind: type[Decision] | None, call: Call[Body]) -> dict[str, Any]:
        asked = request_of(
            kind,
            call.request.match_info.get("id", ""),
            call.body,
            by=call.by,
            preview=flag(call.request, "preview"),
            key=idempotency_key(call.request),
        )
        return await self._service.decide(asked)

    def _role_to_undo(self, request: web.Request) -> Role:
        known = self._service.decision_of(request.match_info["id"])
        return Role.ORGANISER if known is not None and known.offer.organisers else Role.CREW

"""Public operations: status, the owner of a token, and the OpenAPI document."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

from streamer.core.base.described import TypedDict
from streamer.core.records.journal import Audience
from streamer.core.records.tokens import Role
from streamer.core.status.documents import SnapshotDocument
from streamer.engine.service.service import Service
from streamer.web.operations.operation import Call, Operation


class MeDocument(TypedDict):
    """The owner of a token."""

    name: str
    role: Role


class StatusHandlers:
    """``describe`` makes the OpenAPI document; it is called once, at the first request."""

    def __init__(self, service: Service, describe: Callable[[], dict[str, Any]]) -> None:
        self._service = service
        self._description = cache(describe)

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="GET",
                path="/api/openapi.json",
                handler=self.openapi,
                id="describe",
                summary="This description",
                answer="An OpenAPI 3.1 document",
            ),
            Operation(
                method="GET",
                path="/api/v1/status",
                handler=self.status,
                id="status",
                summary="Rooms and sessions as viewers see them",
                answer="The snapshot",
            ),
            Operation(
                method="GET",
                path="/api/v1/me",
                handler=self.me,
                id="me",
                summary="The owner of the token",
                answer="Name and role",
                role=Role.ORGANISER,
            ),
        ]

    async def openapi(self, call: Call[None]) -> dict[str, Any]:
        return await asyncio.to_thread(self._description)  # takes a tenth of a second; the loop must not wait

    async def status(self, call: Call[None]) -> SnapshotDocument:
        """The snapshot as viewers see it, also for the crew."""
        return self._service.snapshot(Audience.VIEWER)

    async def me(self, call: Call[None]) -> MeDocument:
        assert call.visitor is not None
        return {"name": call.visitor.name, "role": call.visitor.role}

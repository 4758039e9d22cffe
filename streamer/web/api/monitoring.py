"""What the crew sees of the rooms: the newest picture of each, and the timeline of a session's sound and picture."""

from __future__ import annotations

from email.utils import formatdate

from aiohttp import web

from streamer.core.base.described import TypedDict
from streamer.core.monitor.timeline import TimelineRow
from streamer.core.records.tokens import Role
from streamer.engine.service.service import Service
from streamer.web.operations.operation import Answer, Call, Operation


class MetersDocument(TypedDict):
    """What was heard and seen in a session."""

    session: str
    rows: list[TimelineRow]


class MonitoringHandlers:
    """For the crew."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="GET",
                path="/api/v1/rooms/{id}/thumbnail.jpg",
                handler=self.thumbnail,
                id="getThumbnail",
                summary="The newest picture of a room",
                description="404 where none is younger than 10 seconds.",
                role=Role.CREW,
                target="The room's id",
                answers=(
                    Answer(
                        description="320 pixels wide; Last-Modified says when it was taken",
                        media="image/jpeg",
                        document=bytes,
                    ),
                ),
            ),
            Operation(
                method="GET",
                path="/api/v1/sessions/{id}/meters",
                handler=self.meters,
                id="getMeters",
                summary="What was heard and seen in a session, a row for each ten seconds",
                answer="The rows in order; empty where nothing was measured",
                role=Role.CREW,
            ),
        ]

    async def thumbnail(self, call: Call[None]) -> web.StreamResponse:
        picture = await self._service.monitoring.thumbnail(call.part("id"))
        headers = {"Last-Modified": formatdate(picture.at, usegmt=True), "Cache-Control": "no-store"}
        return web.Response(body=picture.jpeg, content_type="image/jpeg", headers=headers)

    async def meters(self, call: Call[None]) -> MetersDocument:
        session = call.part("id")
        return {"session": session, "rows": await self._service.monitoring.timeline(session)}

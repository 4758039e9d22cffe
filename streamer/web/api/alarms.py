"""Alarms under /api/v1: somebody takes one on, or calls for help in a room."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from streamer.core.records.tokens import Role
from streamer.engine.service.service import Service
from streamer.engine.status.crew_documents import AlarmDocument
from streamer.web.http.request_bodies import Body, NoKeys, Wanted
from streamer.web.operations.operation import Call, Operation

LONGEST_CALL = 200


class HelpWanted(Body):
    """What help is needed for."""

    text: Annotated[
        str, Field(max_length=LONGEST_CALL), Wanted("a text", limits=f"{LONGEST_CALL} characters long at most")
    ] = ""


class AlarmHandlers:
    """For the crew."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="POST",
                path="/api/v1/alarms/{id}/acknowledge",
                handler=self.acknowledge,
                id="acknowledgeAlarm",
                summary="Take an alarm on",
                answer="The alarm; a call for help is closed with it",
                description="The others see who is on it. It stays until its cause is over.",
                role=Role.CREW,
                target="The alarm's id",
                patterns={"id": "[^/]{1,300}"},
                problems=(409,),
            ),
            Operation(
                method="POST",
                path="/api/v1/rooms/{id}/help",
                handler=self.call,
                id="callForHelp",
                summary="Call for help in a room",
                answer="The alarm that everybody of the crew sees",
                role=Role.CREW,
                target="The room's id",
            ),
        ]

    async def acknowledge(self, call: Call[NoKeys]) -> AlarmDocument:
        return await self._service.alarms.acknowledge(call.part("id"), call.by)

    async def call(self, call: Call[HelpWanted]) -> AlarmDocument:
        return await self._service.alarms.call(call.part("id"), call.by, call.body.text.strip())

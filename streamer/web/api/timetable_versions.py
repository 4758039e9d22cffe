"""The timetable's versions under /api/v1/timetable: what was seen, what is held back, and what the crew answers."""

from __future__ import annotations

from streamer.core.base.described import TypedDict
from streamer.core.base.errors import NotFound
from streamer.core.records.tokens import Role
from streamer.core.trust.documents import (
    TimetablePreviewDocument,
    TimetableStatusDocument,
    TimetableVersionDocument,
)
from streamer.engine.service.service import Service
from streamer.web.http.request_bodies import Body, Count, NoKeys, Text, flag
from streamer.web.operations.operation import Call, Operation
from streamer.web.operations.parameters import PREVIEW

_LARGEST = 999_999_999


class HeldBody(Body):
    """What of the timetable is meant; all that is held back if ``id`` is left out."""

    id: Text = ""


class PinBody(Body):
    """The version to follow; the one that counts, as it is followed now, if it is left out."""

    version: Count = 0


class RollbackBody(Body):
    """The version to go back to."""

    version: Count


class TimetableVersionsDocument(TypedDict):
    """Newest first."""

    versions: list[TimetableVersionDocument]


class TimetableHandlers:
    """For the crew."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def operations(self) -> list[Operation]:
        at, afterwards = "/api/v1/timetable", "The state afterwards"
        either = "The state afterwards; with preview what would change"
        return [
            Operation(
                method="GET",
                path=at,
                handler=self.status,
                id="getTimetable",
                summary="What of the feed counts, what is held back, what waits for an answer",
                answer="As it is now",
                role=Role.CREW,
            ),
            Operation(
                method="GET",
                path=f"{at}/versions",
                handler=self.versions,
                id="listVersions",
                summary="The versions that were seen",
                answer="Newest first",
                role=Role.CREW,
            ),
            Operation(
                method="GET",
                path=f"{at}/versions/{{id}}",
                handler=self.version,
                id="getVersion",
                summary="One version with its changes",
                answer="The version",
                role=Role.CREW,
                target="The version's number",
                patterns={"id": "[0-9]{1,9}"},
            ),
            Operation(
                method="POST",
                path=f"{at}/approve",
                handler=self.approve,
                id="approveTimetable",
                summary="Apply what is held back",
                answer=afterwards,
                description="It applies from now on.",
                role=Role.CREW,
                problems=(404, 409),
            ),
            Operation(
                method="POST",
                path=f"{at}/refuse",
                handler=self.refuse,
                id="refuseTimetable",
                summary="Never apply what is held back",
                answer=afterwards,
                description="As long as the feed says the same. The rest of the version counts, unless all of it is "
                "suspicious.",
                role=Role.CREW,
                problems=(404, 409),
            ),
            Operation(
                method="POST",
                path=f"{at}/pin",
                handler=self.pin,
                id="pinTimetable",
                summary="Follow one version and ignore the feed",
                answer=either,
                description="Without a number, or with that of the version that counts, what is followed now and "
                "nothing that waits. Consent that the feed withdraws counts all the same.",
                role=Role.CREW,
                parameters=(PREVIEW,),
                problems=(404, 409),
            ),
            Operation(
                method="POST",
                path=f"{at}/unpin",
                handler=self.unpin,
                id="unpinTimetable",
                summary="Follow the feed again",
                answer=afterwards,
                description="From its newest version on.",
                role=Role.CREW,
                problems=(409,),
            ),
            Operation(
                method="POST",
                path=f"{at}/rollback",
                handler=self.rollback,
                id="rollbackTimetable",
                summary="Go back to a version",
                answer=either,
                description="It is pinned, as the feed would undo it at once. A session that runs keeps running.",
                role=Role.CREW,
                parameters=(PREVIEW,),
                problems=(404, 409),
            ),
        ]

    async def status(self, call: Call[None]) -> TimetableStatusDocument:
        return self._service.versions.status()

    async def versions(self, call: Call[None]) -> TimetableVersionsDocument:
        return {"versions": self._service.versions.listing()}

    async def version(self, call: Call[None]) -> TimetableVersionDocument:
        return self._service.versions.version(int(call.part("id")))

    async def approve(self, call: Call[HeldBody]) -> TimetableStatusDocument:
        return await self._answered(call, approve=True)

    async def refuse(self, call: Call[HeldBody]) -> TimetableStatusDocument:
        return await self._answered(call, approve=False)

    async def _answered(self, call: Call[HeldBody], *, approve: bool) -> TimetableStatusDocument:
        ids = [call.body.id] if call.body.id else []
        return await self._service.versions.answer(ids, approve=approve, by=call.by)

    async def pin(self, call: Call[PinBody]) -> TimetableStatusDocument | TimetablePreviewDocument:
        return await self._pinned(call, call.body.version if "version" in call.body.model_fields_set else None)

    async def rollback(self, call: Call[RollbackBody]) -> TimetableStatusDocument | TimetablePreviewDocument:
        return await self._pinned(call, call.body.version)

    async def _pinned(
        self, call: Call[Body], version: int | None
    ) -> TimetableStatusDocument | TimetablePreviewDocument:
        if version is not None and version > _LARGEST:
            raise NotFound("there is no such version", where="version")
        if flag(call.request, "preview"):
            return await self._service.versions.preview(version)
        return await self._service.versions.pin(version, call.by)

    async def unpin(self, call: Call[NoKeys]) -> TimetableStatusDocument:
        return await self._service.versions.unpin(call.by)

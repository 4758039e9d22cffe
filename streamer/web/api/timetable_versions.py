"""The timetable's versions under /api/v1/timetable: what was seen, what is held back, and what the crew says to it."""

from __future__ import annotations

from aiohttp import web

from streamer.core.base.errors import NotFound
from streamer.core.records.tokens import Role
from streamer.engine.service.service import Service
from streamer.web.access.tokens import ACCESS
from streamer.web.http.answers import answer
from streamer.web.http.request_bodies import Fields, Kind, check_query, flag, read_object

_NUMBER = "[0-9]{1,9}"
_ONE: Fields = {"id": Kind.TEXT}
_VERSION: Fields = {"version": Kind.COUNT}


class TimetableHandlers:
    """For the crew."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def routes(self) -> list[web.RouteDef]:
        at = "/api/v1/timetable"
        return [
            web.get(at, self.status),
            web.get(f"{at}/versions", self.versions),
            web.get(f"{at}/versions/{{id:{_NUMBER}}}", self.version),
            web.post(f"{at}/approve", self.approve),
            web.post(f"{at}/refuse", self.refuse),
            web.post(f"{at}/pin", self.pin),
            web.post(f"{at}/unpin", self.unpin),
            web.post(f"{at}/rollback", self.rollback),
        ]

    async def status(self, request: web.Request) -> web.StreamResponse:
        await self._crew(request)
        return answer(self._service.versions.status())

    async def versions(self, request: web.Request) -> web.StreamResponse:
        await self._crew(request)
        return answer({"versions": self._service.versions.listing()})

    async def version(self, request: web.Request) -> web.StreamResponse:
        await self._crew(request)
        return answer(self._service.versions.version(int(request.match_info["id"])))

    async def approve(self, request: web.Request) -> web.StreamResponse:
        """One thing that is held back, or all of them."""
        return await self._answered(request, approve=True)

    async def refuse(self, request: web.Request) -> web.StreamResponse:
        return await self._answered(request, approve=False)

    async def _answered(self, request: web.Request, *, approve: bool) -> web.StreamResponse:
        by = await self._crew(request)
        body = await read_object(request, _ONE)
        ids = [body["id"]] if "id" in body else []
        return answer(await self._service.versions.answer(ids, approve=approve, by=by))

    async def pin(self, request: web.Request) -> web.StreamResponse:
        """The present version, or one that is named, whatever the feed says from now on."""
        return await self._pinned(request)

    async def rollback(self, request: web.Request) -> web.StreamResponse:
        """To a version that is named; it is pinned, or the feed would undo it at once."""
        return await self._pinned(request, required=("version",))

    async def _pinned(self, request: web.Request, required: tuple[str, ...] = ()) -> web.StreamResponse:
        by = await self._crew(request)
        check_query(request, {"preview"})
        version = (await read_object(request, _VERSION, required=required)).get("version")
        if version is not None and version > 999_999_999:
            raise NotFound("there is no such version", where="version")
        versions = self._service.versions
        return answer(await (versions.preview(version) if flag(request, "preview") else versions.pin(version, by)))

    async def unpin(self, request: web.Request) -> web.StreamResponse:
        by = await self._crew(request)
        await read_object(request, {})
        return answer(await self._service.versions.unpin(by))

    async def _crew(self, request: web.Request) -> str:
        return (await request.app[ACCESS].require(request, Role.CREW)).name

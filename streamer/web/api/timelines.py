"""Timelines under /api/v1: what happened to a session or on a day, as JSON or as Markdown."""

from __future__ import annotations

from aiohttp import web

from streamer.core.base.errors import Invalid
from streamer.core.records.tokens import Role
from streamer.core.timeline.documents import TimelineDocument
from streamer.engine.service.service import Service
from streamer.web.http.answers import FRESH, answer
from streamer.web.http.request_bodies import InstantText, instant
from streamer.web.operations.operation import Answer, Call, Operation, Parameter

MARKDOWN = "text/markdown"

_ANSWERS = (
    Answer(description="In order of time", document=TimelineDocument),
    Answer(description="For people, if Accept is text/markdown", media=MARKDOWN),
)
_FROM = Parameter(
    name="from", place="query", type=InstantText, description="Where it begins; the venue's midnight if left out"
)
_EARLIEST, _LATEST = 1971, 9000
"""Years that every zone can write."""
_TO = Parameter(name="to", place="query", type=InstantText, description="Where it ends; now if left out")


class TimelineHandlers:
    """For the crew."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="GET",
                path="/api/v1/timeline",
                handler=self.day,
                id="getTimeline",
                summary="What happened today: sessions, decisions, alarms, captures, recordings",
                role=Role.CREW,
                parameters=(_FROM, _TO),
                answers=_ANSWERS,
            ),
            Operation(
                method="GET",
                path="/api/v1/sessions/{id}/timeline",
                handler=self.session,
                id="getSessionTimeline",
                summary="What happened to a session, and in its room around it",
                role=Role.CREW,
                answers=_ANSWERS,
            ),
        ]

    async def day(self, call: Call[None]) -> web.StreamResponse:
        start, end = (instant(call.request, name) for name in ("from", "to"))
        for name, at in (("from", start), ("to", end)):
            if at is not None and not _EARLIEST <= at.year <= _LATEST:
                raise Invalid("there is no conference in this year", where=name)
        if start is not None and end is not None and end <= start:
            raise Invalid("it would end before it begins", where="to", hint="give an instant after from")
        return self._said(call.request, await self._service.timelines.day(start, end))

    async def session(self, call: Call[None]) -> web.StreamResponse:
        return self._said(call.request, await self._service.timelines.session(call.part("id")))

    def _said(self, request: web.Request, found: TimelineDocument) -> web.StreamResponse:
        if MARKDOWN not in request.headers.get("Accept", ""):
            return answer(found)
        text = self._service.timelines.markdown(found)
        return web.Response(text=text, content_type=MARKDOWN, headers={**FRESH, "Vary": "Accept"})

"""The programming interface under /api/v1: status and decisions, as the contract has them.

Only what can be done has an address: a capability that does not exist yet is a 404, not an excuse.
"""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from streamer.core.decisions.overrides import Action
from streamer.core.records.journal import Audience
from streamer.core.records.tokens import Role
from streamer.engine.programme.requests import UNDO, DecisionRequest
from streamer.engine.service.service import Service
from streamer.web.access.tokens import ACCESS
from streamer.web.api.openapi import document
from streamer.web.api.recordings import ID
from streamer.web.http.answers import answer
from streamer.web.http.request_bodies import Fields, Kind, check_query, flag, idempotency_key, read_object

_REVISION: Fields = {"if_revision": Kind.COUNT}
_ASKED: Mapping[str, tuple[Fields, tuple[str, ...]]] = {
    Action.END: ({"at": Kind.INSTANT, **_REVISION}, ()),
    Action.EXTEND: ({"minutes": Kind.NUMBER, "ripple": Kind.FLAG, **_REVISION}, ("minutes",)),
    Action.CONSENT: ({"record": Kind.FLAG, "stream": Kind.FLAG, **_REVISION}, ()),
    Action.BOUNDS: ({"start": Kind.INSTANT, "end": Kind.INSTANT, **_REVISION}, ()),
    UNDO: (_REVISION, ()),
}
"""What the body of each decision may and must say."""


class Api:
    """The handlers under /api."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._document = document()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/openapi.json", self.openapi),
            web.get("/api/v1/status", self.status),
            web.get("/api/v1/me", self.me),
            web.post(
                f"/api/v1/sessions/{{target:{ID}}}/{{action:{Action.END}|{Action.EXTEND}|{Action.CONSENT}}}",
                self.decide,
            ),
            web.post(f"/api/v1/recordings/{{target:{ID}}}/{{action:{Action.BOUNDS}}}", self.decide),
            web.post(f"/api/v1/overrides/{{target:{ID}}}/{{action:{UNDO}}}", self.decide),
        ]

    async def openapi(self, request: web.Request) -> web.StreamResponse:
        return answer(self._document)

    async def status(self, request: web.Request) -> web.StreamResponse:
        """The snapshot as viewers see it, whoever asks."""
        return answer(self._service.snapshot(Audience.VIEWER))

    async def me(self, request: web.Request) -> web.StreamResponse:
        """Who the token or cookie belongs to."""
        visitor = await request.app[ACCESS].require(request, Role.ORGANISER)
        return answer({"name": visitor.name, "role": str(visitor.role)})

    # -- decisions -----------------------------------------------------------------------------------

    async def decide(self, request: web.Request) -> web.StreamResponse:
        """The crew decides; organisers set the bounds of recordings, and take that back."""
        action, target = request.match_info["action"], request.match_info["target"]
        theirs = action == Action.BOUNDS or (action == UNDO and self._service.action_of(target) is Action.BOUNDS)
        visitor = await request.app[ACCESS].require(request, Role.ORGANISER if theirs else Role.CREW)
        check_query(request, {"preview"})
        fields, required = _ASKED[action]
        asked = DecisionRequest(
            action=action,
            target=target,
            body=await read_object(request, fields, required),
            by=visitor.name,
            preview=flag(request, "preview"),
            key=idempotency_key(request),
        )
        return answer(await self._service.decide(asked))

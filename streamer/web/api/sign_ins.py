"""The operation with which a person signs out of all browsers, for example after a laptop was lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated

from streamer.core.base.described import Described, TypedDict
from streamer.core.records.tokens import Role
from streamer.engine.service.service import Service
from streamer.web.access.access_log import AccessEvent
from streamer.web.access.tokens import ACCESS
from streamer.web.http.request_bodies import NoKeys
from streamer.web.operations.operation import Call, Operation


class SignedOutEverywhereDocument(TypedDict):
    """The browsers that were signed in with the caller's token or link."""

    name: str
    signed_out: Annotated[int, Described("The number of browsers")]


class SignInHandlers:
    """``dismiss`` closes the connections of browsers that are signed out."""

    def __init__(self, service: Service, dismiss: Callable[[], Awaitable[None]]) -> None:
        self._service = service
        self._dismiss = dismiss

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="POST",
                path="/api/v1/me/sign-out-everywhere",
                handler=self.everywhere,
                id="signOutEverywhere",
                summary="Sign out all browsers of the caller's token",
                description="A bearer token stays valid.",
                answer="They are signed out, and their Socket.IO connections are closed",
                role=Role.ORGANISER,
            )
        ]

    async def everywhere(self, call: Call[NoKeys]) -> SignedOutEverywhereDocument:
        access = call.request.app[ACCESS]
        count = await self._service.tokens.sign_out_everywhere(call.by)
        address = access.perimeter.address(call.request)
        access.log.tell(AccessEvent.SIGNED_OUT_EVERYWHERE, name=call.by, browsers=count, address=address)
        await self._dismiss()
        return {"name": call.by, "signed_out": count}

"""The operations on the Unix socket in the data folder: stop, status, tokens, links.

Only the owner of the data folder can open that socket. TCP does not offer these addresses.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any, Literal
from urllib.parse import urlencode

from pydantic import AfterValidator, Field

import streamer
from streamer.core.base.described import Described, TypedDict
from streamer.core.records.journal import Audience
from streamer.core.records.tokens import Role, TokenDocument
from streamer.engine.service.service import Service
from streamer.engine.service.snapshot import HealthDocument
from streamer.engine.service.tokens import listed
from streamer.engine.status.crew_documents import CrewSnapshotDocument
from streamer.web.access.access_log import AccessEvent, AccessLog
from streamer.web.api.recordings import RecordingsDocument
from streamer.web.http.request_bodies import Body, NoKeys, Text, Wanted
from streamer.web.operations.operation import Call, Operation


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What the control socket needs besides the service.

    ``stop`` ends it with all its media; ``revoked`` closes the connections of revoked tokens and signed-out browsers.
    ``addresses`` are the URLs that it listens on, the one to show to people first.
    """

    stop: Callable[[], None]
    revoked: Callable[[], Any]
    addresses: Callable[[], Sequence[str]]


class ControlStatusDocument(TypedDict):
    """The service as the owner of its data folder sees it."""

    pid: int
    version: str
    ready: bool
    rehearsal: bool
    addresses: Annotated[list[str], Described("The URLs that it listens on, the one for people first")]
    health: HealthDocument


class StoppingDocument(TypedDict):
    """The service ends within 15 s."""

    stopping: Literal[True]
    pid: int


class TokensDocument(TypedDict):
    """All tokens and links that can be used, then the browsers that are signed in."""

    tokens: list[TokenDocument]


class AddedTokenDocument(TypedDict):
    """A new token."""

    name: str
    role: Role
    secret: Annotated[str, Described("The token itself, shown for the only time")]


class RevokedTokenDocument(TypedDict):
    """A revoked token."""

    name: str
    revoked: Literal[True]


class SignedOutDocument(TypedDict):
    """What a sign-out ended."""

    signed_out: Annotated[int, Described("The number of browsers")]


class LinkDocument(TypedDict):
    """A one-time link to sign in with."""

    role: Role
    url: str


RoleName = Annotated[
    str, AfterValidator(Role), Field(json_schema_extra={"enum": [*Role]}), Wanted(f"a role: {', '.join(Role)}")
]


class NewToken(Body):
    """The token to make."""

    name: Text
    role: RoleName


class SignOut(Body):
    """Whose browsers to sign out; without a name, all."""

    name: Text | None = None


class NewLink(Body):
    """The role that a one-time link gives."""

    role: RoleName


class Control:
    """The handlers under /control."""

    def __init__(self, service: Service, outside: Outside, log: AccessLog) -> None:
        self._service = service
        self._outside = outside
        self._log = log

    def operations(self) -> list[Operation]:
        return [
            Operation(
                method="GET",
                path="/control/status",
                handler=self.status,
                id="controlStatus",
                summary="The process, its addresses and its health",
                answer="As it is now",
            ),
            Operation(
                method="GET",
                path="/control/snapshot",
                handler=self.snapshot,
                id="controlSnapshot",
                summary="The crew's snapshot",
                answer="The snapshot",
            ),
            Operation(
                method="GET",
                path="/control/recordings",
                handler=self.recordings,
                id="controlRecordings",
                summary="All recordings, with the paths of their files",
                answer="In order of start",
            ),
            Operation(
                method="POST",
                path="/control/stop",
                handler=self.stop,
                id="stop",
                summary="End the service and all its media",
                answer="The service is ending",
                status=HTTPStatus.ACCEPTED,
            ),
            Operation(
                method="GET",
                path="/control/tokens",
                handler=self.tokens,
                id="listTokens",
                summary="All tokens, and the browsers that are signed in",
                answer="Without their secrets",
            ),
            Operation(
                method="POST",
                path="/control/tokens",
                handler=self.add,
                id="addToken",
                summary="Make a token",
                answer="The token, with its secret",
                status=HTTPStatus.CREATED,
                problems=(409,),
            ),
            Operation(
                method="DELETE",
                path="/control/tokens/{name}",
                handler=self.revoke,
                id="revokeToken",
                summary="Revoke a token, and sign out its browsers",
                answer="The token is revoked",
            ),
            Operation(
                method="POST",
                path="/control/sign-outs",
                handler=self.sign_out,
                id="signOut",
                summary="Sign out the browsers of a token, or all",
                answer="They are signed out; the tokens stay",
            ),
            Operation(
                method="POST",
                path="/control/links",
                handler=self.link,
                id="makeLink",
                summary="Make a one-time link to sign in with",
                answer="The link",
                status=HTTPStatus.CREATED,
            ),
        ]

    async def status(self, call: Call[None]) -> ControlStatusDocument:
        return {
            "pid": os.getpid(),
            "version": streamer.__version__,
            "ready": self._service.ready,
            "rehearsal": self._service.rehearsal,
            "addresses": list(self._outside.addresses()),
            "health": self._service.health(),
        }

    async def snapshot(self, call: Call[None]) -> CrewSnapshotDocument:
        return self._service.snapshot(Audience.CREW)

    async def recordings(self, call: Call[None]) -> RecordingsDocument:
        return {"recordings": self._service.library.with_paths()}

    async def stop(self, call: Call[NoKeys]) -> StoppingDocument:
        """Answers first: the process ends soon after, within 15 s."""
        self._outside.stop()
        return {"stopping": True, "pid": os.getpid()}

    # -- tokens --------------------------------------------------------------------------------------

    async def tokens(self, call: Call[None]) -> TokensDocument:
        return {"tokens": listed(self._service.tokens)}

    async def add(self, call: Call[NewToken]) -> AddedTokenDocument:
        name, role = call.body.name, Role(call.body.role)
        secret = await self._service.tokens.add(name, role)
        self._log.tell(AccessEvent.TOKEN_MADE, name=name, role=str(role))
        return {"name": name, "role": role, "secret": secret}

    async def revoke(self, call: Call[None]) -> RevokedTokenDocument:
        name = call.part("name")
        await self._service.tokens.revoke(name)
        self._log.tell(AccessEvent.REVOKED, name=name)
        await self._outside.revoked()
        return {"name": name, "revoked": True}

    async def sign_out(self, call: Call[SignOut]) -> SignedOutDocument:
        name = call.body.name
        count = await self._service.tokens.sign_out_everywhere(name)
        self._log.tell(AccessEvent.SIGNED_OUT_EVERYWHERE, name=name, browsers=count)
        await self._outside.revoked()
        return {"signed_out": count}

    async def link(self, call: Call[NewLink]) -> LinkDocument:
        role = Role(call.body.role)
        secret = await self._service.tokens.one_time(role)
        self._log.tell(AccessEvent.LINK_MADE, role=str(role))
        return {"role": role, "url": link(self._outside.addresses()[0], secret)}


def link(address: str, secret: str) -> str:
    """The one-time link of a secret."""
    return f"{address.rstrip('/')}/login?{urlencode({'token': secret})}"

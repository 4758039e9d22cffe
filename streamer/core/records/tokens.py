"""Bearer tokens and their roles. Only a digest of the secret is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from streamer.core.base.described import Described, TypedDict


class Role(StrEnum):
    CREW = "crew"
    ORGANISER = "organiser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token. Only ``digest``, the SHA-256 of the secret in hex, is ever stored. ``used`` is its last use."""

    name: str
    role: Role
    digest: str
    created: float
    revoked: float | None = None
    once: bool = False
    used: float | None = None


class TokenDocument(TypedDict):
    """A token, a one-time link or a signed-in browser, without its secret; times in Unix seconds."""

    name: Annotated[str, Described("Of a browser: the name of the token or link that it signed in with")]
    role: Role
    kind: Literal["token", "link", "browser"]
    created: float
    used: Annotated[float | None, Described("The last use; null: never used")]
    revoked: float | None
    once: Annotated[bool, Described("Whether it is a one-time link's")]


def token_document(token: Token) -> TokenDocument:
    """A token as it is listed, without its digest; times in Unix seconds."""
    return {
        "name": token.name,
        "role": token.role,
        "kind": "link" if token.once else "token",
        "created": token.created,
        "used": token.used,
        "revoked": token.revoked,
        "once": token.once,
    }

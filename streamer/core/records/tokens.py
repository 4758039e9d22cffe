"""Bearer tokens and their roles. Only a digest of the secret is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from streamer.core.base.described import Described, TypedDict


class Role(StrEnum):
    CREW = "crew"
    ORGANISER = "organiser"


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A bearer token. Only ``digest``, the SHA-256 of the secret in hex, is ever stored."""

    name: str
    role: Role
    digest: str
    created: float
    revoked: float | None = None
    once: bool = False


class TokenDocument(TypedDict):
    """A token without its secret; times in Unix seconds."""

    name: str
    role: Role
    created: float
    revoked: float | None
    once: Annotated[bool, Described("Whether it is a one-time link's")]


def token_document(token: Token) -> TokenDocument:
    """A token as it is listed, without its digest; times in Unix seconds."""
    return {
        "name": token.name,
        "role": token.role,
        "created": token.created,
        "revoked": token.revoked,
        "once": token.once,
    }

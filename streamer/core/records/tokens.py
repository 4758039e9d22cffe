"""Bearer tokens and their roles. Only a digest of the secret is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from streamer.core.base.json import Document


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


def token_document(token: Token) -> Document:
    """A token as it is listed, without its digest; times in Unix seconds."""
    return {
        "name": token.name,
        "role": str(token.role),
        "created": token.created,
        "revoked": token.revoked,
        "once": token.once,
    }

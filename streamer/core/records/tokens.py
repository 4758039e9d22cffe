"""Bearer tokens and the roles that they give. Only a digest of the secret is stored."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


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

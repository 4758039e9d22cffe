"""Browsers that are signed in. Each has a cookie with a secret of its own, of which only a digest is stored."""

from __future__ import annotations

from dataclasses import dataclass

from streamer.core.records.tokens import Role, TokenDocument

_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """A browser that is signed in. ``name`` is of the token or link that it signed in with; times are Unix seconds.

    ``digest`` is the SHA-256 of the cookie's secret in hex. ``used`` is when the browser was last heard of.
    """

    name: str
    role: Role
    digest: str
    created: float
    used: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInLimits:
    """How long a browser stays signed in: ``idle`` seconds after its last use, and ``longest`` seconds in all."""

    idle: float = 3 * _DAY
    longest: float = 14 * _DAY

    def over(self, sign_in: SignIn, now: float) -> bool:
        return now - sign_in.used >= self.idle or now - sign_in.created >= self.longest


def sign_in_document(sign_in: SignIn) -> TokenDocument:
    """A browser as it is listed among the tokens."""
    return {
        "name": sign_in.name,
        "role": sign_in.role,
        "kind": "browser",
        "created": sign_in.created,
        "used": sign_in.used,
        "revoked": None,
        "once": False,
    }

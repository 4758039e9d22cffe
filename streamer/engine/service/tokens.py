"""Bearer tokens: who may do what. Secrets are shown once and kept only as SHA-256 digests."""

from __future__ import annotations

import hashlib
import secrets

from streamer.core.base.errors import Conflict, Invalid, NotFound
from streamer.core.records.tokens import Role, Token
from streamer.engine.machine.clock import Clock
from streamer.engine.turns.store import Store

LINK_LIFE = 24 * 3600.0
"""Seconds for which a one-time link can be used."""


class Tokens:
    """The tokens of a data folder. A secret has 256 random bits, so a plain digest of it is safe to store."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._live: dict[str, Token] = {}

    async def load(self) -> None:
        self._live = {t.digest: t for t in await self._store.tokens() if t.revoked is None}

    async def add(self, name: str, role: Role, *, once: bool = False) -> str:
        """Returns the secret, which can't be read again. Raises Conflict if a live token has the name."""
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise Invalid("a token's name must have 1 to 100 printable characters", where="name")
        if any(t.name == name for t in self._live.values()):
            raise Conflict(f"a token already has the name {name!r}", where="name", hint="revoke it or use another name")
        secret = secrets.token_urlsafe(32)
        token = Token(name=name, role=role, digest=_digest(secret), created=self._clock.now().timestamp(), once=once)
        await self._store.add_token(token)
        self._live[token.digest] = token
        return secret

    async def one_time(self, role: Role) -> str:
        """The secret of a login link."""
        return await self.add(f"{role} link {secrets.token_hex(4)}", role, once=True)

    async def redeem(self, secret: str) -> str | None:
        """Exchange a one-time secret for a lasting one; None if it is unknown, used or too old."""
        token = self._live.get(_digest(secret))
        if token is None or not token.once:
            return None
        del self._live[token.digest]
        now = self._clock.now().timestamp()
        await self._store.revoke_token(token.name, now)
        if now - token.created > LINK_LIFE:
            return None
        return await self.add(f"{token.role} login {secrets.token_hex(4)}", token.role)

    def identify(self, secret: str) -> Token | None:
        """The live token of a secret; None for a one-time secret."""
        token = self._live.get(_digest(secret))
        return token if token is not None and not token.once else None

    def listing(self) -> list[Token]:
        return sorted(self._live.values(), key=lambda t: (t.created, t.name))

    async def revoke(self, name: str) -> None:
        """Raises NotFound if no live token has the name."""
        if not await self._store.revoke_token(name, self._clock.now().timestamp()):
            raise NotFound(f"there is no token named {name!r}", where="name", hint="see the list of tokens")
        self._live = {d: t for d, t in self._live.items() if t.name != name}


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()

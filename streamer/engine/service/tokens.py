"""Who may do what: tokens, one-time links, and the browsers that signed in with either.

Secrets are shown once and kept only as SHA-256 digests. A secret has 256 random bits, so a plain digest of it is safe
to store, and looking the digest up tells nothing of the secret, however long it takes.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import replace

from streamer.core.base.errors import Conflict, Invalid, NotFound
from streamer.core.records.sign_ins import SignIn, SignInLimits, sign_in_document
from streamer.core.records.tokens import Role, Token, TokenDocument, token_document
from streamer.engine.machine.clock import Clock
from streamer.engine.turns.store import Store

LINK_LIFE = 24 * 3600.0
"""Seconds for which a one-time link can be used."""
NOTED_EVERY = 60.0
"""Seconds by which a last use in the store may be behind."""
BROWSERS = 200
"""Browsers that may be signed in with one token; one more ends the one that was used longest ago."""

Credential = Token | SignIn


class Tokens:
    """The tokens of a data folder, and its signed-in browsers."""

    def __init__(self, store: Store, clock: Clock, limits: SignInLimits | None = None) -> None:
        self.limits = limits or SignInLimits()
        self._store = store
        self._clock = clock
        self._live: dict[str, Token] = {}
        self._browsers: dict[str, SignIn] = {}
        self._noted: dict[str, float] = {}
        """The last uses that the store knows."""

    async def load(self) -> None:
        self._live = {t.digest: t for t in await self._store.tokens() if t.revoked is None}
        self._browsers = {s.digest: s for s in await self._store.sign_ins()}
        self._noted = {one.digest: one.used for one in self._credentials() if one.used is not None}

    # -- tokens and links ------------------------------------------------------------------------------

    async def add(self, name: str, role: Role, *, once: bool = False) -> str:
        """Returns the secret, which can't be read again. Raises Conflict if a live token has the name."""
        if not name.strip() or len(name) > 100 or not name.isprintable():
            raise Invalid("a token's name must have 1 to 100 printable characters", where="name")
        if any(t.name == name for t in self._live.values()):
            raise Conflict(f"a token already has the name {name!r}", where="name", hint="revoke it or use another name")
        secret = _secret()
        token = Token(name=name, role=role, digest=_digest(secret), created=self._now(), once=once)
        await self._store.add_token(token)
        self._live[token.digest] = token
        return secret

    async def one_time(self, role: Role) -> str:
        """The secret of a login link."""
        return await self.add(f"{role} link {secrets.token_hex(4)}", role, once=True)

    def listing(self) -> list[Token]:
        """The tokens and links that can be used."""
        now = self._now()
        live = (t for t in self._live.values() if not (t.once and _too_old(t, now)))
        return sorted(live, key=lambda t: (t.created, t.name))

    async def revoke(self, name: str) -> None:
        """Revoke a token and sign out its browsers. Raises NotFound if neither has the name."""
        if not await self._store.revoke_token(name, self._now()):
            raise NotFound(f"there is no token named {name!r}", where="name", hint="see the list of tokens")
        self._live = {d: t for d, t in self._live.items() if t.name != name}
        self._browsers = {d: s for d, s in self._browsers.items() if s.name != name}

    # -- browsers --------------------------------------------------------------------------------------

    async def sign_in(self, secret: str) -> tuple[str, SignIn] | None:
        """Sign a browser in with the secret of a token or of a one-time link.

        Returns the secret for its cookie; None if the secret is unknown, used or too old.
        """
        token, now = self._live.get(_digest(secret)), self._now()
        if token is None or (token.once and _too_old(token, now)):
            return None
        if token.once:
            del self._live[token.digest]  # before anything is awaited, so that a second press finds nothing
        made = _secret()
        browser = SignIn(name=token.name, role=token.role, digest=_digest(made), created=now, used=now)
        try:
            await self._store.add_sign_in(browser, link=token.name if token.once else None)
        except BaseException:
            if token.once:
                self._live[token.digest] = token
            raise
        if not token.once and token.digest not in self._live:  # it was revoked meanwhile
            await self._store.delete_sign_ins([browser.digest])
            return None
        self._browsers[browser.digest] = browser
        self._noted[browser.digest] = now
        await self._make_room(token.name)
        return made, browser

    async def _make_room(self, name: str) -> None:
        same = sorted((s for s in self._browsers.values() if s.name == name), key=lambda s: s.used)
        await self._end(same[:-BROWSERS])

    def browsers(self) -> list[SignIn]:
        """The browsers that are signed in, oldest first."""
        now = self._now()
        live = (s for s in self._browsers.values() if not self.limits.over(s, now))
        return sorted(live, key=lambda s: (s.created, s.name))

    async def sign_out(self, secret: str) -> SignIn | None:
        """Sign out the browser whose cookie has this secret; None if it is signed in no longer."""
        browser = self._browsers.get(_digest(secret))
        if browser is not None:
            await self._end([browser])
        return browser

    async def sign_out_everywhere(self, name: str | None = None) -> int:
        """Sign out all browsers of a token or link, without a name those of all; returns how many there were."""
        found = [s for s in self.browsers() if name in (None, s.name)]
        await self._end(found)
        return len(found)

    async def _end(self, browsers: list[SignIn]) -> None:
        if browsers:
            await self._store.delete_sign_ins([one.digest for one in browsers])
        for one in browsers:
            self._browsers.pop(one.digest, None)
            self._noted.pop(one.digest, None)

    # -- use -------------------------------------------------------------------------------------------

    def identify(self, secret: str) -> Credential | None:
        """The token or browser of a secret, which is used now; None for a one-time secret."""
        return self.seen(_digest(secret))

    def seen(self, digest: str) -> Credential | None:
        """The live token or browser of a digest, which is used now; None if it has ended."""
        now = self._now()
        token, browser = self._live.get(digest), self._browsers.get(digest)
        if token is not None and not token.once:
            self._live[digest] = token = replace(token, used=now)
            return token
        if browser is not None and not self.limits.over(browser, now):
            self._browsers[digest] = browser = replace(browser, used=now)
            return browser
        return None

    async def write_uses(self, *, all: bool = False) -> None:
        """Write the last uses that are not stored yet, and delete the browsers whose time is over.

        Without ``all`` a use that is little newer than the stored one waits.
        """
        now = self._now()
        await self._end([s for s in self._browsers.values() if self.limits.over(s, now)])
        least = 0.0 if all else NOTED_EVERY
        uses = {}
        for one in self._credentials():
            noted = self._noted.get(one.digest)
            if one.used is not None and (noted is None or one.used - noted > least):
                uses[one.digest] = one.used
        if uses:
            await self._store.note_uses(uses)
            self._noted |= uses

    def _credentials(self) -> list[Credential]:
        return [*self._live.values(), *self._browsers.values()]

    def _now(self) -> float:
        return self._clock.now().timestamp()


def listed(tokens: Tokens) -> list[TokenDocument]:
    """The tokens and links that can be used, then the browsers that are signed in, without their secrets."""
    return [*map(token_document, tokens.listing()), *map(sign_in_document, tokens.browsers())]


def _secret() -> str:
    return secrets.token_urlsafe(32)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _too_old(link: Token, now: float) -> bool:
    return now - link.created > LINK_LIFE

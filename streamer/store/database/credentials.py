"""Writes tokens and the browsers that signed in with them. Runs inside a transaction of its caller."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from streamer.core.base.errors import Conflict
from streamer.core.records.sign_ins import SignIn
from streamer.core.records.tokens import Token
from streamer.store.database.rows import sign_in_columns, token_columns
from streamer.store.database.tables import sign_ins, tokens


def add_token(connection: Connection, token: Token) -> None:
    """Raises Conflict if a live token has the name."""
    live = select(tokens.c.name).where(tokens.c.name == token.name, tokens.c.revoked.is_(None))
    if token.revoked is None and connection.scalar(live) is not None:
        meaning = f"a token already has the name {token.name!r}"
        raise Conflict(meaning, where="name", hint="revoke it or use another name")
    connection.execute(insert(tokens), token_columns(token))


def revoke_token(connection: Connection, name: str, at: float) -> bool:
    """Revoke a token and delete the browsers of its name; False if there is neither."""
    revoked = _revoke(connection, name, at)
    signed_out = connection.execute(delete(sign_ins).where(sign_ins.c.name == name)).rowcount
    return revoked + signed_out > 0


def _revoke(connection: Connection, name: str, at: float) -> int:
    revoking = update(tokens).where(tokens.c.name == name, tokens.c.revoked.is_(None)).values(revoked=at)
    return connection.execute(revoking).rowcount


def add_sign_in(connection: Connection, sign_in: SignIn, link: str | None) -> None:
    """Add a browser, and revoke the one-time link that it used."""
    if link is not None:
        _revoke(connection, link, sign_in.created)
    connection.execute(insert(sign_ins), sign_in_columns(sign_in))


def delete_sign_ins(connection: Connection, digests: Collection[str]) -> None:
    if digests:
        gone = [{"of_digest": digest} for digest in digests]
        connection.execute(delete(sign_ins).where(sign_ins.c.digest == bindparam("of_digest")), gone)


def note_uses(connection: Connection, uses: Mapping[str, float]) -> None:
    """``uses`` are the last uses by digest, of tokens and of browsers."""
    noted = [{"of_digest": digest, "at": at} for digest, at in uses.items()]
    for table in (tokens, sign_ins) if noted else ():
        using = update(table).where(table.c.digest == bindparam("of_digest")).values(used=bindparam("at"))
        connection.execute(using, noted)

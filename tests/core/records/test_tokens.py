"""A token as it is listed: all but its digest."""

from __future__ import annotations

from streamer.core.records.tokens import Role, Token, token_document


def test_a_listed_token_has_everything_but_its_digest() -> None:
    token = Token(name="Ada", role=Role.CREW, digest="d" * 64, created=1.0)
    listed = {"name": "Ada", "role": "crew", "created": 1.0, "revoked": None, "once": False}
    assert token_document(token) == listed

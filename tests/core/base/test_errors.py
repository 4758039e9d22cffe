"""An error as a sentence: where, what is wrong, and what to do."""

from __future__ import annotations

import pytest

from streamer.core.base.errors import (
    Conflict,
    DiskFull,
    Invalid,
    MediaError,
    NotYet,
    StoreError,
    StreamerError,
    TimetableUnavailable,
)


@pytest.mark.parametrize(
    ("where", "hint", "text"),
    [
        ("", "", "it is gone"),
        ("room main", "", "room main: it is gone"),
        ("", "look for it", "it is gone (look for it)"),
        ("room main", "look for it", "room main: it is gone (look for it)"),
    ],
)
def test_an_error_is_a_sentence(where: str, hint: str, text: str) -> None:
    assert str(StreamerError("it is gone", where=where, hint=hint)) == text


def test_the_same_can_be_tried_again_after_some_errors() -> None:
    assert all(kind.temporary for kind in (TimetableUnavailable, DiskFull, NotYet))
    assert not any(kind.temporary for kind in (StreamerError, StoreError, MediaError, Conflict, Invalid))

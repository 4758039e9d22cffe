from __future__ import annotations

import pytest

from streamer.core.base.words import counted


@pytest.mark.parametrize(
    ("number", "text"), [(0, "0 sessions"), (1, "1 session"), (2, "2 sessions"), (1070, "1,070 sessions")]
)
def test_a_number_of_things(number: int, text: str) -> None:
    assert counted(number, "session") == text


def test_words_that_change_otherwise() -> None:
    assert [counted(n, "row says", "rows say") for n in (1, 2)] == ["1 row says", "2 rows say"]

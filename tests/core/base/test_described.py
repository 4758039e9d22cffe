"""The words and keywords that a document's type adds to its schema."""

from __future__ import annotations

import pytest

from streamer.core.base.described import Described


@pytest.mark.parametrize(
    ("described", "schema"),
    [
        (Described("Seconds", minimum=0), {"type": "number", "description": "Seconds", "minimum": 0}),
        (Described(minimum=0), {"type": "number", "minimum": 0}),
    ],
)
def test_a_schema_gains_words_and_keywords(described: Described, schema: dict[str, object]) -> None:
    assert described.__get_pydantic_json_schema__({}, lambda _: {"type": "number"}) == schema

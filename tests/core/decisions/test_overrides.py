"""Decisions in words, for the log."""

from __future__ import annotations

import pytest
from support.day.days import after, decision

from streamer.core.decisions.overrides import Action, Override


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (decision(Action.END, instant=after(10)), "end a"),
        (decision(Action.EXTEND, minutes=5.0), "extend a by 5 min"),
        (decision(Action.EXTEND, minutes=-2.5), "extend a by -2.5 min"),
        (decision(Action.CONSENT, record=False), "consent of a: record no"),
        (decision(Action.CONSENT, record=True, stream=False), "consent of a: record yes, stream no"),
    ],
)
def test_a_decision_in_words(one: Override, words: str) -> None:
    assert one.describe() == words

"""Whether a title or a status says that an item is cancelled; a talk about cancelling is captured."""

from __future__ import annotations

import pytest

from streamer.core.timetable.cancellation import is_marked, plain_title, says_cancelled, without_mark

MARKED = """
CANCELLED Foo bar|CANCELLED: Foo bar|Cancelled: Foo bar|cancelled – Foo bar|Canceled - Foo bar|CANCELED! Foo bar
[Cancelled] Foo bar|(cancelled) Foo bar|**CANCELLED** Foo bar|【CANCELLED】Foo bar|❌ CANCELLED: Foo bar
Foo bar (cancelled)|Foo bar [CANCELLED]|Foo bar – CANCELLED|Foo bar (talk cancelled)|Foo bar (cancelled due to illness)
ABGESAGT – Foo bar|ABGESAGT Foo bar|Entfällt: Foo bar|Fällt aus: Foo bar|Foo bar (fällt aus)|Foo bar (Abgesagt!)
Annulé : Foo bar|ANNULÉE Foo bar|Annule: Foo bar|Cancelado: Foo bar|[Cancelada] Foo bar|Annullato: Foo bar
Geannuleerd: Foo bar|Aflyst: Foo bar|Inställt – Foo bar|Avlyst - Foo bar|Odwołane: Foo bar|Peruttu: Foo bar
Zrušeno: Foo bar|FÄLLT AUS Foo bar|SESSION CANCELLED Foo bar
""".replace("\n", "|")
UNMARKED = """
Cancelled flights: a study|Cancelled culture|A study (cancelled flights included)|Why we cancelled
Cancel culture: a panel|CANCELLED FLIGHTS: A STUDY|Echo-cancelled audio
Noise cancelled: headphones|Abgesagte Revolution: Foo|What it is
Cancelled-by-default|Session: cancelled flights|Deplatformed - cancelled|Cancelled? The truth|Foo (uncancelled)
Annulé par le public|Talk: this is it|Cancelled orders, returned goods|Subscription cancelled|Foo bar
[Workshop] Foo bar|Foo bar (Room 5)|(cancelled Foo bar|Foo bar cancelled)
""".replace("\n", "|")


@pytest.mark.parametrize("title", [one for one in MARKED.split("|") if one])
def test_a_mark_before_or_after_the_title(title: str) -> None:
    assert plain_title(title) == "Foo bar"


@pytest.mark.parametrize("title", [one for one in UNMARKED.split("|") if one])
def test_a_talk_about_it_is_not_cancelled(title: str) -> None:
    assert not is_marked(title)
    assert plain_title(title) == title


def test_a_title_that_says_nothing_else() -> None:
    assert [without_mark(title) for title in ("Cancelled", "[CANCELLED]", "***ABGESAGT***")] == ["", "", ""]
    assert plain_title("Cancelled") == "Cancelled"


@pytest.mark.parametrize(
    ("status", "cancelled"),
    [("CANCELLED", True), ("canceled", True), ("Cancelled by the speaker", True), ("abgesagt", True),
     ("fällt aus", True), ("confirmed", False), ("", False), ("not cancelled", False), ("withdrawn", False)],
)  # fmt: skip
def test_a_status(status: str, cancelled: bool) -> None:
    assert says_cancelled(status) is cancelled

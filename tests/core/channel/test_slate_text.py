"""What the holding picture says: what is next and when, in the venue's time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from support.day.days import LAW, MAIN, SECOND, SIDE, after, override, planned, plans, session

from streamer.core.channel.chunks import SlateText
from streamer.core.channel.slate_text import slate_text
from streamer.core.decisions.rooms.mute import Mute
from streamer.core.plan.plan import Plan
from streamer.core.plan.policy import Policy

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def says(plan: Plan, now: datetime, zone: ZoneInfo = COPENHAGEN) -> tuple[str, str]:
    text = slate_text(MAIN, "Main hall", "DNGC 2025", plan, zone, now)
    assert (text.conference, text.room) == ("DNGC 2025", "Main hall")
    return text.headline, text.detail


@pytest.mark.parametrize(
    ("minute", "headline", "detail"),
    [
        (-30, "Title of a", "Starts at 11:00"),
        (0, "Title of a", "The picture will start in a moment."),
        (30, "Title of b", "Starts at 11:45"),
        (75, "That was the programme of this room", "Thank you for watching."),
    ],
)
def test_what_comes_next_and_when(minute: float, headline: str, detail: str) -> None:
    assert says(planned(session("a"), session("b", 45)), after(minute)) == (headline, detail)


def test_the_venues_time_and_the_day_where_it_is_another() -> None:
    plan = planned(session("a"))
    assert says(plan, after(-30), ZoneInfo("America/New_York"))[1] == "Starts at 05:00"
    assert says(plan, after(-24 * 60))[1] == "Starts on 8 September 2025 at 11:00"
    midnight = datetime(2025, 9, 7, 22, 0, tzinfo=UTC)
    assert says(plan, midnight - SECOND)[1] == "Starts on 8 September 2025 at 11:00"
    assert says(plan, midnight)[1] == "Starts at 11:00"


def test_a_session_that_is_not_streamed_is_told_with_what_follows() -> None:
    plan = planned(session("a", stream=False), session("b", 45))
    assert says(plan, after(5)) == ("Title of a", "This session is not streamed. Next: Title of b, at 11:45.")
    assert says(planned(session("a", stream=False)), after(5))[1] == "This session is not streamed."


def test_where_one_of_two_is_not_streamed_the_later_gives_the_title() -> None:
    plan = planned(session("a", stream=False), session("b", 10, 10))
    assert says(plan, after(15)) == ("Title of b", "This session is not streamed.")


def test_a_room_without_programme_says_so() -> None:
    assert says(planned(session("a", room=SIDE)), after(0)) == ("Nothing is planned in this room", "")
    muted = planned(session("a"), decisions=[override(Mute(room=MAIN), minute=5)])
    assert says(muted, after(6)) == ("Title of a", "The stream is paused.")


@LAW
@given(plans(rooms=[MAIN]))
def test_it_changes_only_where_a_session_starts_or_ends_or_a_day_begins(made: tuple[Plan, Policy]) -> None:
    """Each change is a picture that has to be drawn, so there must be no more of them than that."""

    def text(instant: datetime) -> SlateText:
        return slate_text(MAIN, "Main", "C", made[0], COPENHAGEN, instant)

    edges = {edge for s in made[0].sessions for edge in (s.start, s.end)}
    edges |= {edge for one in made[0].mutes.get(MAIN, ()) for edge in (one.start, one.end) if edge is not None}
    for begin, end in pairwise(sorted({after(-60), after(240), *edges})):
        assert text(begin) == text(begin + (end - begin) / 2) == text(end - timedelta(microseconds=1))

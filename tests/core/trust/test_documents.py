"""What the crew reads about versions of the timetable, and the alarms for what is held back."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from support.day.days import NINE, after, session, timetable

from streamer.core.base.ids import SessionId
from streamer.core.timetable.diff import diff
from streamer.core.trust.documents import counted, held_document, preview_document, review_alarms, version_body
from streamer.core.trust.held import Held
from streamer.core.trust.suspicion import Suspicion
from streamer.core.trust.weighing import Verdict

ZONE = ZoneInfo("Europe/Copenhagen")
MANY = timetable(*(session(f"s{n}", n) for n in range(201)))
CHANGES = diff(timetable(), MANY)
ASKED = Held(id="q", reason="it runs", sessions=(SessionId("s1"),), since=NINE, changes=CHANGES)
MASS = Held(
    id="m",
    reason="two are gone",
    sessions=(SessionId("s1"), SessionId("s2")),
    since=NINE,
    until=after(10),
    suspicion=Suspicion.VANISHED,
)


def test_a_version_counts_all_its_changes_and_shows_some() -> None:
    body = version_body("feed", "digest", 201, CHANGES, ZONE, 3)
    assert (body["changed"], len(body["changes"]), body["remarks"]) == ({"added": 201}, 200, 3)
    preview = preview_document(7, Verdict(timetable=MANY, applied=CHANGES, held=(ASKED,)), ZONE)
    assert (preview["version"], preview["sessions"], preview["changed"]) == (7, 201, {"added": 201})
    assert (len(preview["changes"]), [held["id"] for held in preview["held"]]) == (200, ["q"])
    assert preview["changes"][0]["message"].startswith("“Title of s0” is new: 2025-09-08 11:00")


def test_what_is_held_back() -> None:
    asked, mass = (held_document(held, ZONE) for held in (ASKED, MASS))
    assert (asked["kind"], asked["suspicion"], asked["until"], len(asked["changes"])) == ("ask", None, None, 50)
    assert (mass["kind"], mass["suspicion"], mass["until"]) == ("mass", "vanished", "2025-09-08T11:10:00+02:00")
    assert (mass["since"], mass["sessions"]) == ("2025-09-08T11:00:00+02:00", ["s1", "s2"])
    assert counted([ASKED, MASS]) == 2


def test_the_alarms_say_what_to_answer() -> None:
    found = review_alarms(Verdict(timetable=MANY, held=(ASKED, MASS)), "", None, ZONE, NINE)
    assert {id: (a.message.rpartition(": ")[2], a.hint, a.session) for id, a in found.items()} == {
        "timetable asks q": ("it runs", "approve or refuse it; until then the session stays as it is", "s1"),
        "timetable held m": (
            "two are gone",
            "approve or refuse it; it counts from 11:10 on if it still says so",
            None,
        ),
    }
    many = replace(ASKED, sessions=MASS.sessions)
    (alarm,) = review_alarms(Verdict(timetable=MANY, held=(many,)), "", None, ZONE, NINE).values()
    assert alarm.hint.endswith("until then all stays as it is")


@pytest.mark.parametrize(
    ("minutes", "said"), [(4, "less than 5m"), (5, "at least 5m"), (59, "at least 55m"), (89, "at least 1h")]
)
def test_a_timetable_that_is_not_renewed_says_how_old_it_is(minutes: float, said: str) -> None:
    since = NINE - timedelta(minutes=minutes)
    (alarm,) = review_alarms(Verdict(timetable=MANY), "no answer", since, ZONE, NINE).values()
    assert (alarm.id, alarm.message) == ("timetable", "the timetable could not be renewed: no answer")
    assert alarm.hint == f"the last good version stays in use, {said} old; look at the feed"
    (unknown,) = review_alarms(Verdict(timetable=MANY), "no answer", None, ZONE, NINE).values()
    assert unknown.hint == "the last good version stays in use; look at the feed"

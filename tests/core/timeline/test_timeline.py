"""A timeline from the crew's journal, and as Markdown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

from support.day.days import NINE, SECOND

from streamer.core.base.json import Document
from streamer.core.records.journal import Audience, JournalEntry
from streamer.core.timeline.documents import markdown, timeline_document
from streamer.core.timeline.moments import Moment, MomentKind, MomentReader, of_session

ZONE = ZoneInfo("Europe/Copenhagen")


def entries(*changes: tuple[str, Document]) -> list[JournalEntry]:
    """One a second, from nine o'clock."""
    return [
        JournalEntry(
            audience=Audience.CREW,
            revision=n + 1,
            at=(NINE + n * SECOND).timestamp(),
            kind=kind,
            body={"at": (NINE + n * SECOND).isoformat(), **body},
        )
        for n, (kind, body) in enumerate(changes)
    ]


def moments(changes: list[JournalEntry]) -> list[Moment]:
    """Read one by one, as from the parts of a long journal."""
    reader = MomentReader()
    for one in changes:
        reader.add([one])
    return reader.moments()


def words(*changes: tuple[str, Document]) -> list[str]:
    return [one.text for one in moments(entries(*changes))]


def session(id: str = "a", room: str = "main") -> Document:
    return {"id": id, "title": f"Title of {id}", "room": room}


def alarm(**more: Any) -> tuple[str, Document]:
    document = {"id": "silent main", "message": "no sound", "room": "main", "session": "a", "acknowledged": None}
    return "alarm", {"alarm": {**document, **more}}


def capture(state: str, error: str | None = None) -> tuple[str, Document]:
    return "job.state", {
        "job": {"id": "capture:main", "kind": "capture", "room": "main", "state": state, "error": error}
    }


def recording(state: str, reason: str = "") -> tuple[str, Document]:
    document = {"session": "a", "title": "Title of a", "room": "main", "state": state, "reason": reason}
    return "recording.state", {"recording": document}


def test_a_session_starts_runs_over_and_ends() -> None:
    assert words(
        ("session.changed", {"session": session()}),
        ("session.live", {"session": session()}),
        ("session.held", {"session": session()}),
        ("session.ended", {"session": session()}),
    ) == ["“Title of a” started", "“Title of a” runs over its time", "“Title of a” ended"]


def test_an_alarm_is_raised_taken_on_and_over_once_each() -> None:
    taken = {"by": "Ada", "at": NINE.isoformat()}
    found = moments(
        entries(alarm(), alarm(), alarm(acknowledged=taken), alarm(acknowledged=taken, cleared=True), alarm())
    )
    assert [(one.text, one.by) for one in found] == [
        ("no sound", ""),
        ("acknowledged: no sound", "Ada"),
        ("over: no sound", ""),
        ("no sound", ""),
    ]


def test_a_decision_names_who_took_it_and_that_it_was_undone() -> None:
    override = {"action": "extend", "description": "extend a by 5 min", "session": "a", "room": "main", "by": "Ada"}
    found = moments(
        entries(
            ("override", {"override": {**override, "undone": None}}),
            ("override", {"override": {**override, "undone": NINE.isoformat()}}),
        )
    )
    assert [(one.text, one.by, one.kind) for one in found] == [
        ("extend a by 5 min", "Ada", MomentKind.DECISION),
        ("undone: extend a by 5 min", "Ada", MomentKind.DECISION),
    ]


def test_a_notice_is_told_once_with_its_words() -> None:
    override = {"action": "notice", "description": "notice", "session": None, "room": None, "by": "Ada", "undone": None}
    notice = {"id": "n", "text": "Lunch", "room": None}
    assert words(
        ("override", {"override": override}),
        ("notice", {"notice": notice}),
        ("notice", {"notice": {**notice, "withdrawn": True}}),
    ) == ["attendees were told: Lunch", "withdrawn: Lunch"]


def test_captures_and_recordings_are_told_where_their_state_changes() -> None:
    assert words(
        capture("starting"),
        capture("running"),
        capture("running"),
        capture("backoff", "the source is gone"),
        recording("capturing"),
        recording("partial", "2 s are missing"),
        recording("partial", "2 s are missing"),
        recording("ready"),
    ) == [
        "captured",
        "the capture ended: the source is gone",
        "the recording of “Title of a” is partial: 2 s are missing",
        "the recording of “Title of a” is ready",
    ]


def test_a_room_is_told_where_viewers_lose_the_picture_and_get_it_back() -> None:
    states = ["slate", "live", "fault", "live", "slate"]
    changes = [("room.state", {"room": {"id": "main", "state": state}}) for state in states]
    assert words(*changes) == ["viewers have no picture", "viewers see the room"]


def test_a_session_has_its_own_moments_and_those_of_its_room_around_it() -> None:
    def moment(minute: float, room: str | None = "main", session: str | None = None) -> Moment:
        return Moment(at=NINE + timedelta(minutes=minute), kind=MomentKind.ALARM, text="x", room=room, session=session)

    mine = [moment(-9), moment(5), moment(39), moment(300, "side", "a")]
    others = [moment(-11), moment(41), moment(5, "side"), moment(5, "main", "b"), moment(5, None)]
    assert of_session([*mine, *others], "a", "main", NINE, NINE + timedelta(minutes=30)) == mine


def test_a_timeline_in_markdown_is_read_as_it_is_meant() -> None:
    found = [
        Moment(at=NINE, kind=MomentKind.SESSION, text="“*Stars* [and] <b>” started", room="main", session="a"),
        Moment(at=NINE + 17 * timedelta(hours=1), kind=MomentKind.DECISION, text="end a", room="gone", by="Ada_2"),
    ]
    document = timeline_document("A #1 day", NINE, NINE + timedelta(days=1), found, ZONE)
    assert document["moments"][0]["at"] == "2025-09-08T11:00:00+02:00"
    assert markdown(document, {"main": "Hall A"}) == (
        "# A \\#1 day\n\n## Monday 8 September 2025\n\n"
        "- 11:00:00 **Hall A:** “\\*Stars\\* \\[and\\] \\<b\\>” started\n\n"
        "## Tuesday 9 September 2025\n\n- 04:00:00 **gone:** end a (Ada\\_2)\n"
    )
    assert "Nothing happened." in markdown(timeline_document("A", NINE, NINE, [], ZONE), {})

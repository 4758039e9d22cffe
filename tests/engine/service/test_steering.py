"""start, hold, cancel, move and delay over the whole engine: jobs, channel, recording and notices follow together."""

from __future__ import annotations

from typing import Any

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import Conflict
from streamer.core.base.json import Document
from streamer.core.records.journal import Audience
from streamer.web.api.decision_models import decision_request

TABLE = timetable(
    session("a", "main", at("09:00"), 10),
    session("b", "main", at("09:15"), 10),
    session("c", "side", at("09:00"), 10),
)
POLICY = policy_for("main", "side")


async def decide(day: Day, action: str, target: str = "a", **body: Any) -> Document:
    return await day.service.decide(decision_request(action, target, body, by="Ada"))


async def test_a_session_that_is_started_early_is_shown_and_recorded_from_then_on() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("08:57"), step=2)
        answer = await decide(day, "start", at="2025-09-08T08:56:00+00:00")
        assert answer["sessions"][0]["start"] == "2025-09-08T10:56:00+02:00"
        await day.go(at("08:58"), step=1)
        assert (day.state("a"), day.document("a")["on_air"]) == ("live", True)
        await day.go(at("09:11"), step=2)
        recording = day.service.library.document("a")
        assert (recording["state"], recording["duration"]) == ("ready", 14 * 60), "two minutes ago: the ring has them"


async def test_a_held_session_goes_on_until_the_next_one_starts() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:05"), step=2)
        await decide(day, "hold")
        await day.go(at("09:12"), step=2)
        assert (day.state("a"), day.document("a")["on_air"]) == ("held", True)
        assert day.document("a")["held_since"] == "2025-09-08T11:10:00+02:00"
        assert "session.held" in day.kinds("a")
        await day.go(at("09:17"), step=2)
        assert (day.state("a"), day.state("b")) == ("ended", "live")
        await day.go(at("09:18"), step=2)
        assert day.service.library.document("a")["duration"] == 15 * 60


async def test_a_held_session_ends_when_it_is_ended() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:05"), step=2)
        await decide(day, "hold", limit_minutes=30)
        await day.go(at("09:12"), step=2)
        await decide(day, "end")
        await day.go(at("09:13"), step=1)
        assert (day.state("a"), day.room("main")["state"]) == ("ended", "slate")


async def test_a_running_session_that_is_cancelled_ends_at_once_and_undo_takes_it_back() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:05"), step=2)
        answer = await decide(day, "cancel")
        assert day.kinds("a")[-1] == "session.cancelled"
        await day.go(at("09:05:20"), step=1)
        assert (day.state("a"), day.room("main")["state"]) == ("cancelled", "slate")
        await day.service.decide(decision_request("undo", answer["override"]["id"], {}, by="Ada"))
        await day.go(at("09:06"), step=1)
        assert (day.state("a"), day.document("a")["on_air"]) == ("live", True)
        await day.go(at("09:12"), step=2)
        assert day.service.library.document("a")["coverage"] == 1.0, "its capture went on meanwhile"


async def test_a_session_that_is_cancelled_before_it_starts_is_not_captured() -> None:
    async with conference_day(TABLE, POLICY, at("08:40")) as day:
        await decide(day, "cancel", "c")
        await day.go(at("09:02"), step=2)
        assert day.starts("capture:side") == []
        assert day.state("c") == "cancelled"


async def test_a_moved_session_is_captured_where_and_when_it_takes_place() -> None:
    async with conference_day(TABLE, POLICY, at("08:40")) as day:
        answer = await decide(day, "move", "c", room="main", start="2025-09-08T09:30:00+00:00")
        assert answer["conflicts"] == []
        assert day.kinds("c")[-1] == "session.moved"
        await day.go(at("09:32"), step=2)
        assert day.starts("capture:side") == []
        assert day.room("main")["session"] == "c"
        await day.go(at("09:41"), step=2)
        assert day.service.library.document("c")["state"] == "ready"


async def test_a_move_into_an_occupied_room_tells_the_conflict() -> None:
    async with conference_day(TABLE, POLICY, at("08:40")) as day:
        answer = await decide(day, "move", "c", room="main")
        assert [(one["session"], one["with"]) for one in answer["conflicts"]] == [("a", "c")]


async def test_the_rest_of_a_room_is_delayed_with_its_bells_and_comes_back() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:05"), step=2)
        answer = await decide(day, "delay", "main", minutes=5)
        assert [one["id"] for one in answer["sessions"]] == ["b"]
        bells = [(cue.at, cue.action) for cue in day.bells.listing() if cue.session == "b"]
        assert (at("09:20"), "session.start") in bells
        assert day.kinds("b")[-1] == "session.moved"
        await day.go(at("09:17"), step=2)
        assert day.state("b") == "scheduled"
        await day.service.decide(decision_request("undo", answer["override"]["id"], {}, by="Ada"))
        await day.go(at("09:18"), step=1)
        assert day.state("b") == "live", "its time has come already"


async def test_the_session_that_is_really_on_stage_takes_the_place_of_the_one_that_runs() -> None:
    """Nothing of it is missing, and the other one is recorded later."""
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:03"), step=2)
        await decide(day, "swap", **{"with": "b"})
        await day.go(at("09:03:04"), step=1)
        assert (day.state("a"), day.state("b")) == ("scheduled", "live")
        assert day.room("main")["session"] == "b"
        await day.go(at("09:12"), step=2)
        assert day.state("b") == "ended"
        await day.go(at("09:28"), step=2)
        recordings = [day.service.library.document(id) for id in ("a", "b")]
        assert [(one["state"], one["duration"], one["coverage"]) for one in recordings] == [("ready", 600, 1.0)] * 2
        assert recordings[1]["start"] == "2025-09-08T11:00:00+02:00"


async def test_an_added_session_is_captured_shown_and_recorded() -> None:
    async with conference_day(TABLE, POLICY, at("08:40")) as day:
        await day.go(at("09:30"), step=5)
        times = {"start": "2025-09-08T09:30:00+00:00", "end": "2025-09-08T09:40:00+00:00"}
        answer = await decide(day, "add", "", room="side", title="Questions", **times)
        [added] = [one["id"] for one in answer["sessions"]]
        assert "session.changed" in day.kinds(added)
        await day.go(at("09:31"), step=1)
        assert (day.state(added), day.document(added)["on_air"]) == ("live", True)
        with pytest.raises(Conflict, match="has started"):
            await day.service.decide(decision_request("undo", answer["override"]["id"], {}, by="Ada"))
        await day.go(at("09:41"), step=2)
        assert day.service.library.document(added)["state"] == "partial", "its capture began with it"


async def test_a_session_that_was_added_by_mistake_is_removed() -> None:
    async with conference_day(TABLE, POLICY, at("08:40")) as day:
        times = {"start": "2025-09-08T09:30:00+00:00", "end": "2025-09-08T09:40:00+00:00"}
        answer = await decide(day, "add", "", room="side", title="Questions", **times)
        await day.service.decide(decision_request("undo", answer["override"]["id"], {}, by="Ada"))
        assert "Questions" not in [one["title"] for one in day.service.snapshot(Audience.VIEWER)["sessions"]]


async def test_a_notice_is_told_to_all_and_to_those_who_come_and_can_be_withdrawn() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        answer = await decide(day, "notice", "", text=" Lunch is served ", room="main")
        id, notices = answer["override"]["id"], [one for one in day.told() if one["kind"] == "notice"]
        notice = {"id": id, "room": "main", "text": "Lunch is served", "at": "2025-09-08T10:49:00+02:00"}
        assert [one["notice"] for one in notices] == [notice]
        assert "notice" in [one["kind"] for one in day.told(Audience.CREW)]
        assert day.service.snapshot(Audience.VIEWER)["notices"] == [notice]
        await day.service.decide(decision_request("undo", id, {}, by="Ada"))
        assert day.told()[-1]["notice"] == {**notice, "withdrawn": True}
        assert day.service.snapshot(Audience.VIEWER)["notices"] == []
        await decide(day, "notice", "", text="Please sit down")
        await day.go(at("09:05"), step=30)
        assert day.service.snapshot(Audience.VIEWER)["notices"] == [], "it is old"


async def test_who_leads_a_session_into_a_room_without_a_source_is_told() -> None:
    table = timetable(session("a", "main", at("09:00"), 10), session("c", "garden", at("09:00"), 10))
    async with conference_day(table, policy_for("main"), at("08:40")) as day:
        for action, body in (("swap", {"with": "c"}), ("move", {"room": "garden"})):
            answer = await day.service.decide(decision_request(action, "a", body, by="Ada", preview=True))
            told = [one for one in answer["conflicts"] if one["with"] is None]
            assert [one["session"] for one in told] == ["a"]
            assert "room garden has no source: “Title of a” is neither recorded nor streamed" in told[0]["message"]
        back = await day.service.decide(decision_request("move", "c", {"room": "main"}, by="Ada", preview=True))
        assert [one for one in back["conflicts"] if one["with"] is None] == []

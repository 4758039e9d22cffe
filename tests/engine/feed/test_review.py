"""The feed's desk in a running engine: what is held back, answered, pinned, told, and what outlasts a restart."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from support.day.conference_day import (
    MemoryStore,
    OneTimetable,
    at,
    conference_day,
    policy_for,
    replaced,
    session,
    timetable,
)

from streamer.core.base.errors import Conflict, NotFound, TimetableError
from streamer.core.base.ids import SessionId
from streamer.core.records.batch import Stored
from streamer.core.records.journal import Audience
from streamer.core.timetable.sessions import Doubt, Parsed, Timetable, Unread
from streamer.core.trust.health import FeedHealth
from streamer.core.trust.settings import Distrust
from streamer.core.trust.state import FeedState
from streamer.engine.feed.weighing import Weighing
from streamer.engine.programme.programme import Programme
from streamer.store import SqlStore
from streamer.web.api.decision_models import decision_request

HALL = tuple(session(f"m{n}", "main", at(f"{9 + n:02}:00"), 30) for n in range(6))
SIDE = tuple(session(f"s{n}", "side", at(f"{9 + n:02}:00"), 30) for n in range(6))
WHOLE = timetable(*HALL, *SIDE)
MISSING = replace(timetable(*HALL), rooms=WHOLE.rooms)
"""The side room's sheet was empty for some minutes."""
POLICY = policy_for("main", "side")


def ids(day: Any) -> set[str]:
    return {s["id"] for s in day.service.snapshot(Audience.VIEWER)["sessions"]}


async def test_a_mass_change_that_is_taken_back_leaves_no_trace_in_the_programme() -> None:
    async with conference_day(WHOLE, POLICY, at("08:00")) as day:
        await day.go(at("09:10"))
        told = len(day.told())
        day.publish(MISSING)
        await day.go(at("09:18"))
        status = day.service.versions.status()
        assert [(h["kind"], h["suspicion"], len(h["sessions"])) for h in status["held"]] == [("mass", "vanished", 6)]
        alarms = [a for a in day.service.snapshot(Audience.CREW)["alarms"] if a["id"].startswith("timetable held")]
        assert "6 sessions vanished at once" in alarms[0]["message"]
        assert "approve or refuse" in alarms[0]["hint"]
        day.publish(WHOLE)
        await day.go(at("09:20"))
        assert day.told()[told:] == [], "viewers heard nothing of it"
        assert day.document("s0")["on_air"] is True
        assert not [a for a in day.service.snapshot(Audience.CREW)["alarms"] if a["id"].startswith("timetable")]
        states = [v["state"] for v in day.service.versions.listing()]
        assert states == ["current", "withdrawn", "past"]


async def test_a_mass_change_that_stands_counts_after_its_time_and_stops_nothing() -> None:
    async with conference_day(WHOLE, POLICY, at("08:00")) as day:
        await day.go(at("09:10"))
        day.publish(MISSING)
        await day.go(at("09:19:50"))
        assert len(ids(day)) == 12
        await day.go(at("09:20:10"))
        assert ids(day) == {s.id for s in HALL} | {"s0"}
        assert day.document("s0")["on_air"] is True
        assert [h["kind"] for h in day.service.versions.status()["held"]] == ["ask"]
        await day.go(at("09:50"))
        assert ids(day) == {s.id for s in HALL} | {"s0"}, "what took place is part of the programme"
        assert day.service.versions.status()["held"] == []
        assert day.ends("capture:side") == [at("09:40")], "after its linger"
        recording = day.engine.recordings.all[SessionId("s0")]
        assert (recording.state, recording.coverage) == ("ready", 1.0)


async def test_a_feed_that_breaks_while_something_is_held_settles_nothing() -> None:
    async with conference_day(WHOLE, POLICY, at("07:30")) as day:
        day.publish(MISSING)
        await day.turn()
        day.service.receive(TimetableError("HTTP 503"))
        await day.go(at("08:00"), step=60)
        assert len(ids(day)) == 12
        alarm = next(a for a in day.service.snapshot(Audience.CREW)["alarms"] if a["id"] == "timetable")
        assert alarm["message"] == "the timetable could not be renewed: HTTP 503"
        assert alarm["hint"] == "the last good version stays in use, at least 30m old; look at the feed"
        day.publish(MISSING)
        await day.turn()
        assert ids(day) == {s.id for s in HALL}


async def test_the_crew_approves_refuses_pins_and_goes_back() -> None:
    async with conference_day(WHOLE, POLICY, at("08:00")) as day:
        versions = day.service.versions
        with pytest.raises(Conflict):
            await versions.answer([], approve=True, by="Kim")
        day.publish(MISSING)
        await day.turn()
        (held,) = versions.status()["held"]
        with pytest.raises(NotFound):
            await versions.answer(["nonsense"], approve=True, by="Kim")
        refused = await versions.answer([held["id"]], approve=False, by="Kim")
        assert [h["id"] for h in refused["refused"]] == [held["id"]]
        await day.go(at("08:20"), step=60)
        assert len(ids(day)) == 12
        approved = await versions.answer([held["id"]], approve=True, by="Kim")
        assert (approved["held"], approved["refused"]) == ([], [])
        assert ids(day) == {s.id for s in HALL}
        pinned = await versions.pin(1, "Kim")
        assert (pinned["pinned"], len(ids(day))) == (1, 12)
        day.publish(replaced(MISSING, id="m1", title="New", record=False))
        await day.turn()
        assert day.document("m1")["title"] == "Title of m1"
        assert day.document("m1")["record"] is False, "consent that is withdrawn is held back by nothing"
        with pytest.raises(NotFound):
            await versions.pin(99, "Kim")
        await versions.unpin("Kim")
        assert ids(day) == {s.id for s in HALL}
        assert day.document("m1")["title"] == "New"
        with pytest.raises(Conflict):
            await versions.unpin("Kim")
        decided = [(d["by"], d["action"]) for d in versions.status()["decisions"]]
        assert decided == [("Kim", "refuse"), ("Kim", "approve"), ("Kim", "pin"), ("Kim", "unpin")]
        told = [b["feed"]["pinned"] for b in day.told(Audience.CREW) if b["kind"] == "feed"]
        assert 1 in told, "the crew hears of it"


async def test_another_conference_that_is_refused_is_forgotten() -> None:
    theirs = timetable(*(session(f"m{n}", "garden", at(f"{10 + n}:15"), title=f"Their {n}") for n in range(5)))
    async with conference_day(WHOLE, POLICY, at("08:00")) as day:
        day.publish(theirs)
        await day.turn()
        await day.service.versions.answer([], approve=False, by="Kim")
        await day.go(at("08:20"), step=60)
        assert ids(day) == {s.id for s in (*HALL, *SIDE)}
        assert day.service.versions.listing()[0]["state"] == "refused"
        day.publish(WHOLE)
        await day.turn()
        assert day.service.versions.status()["refused"] == []
        assert day.service.versions.listing()[0]["state"] == "current"
        assert ids(day) == {s.id for s in (*HALL, *SIDE)}


async def test_going_back_stops_nothing_that_runs() -> None:
    early = timetable(session("a", "main", at("10:00"), 30))
    async with conference_day(early, POLICY, at("08:30")) as day:
        day.publish(timetable(session("a", "main", at("10:00"), 30), session("b", "main", at("09:00"), 30)))
        await day.go(at("09:10"))
        await day.service.versions.pin(1, "Kim")
        await day.go(at("09:20"))
        assert day.document("b")["on_air"] is True
        await day.go(at("09:50"))
        assert day.engine.recordings.all[SessionId("b")].state == "ready"


async def test_consent_that_is_given_while_a_session_runs_counts_from_then_on() -> None:
    table = timetable(session("a", "main", at("09:00"), 30, record=False))
    async with conference_day(table, POLICY, at("08:45")) as day:
        await day.go(at("09:10"))
        day.publish(replaced(table, id="a", record=True))
        await day.turn()
        await day.go(at("09:40"))
        engine = day.engine
        kept = engine.archive.footage.kept(SessionId("a"))
        assert kept
        assert min(t.start for t in kept) >= at("09:10").timestamp()
        assert engine.archive.footage.violations(engine.programme.plan(day.clock.now())) == []
        recording = engine.recordings.all[SessionId("a")]
        assert sum(g.duration for g in recording.gaps) == pytest.approx(600, abs=3)


async def test_ids_that_are_random_in_every_export_change_nothing() -> None:
    def export(run: str) -> Timetable:
        return timetable(*(replace(s, id=SessionId(f"{run}-{n}")) for n, s in enumerate(HALL)))

    async with conference_day(export("x"), POLICY, at("08:45")) as day:
        await day.go(at("09:10"))
        told = len(day.told())
        for run in "yz":
            day.publish(export(run))
            await day.turn()
        assert ids(day) == {f"x-{n}" for n in range(6)}
        assert day.told()[told:] == []
        assert day.ends("capture:main") == []


class Unreachable(OneTimetable):
    async def load(self) -> Parsed:
        raise TimetableError("HTTP 503")


async def test_the_last_good_version_and_what_was_said_outlast_a_restart(tmp_path: Path) -> None:
    first = SqlStore(data=tmp_path)
    async with conference_day(WHOLE, POLICY, at("08:00"), store=first) as day:
        day.publish(MISSING)
        await day.turn()
        (held,) = day.service.versions.status()["held"]
        day.killed = True
    store, feed = SqlStore(data=tmp_path), Unreachable(WHOLE)
    async with conference_day(WHOLE, POLICY, at("08:05"), store=store, after=day, feed=feed) as again:
        assert ids(again) == {s.id for s in (*HALL, *SIDE)}
        assert [v["state"] for v in again.service.versions.listing()] == ["broken", "held", "current"]
        assert (await again.store.timetable(2))["sessions"][0]["id"] == "m0"
        again.clock.advance(timedelta(minutes=4).total_seconds())
        again.publish(MISSING)
        await again.turn()
        assert [h["since"] for h in again.service.versions.status()["held"]] == [held["since"]]
        await again.go(at("08:11"))
        assert ids(again) == {s.id for s in HALL}


async def test_another_configuration_begins_anew_with_the_same_ids() -> None:
    store = MemoryStore()
    table = timetable(replace(HALL[0], id=SessionId("x")), *HALL[1:])
    async with conference_day(table, POLICY, at("08:00"), store=store) as day:
        setting = next(b.settings["timetable"] for b in reversed(store.batches) if "timetable" in b.settings)
        day.killed = True

    class Known(MemoryStore):
        async def open(self) -> Stored:
            return Stored(epoch="epoch", node="node", settings={"timetable": {**setting, "house": "another"}})

    other = timetable(*(replace(s, id=SessionId(f"y{n}"), room=s.room) for n, s in enumerate(HALL)))
    async with conference_day(other, POLICY, at("08:05"), store=Known()) as again:
        assert ids(again) == {"x", "m1", "m2", "m3", "m4", "m5"}
        assert again.service.versions.status()["held"] == []


async def test_pinning_the_version_that_counts_pins_what_is_followed_of_it_and_nothing_that_waits() -> None:
    moved = replaced(WHOLE, id="m0", room="side")
    async with conference_day(WHOLE, POLICY, at("08:00")) as day:
        await day.go(at("09:10"))
        day.publish(moved)
        await day.turn()
        versions = day.service.versions
        assert [(h["kind"], h["sessions"]) for h in versions.status()["held"]] == [("ask", ["m0"])]
        current = versions.status()["current"]
        assert current is not None
        assert current["id"] == 2
        assert (await versions.preview(2))["changed"] == {}
        pinned = await versions.pin(2, "Kim")
        assert (pinned["pinned"], day.document("m0")["room"]) == (2, "main")
        await day.go(at("09:20"))
        assert day.document("m0")["room"] == "main"


async def test_what_going_back_would_change_can_be_seen_before() -> None:
    async with conference_day(WHOLE, POLICY, at("08:00")) as day:
        day.publish(replaced(WHOLE, id="m3", title="New", record=False))
        await day.turn()
        versions, told = day.service.versions, len(day.told(Audience.CREW))
        seen = await versions.preview(1)
        assert (seen["version"], seen["sessions"], seen["changed"]) == (1, 12, {"renamed": 1}), (
            "consent stays withdrawn"
        )
        assert seen["changes"][0]["message"] == "“New” is now called “Title of m3”."
        assert (versions.status()["pinned"], day.document("m3")["title"]) == (None, "New")
        assert len(day.told(Audience.CREW)) == told
        with pytest.raises(NotFound):
            await versions.preview(99)


def health(name: str, confirmed: str, changed: str, error: str = "") -> FeedHealth:
    times = {"confirmed": at(confirmed), "changed": at(changed)}
    return FeedHealth(name=name, origin=name, sessions=6, error=error, **times)


async def test_a_mass_change_counts_once_the_feed_that_brought_it_was_read_again_after_its_time() -> None:
    async with conference_day(WHOLE, POLICY, at("07:30")) as day:
        feed: Any = day.service._parts.feed
        other = health("main", "07:30", "07:00", error="the server answers 503")
        await day.go(at("07:31"), step=60)
        feed.fresh = (other, health("side", "07:32", "07:30:59"))
        day.publish(MISSING)
        await day.go(at("07:55"), step=60)
        assert len(ids(day)) == 12, "it is asked once an hour: nobody knows whether it still says so"
        await day.service.decide(decision_request("extend", "m1", {"minutes": 5}, by="Kim"))
        await day.go(at("07:56"), step=60)
        assert len(ids(day)) == 12, "what somebody decides of another session tells nothing of it"
        feed.fresh = (other, health("side", "07:57", "07:30:59", error="the server answers 502"))
        await day.go(at("08:00"), step=60)
        assert len(ids(day)) == 12
        assert day.service.versions.status()["confirmed"] == "2025-09-08T09:30:00+02:00"
        assert day.service.versions.status()["error"] == "the server answers 503"
        feed.fresh = (other, health("side", "08:01", "08:01"))
        await day.turn()
        assert len(ids(day)) == 12, "it says something new, which is not here yet"
        feed.fresh = (other, health("side", "08:01", "07:30:59"))
        await day.go(at("08:02"), step=60)
        assert ids(day) == {s.id for s in HALL}, "that another feed fails does not hold it"


async def test_a_session_that_begins_while_a_version_is_weighed_is_one_that_runs() -> None:
    many = tuple(session(f"x{n}", "side", at("12:00", f"2025-09-{9 + n % 9:02}"), 1) for n in range(700))
    whole, without = timetable(HALL[0], *many), timetable(*many)
    programme = Programme(whole, POLICY)
    scales = Weighing(programme, Distrust(), tuple)
    state = FeedState(house="", running=whole, goal=without, latest=without)
    clock = iter([at("08:59:59"), at("09:00:01"), at("09:00:01"), at("09:00:02")])
    verdict = await scales.weigh_aside(state, lambda: next(clock))
    assert [h.sessions for h in verdict.held] == [("m0",)]
    assert verdict.timetable.session(SessionId("m0")) == HALL[0]


async def test_a_server_that_comes_and_goes_drives_no_good_version_out() -> None:
    async with conference_day(WHOLE, POLICY, at("07:00")) as day:
        for minute in range(120):
            day.service.receive(TimetableError(f"HTTP 503 in minute {minute}"))
            day.publish(WHOLE)
            await day.turn()
        day.publish(replaced(WHOLE, id="m3", title="New"))
        await day.turn()
        assert [v["state"] for v in day.service.versions.listing()] == ["current", "broken", "past"]
        assert day.service.versions.listing()[1]["error"] == "HTTP 503 in minute 119"
        assert (await day.service.versions.pin(1, "Kim"))["pinned"] == 1


async def test_what_became_unreadable_stays_with_its_times_and_is_told() -> None:
    async with conference_day(WHOLE, POLICY, at("08:30")) as day:
        told = len(day.told())
        guess = Doubt(reason="its duration “soon” is not hours:minutes", where="line 7")
        table = replaced(WHOLE, id="m1", end=at("11:00"), doubt=guess)
        unread = Unread(id=SessionId("m2"), title="Title of m2", reason="it has no start", where="line 9")
        left = tuple(s for s in table.sessions if s.id != "m2")
        day.publish(replace(table, sessions=left, unread=(unread,)))
        await day.go(at("08:31"))
        assert day.told()[told:] == [], "nothing moved, nothing was removed"
        listing = day.service.versions.listing()
        assert (listing[0]["state"], listing[0]["changed"]) == ("current", {})
        alarms = {a["session"]: a["message"] for a in day.service.snapshot(Audience.CREW)["alarms"]}
        assert "line 7: “Title of m1”: its duration “soon” is not hours:minutes" in alarms["m1"]
        assert "its former end 12:30 is kept" in alarms["m1"]
        assert "line 9: “Title of m2” can't be read: it has no start; it stays from 13:00 to 13:30" in alarms["m2"]
        day.publish(WHOLE)
        await day.go(at("08:32"))
        assert day.service.snapshot(Audience.CREW)["alarms"] == []


async def test_a_cancelled_session_is_listed_as_that_and_its_replacement_gets_the_slot() -> None:
    async with conference_day(WHOLE, POLICY, at("08:30")) as day:
        off = replaced(WHOLE, id="m0", cancelled=True)
        day.publish(replace(off, sessions=(*off.sessions, session("new", "main", at("09:00"), 30))))
        await day.go(at("09:10"))
        assert day.document("m0")["state"] == "cancelled"
        assert day.document("new")["state"] == "live"
        assert "session.cancelled" in [change["kind"] for change in day.told()]


async def test_a_length_of_more_than_a_day_waits_for_the_crew() -> None:
    claim = Doubt(reason="it would last 289d", where="line 7", claims=at("09:00") + timedelta(days=289))
    async with conference_day(replaced(WHOLE, id="m0", doubt=claim), POLICY, at("08:30")) as day:
        (held,) = day.service.versions.status()["held"]
        assert (held["kind"], held["sessions"]) == ("ask", ["m0"])
        (alarm,) = [a for a in day.service.snapshot(Audience.CREW)["alarms"] if a["session"] == "m0"]
        assert "would last 289d, until 2026-06-24 11:00; is that meant?" in alarm["message"]
        await day.go(at("09:40"))
        assert day.document("m0")["state"] == "ended"

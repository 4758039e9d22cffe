"""What the crew is told of feeds beside their versions: their age, and rooms that nobody knows under their names."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.ids import RoomId
from streamer.core.records.journal import Audience
from streamer.core.timetable.sessions import Room, Timetable
from streamer.core.trust.health import FeedHealth
from streamer.engine.feed.watch import FeedWatch
from streamer.engine.programme.programme import Programme
from streamer.engine.status.crew_documents import CrewSnapshotDocument

TABLE = timetable(session("a", "main", at("09:00")), session("b", "attic", at("09:00")))


def failing(since: datetime, name: str = "") -> FeedHealth:
    return FeedHealth(name=name, origin="https://example.org/day", confirmed=since, error="the server answers 503")


def crew(day: Day) -> CrewSnapshotDocument:
    return day.service.snapshot(Audience.CREW)


def alarms(day: Day) -> dict[str, Any]:
    return {alarm["id"]: alarm for alarm in crew(day)["alarms"]}


async def test_the_crew_sees_how_old_each_feed_is_and_which_rooms_nobody_knows() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:00")) as day:
        feed: Any = day.service._parts.feed
        assert set(alarms(day)) == {"unknown rooms"}
        assert "“Room attic” (1 session, next “Title of b” at 11:00)" in alarms(day)["unknown rooms"]["message"]
        (attic,) = crew(day)["unknown_rooms"]
        assert (attic["id"], [s["id"] for s in attic["sessions"]]) == ("attic", ["b"])
        assert crew(day)["feed"]["unknown_rooms"] == [attic]
        feed.fresh = (failing(at("08:00")), FeedHealth(name="sheet", origin="sheet.csv", confirmed=at("08:00")))
        await day.go(at("08:31"), step=60)
        assert alarms(day)["timetable"]["message"] == (
            "the timetable could not be renewed for more than 30m: the server answers 503"
        )
        assert [(one["name"], one["age"], one["error"]) for one in crew(day)["feeds"]] == [
            ("", 31 * 60.0, "the server answers 503"),
            ("sheet", 31 * 60.0, None),
        ]
        ages = next(metric for metric in day.service.metrics() if metric.name == "streamer_feed_age_seconds")
        assert ages.samples == [({"feed": ""}, 31 * 60.0), ({"feed": "sheet"}, 31 * 60.0)]
        told = [b["feed"] for b in day.told(Audience.CREW) if b["kind"] == "feed"]
        assert told[-1]["unknown_rooms"] == [attic], "who does not ask is told"
        assert crew(day)["feed"]["confirmed"] == "2025-09-08T10:00:00+02:00"
        feed.fresh = (FeedHealth(name="", origin="day", confirmed=at("08:31")),)
        await day.turn()
        told = [b["feed"] for b in day.told(Audience.CREW) if b["kind"] == "feed"]
        feed.fresh = (FeedHealth(name="", origin="day", confirmed=at("08:32")),)
        await day.turn()
        assert len([b for b in day.told(Audience.CREW) if b["kind"] == "feed"]) == len(told), "each look is no news"
        assert crew(day)["feed"]["confirmed"] == "2025-09-08T10:32:00+02:00"
        feed.fresh = ()
        await day.go(at("10:00"), step=60)
        assert not {"timetable", "unknown rooms"} & set(alarms(day))


def renamed(table: Timetable, room: str, name: str) -> Timetable:
    """The sessions of a room in one that is called otherwise."""
    new = Room(id=RoomId(name.lower()), name=name)
    sessions = tuple(replace(s, room=new.id) if s.room == room else s for s in table.sessions)
    return replace(table, rooms=(*(r for r in table.rooms if r.id != room), new), sessions=sessions)


def test_a_renamed_room_stays_noticed_until_it_is_known() -> None:
    table = timetable(*(session(id, "main", at("09:00") + n * timedelta(hours=1)) for n, id in enumerate("abc")))
    programme = Programme(table, policy_for("main"))
    watch = FeedWatch(programme, lambda: ())
    assert watch.room_alarms(at("07:00")) == {}
    programme.timetable = renamed(table, "main", "Red")
    assert set(watch.room_alarms(at("07:00"))) == {"room renamed red"}
    (red,) = watch.unknown_rooms()
    assert (red["was"], red["count"]) == ("main", 3)
    programme.timetable = replace(programme.timetable, title="Another title")
    assert set(watch.room_alarms(at("07:00"))) == {"room renamed red"}
    programme.timetable = table
    assert watch.room_alarms(at("07:00")) == {}
    assert watch.unknown_rooms() == []
    stranger = replace(session("x", "red", at("15:00")), title="Somebody else's")
    programme.timetable = replace(table, sessions=(*table.sessions, stranger))
    assert set(watch.room_alarms(at("07:00"))) == {"unknown rooms"}

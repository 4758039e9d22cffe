"""The metrics of a day: what each sample counts."""

from __future__ import annotations

from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.engine.service.metrics import Metric

TABLE = timetable(session("a", "main", at("09:00"), 10, stream=False))


async def test_the_recordings_by_state_are_among_the_metrics() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:05"))
        assert _metric(day, "streamer_recordings").samples == [({"state": "capturing"}, 1)]
        await day.go(at("09:30"))
        assert _metric(day, "streamer_recordings").samples == [({"state": "ready"}, 1)]
        assert _metric(day, "streamer_safety_turn_repairs_total").samples == [({}, 0)]


def _metric(day: Day, name: str) -> Metric:
    return next(metric for metric in day.service.metrics() if metric.name == name)

"""The timeline of a day that really happened, on fake time."""

from __future__ import annotations

import pytest
from support.day.conference_day import at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import NotFound
from streamer.web.api.decision_models import decision_request

TABLE = timetable(session("a", "main", at("09:00"), 10), session("b", "side", at("09:00"), 10))
POLICY = policy_for("main", "side")


async def test_the_handover_says_what_happened_and_who_decided_it() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("09:05"), step=2)
        await day.service.decide(decision_request("extend", "a", {"minutes": 2}, by="Ada"))
        day.world.kill("capture:main")
        await day.go(at("09:16"), step=2)
        whole = await day.service.timelines.day()
        texts = [(one["room"], one["text"], one["by"]) for one in whole["moments"]]
        assert ("main", "captured", "") in texts
        assert ("main", "“Title of a” started", "") in texts
        assert ("main", "extend a by 2 min", "Ada") in texts
        assert any(text.startswith("the capture ended: ") for _, text, _ in texts)
        assert any(text.startswith("the recording of “Title of a” is partial") for _, text, _ in texts)
        assert whole["start"] == "2025-09-08T00:00:00+02:00"

        mine = await day.service.timelines.session("a")
        assert mine["title"] == "Title of a"
        assert {one["room"] for one in mine["moments"]} == {"main"}
        assert "**Room main:** extend a by 2 min (Ada)" in day.service.timelines.markdown(mine)
        part = await day.service.timelines.day(at("09:04"), at("09:06"))
        assert [one["text"] for one in part["moments"] if one["kind"] == "decision"] == ["extend a by 2 min"]
        assert "“Title of a” started" not in [one["text"] for one in part["moments"]]
        with pytest.raises(NotFound, match="no such session"):
            await day.service.timelines.session("gone")

"""The crew's look at a room: there from its capture's lead on, also while viewers see slate."""

from __future__ import annotations

import pytest
from support.day.conference_day import at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import NotFound

TABLE = timetable(session("a", "main", at("09:00"), 10, stream=False), session("b", "side", at("12:00"), 10))
POLICY = policy_for("main", "side")


async def test_a_room_is_seen_while_it_is_captured() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        previews = day.service.previews
        with pytest.raises(NotFound, match="no picture of this room"):
            previews.multivariant("main")
        await day.go(at("08:55"), step=2)
        take = previews.multivariant("main").splitlines()[-1].removesuffix("/index.m3u8")
        assert day.room("main")["state"] == "slate"
        listed = [line for line in previews.playlist("main", take).splitlines() if line.endswith(".ts")]
        assert len(listed) == 6
        number = int(listed[-1].removesuffix(".ts"))
        assert str(previews.segment("main", take, number)).endswith(f"{number:06d}.ts")
        await day.go(at("09:21"), step=5)
        with pytest.raises(NotFound):
            previews.multivariant("main")
        assert "#EXT-X-ENDLIST" in previews.playlist("main", take)


async def test_a_take_is_shown_in_its_own_room_only() -> None:
    async with conference_day(TABLE, POLICY, at("08:49")) as day:
        await day.go(at("08:55"), step=2)
        take = day.service.previews.multivariant("main").splitlines()[-1].removesuffix("/index.m3u8")
        for room, wanted in (("side", take), ("main", "another")):
            with pytest.raises(NotFound):
                day.service.previews.playlist(room, wanted)
            with pytest.raises(NotFound):
                day.service.previews.segment(room, wanted, 1)
        with pytest.raises(NotFound):
            day.service.previews.segment("main", take, 999_999)

"""A session that is moved takes everything with it: capture, channel, recording, bells and documents go by the plan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar

from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.ids import OverrideId, RoomId, SessionId
from streamer.core.decisions.decision import Moment, Offer, SessionDecision
from streamer.core.decisions.fields import Words
from streamer.core.decisions.override import Override
from streamer.core.plan.draft import DraftSession
from streamer.web.api.decision_models import decision_request

MOVED = at("09:10").timestamp()
MAIN, SIDE = RoomId("main"), RoomId("side")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move(SessionDecision):
    """A decision that there is only here."""

    offer: ClassVar[Offer] = Offer(
        action="move", path="sessions/{id}/move", operation="moveSession", summary="Move a session", undo="It is back."
    )

    room: Annotated[str | None, Words("Where to")] = None
    start: Annotated[datetime | None, Words("When")] = None

    def check(self, moment: Moment) -> None: ...

    def change(self, session: DraftSession, taken: datetime) -> None:
        session.move(room=RoomId(self.room) if self.room else None, start=self.start)

    def describe(self) -> str:
        return f"move {self.session}"


async def take(day: Day, decision: Move) -> None:
    override = Override(id=OverrideId("m"), at=day.clock.now(), by="Ada", decision=decision, room=MAIN)
    day.engine.remember(override, lambda batch: None)
    await day.engine.once()
    await day.turn()


TABLE = timetable(session("a", "main", at("09:00"), 30))


async def test_before_its_start_a_session_moves_to_another_room_and_time() -> None:
    async with conference_day(TABLE, policy_for("main", "side"), at("08:45")) as day:
        await take(day, Move(session=SessionId("a"), room="side", start=at("09:20")))
        assert day.kinds("a")[-1] == "session.moved"
        assert (day.document("a")["room"], day.document("a")["start"]) == ("side", "2025-09-08T11:20:00+02:00")
        assert (at("09:10"), "a", "capture.start") in [(c.at, c.session, c.action) for c in day.bells.listing()]
        await day.go(at("09:25"))
        assert not day.starts("capture:main")
        assert day.world.running("capture:side")
        assert (day.room("side")["state"], day.room("side")["session"]) == ("live", "a")
        assert day.document("a")["on_air"] is True
        await day.go(at("09:55"))
        recording = day.service.library.document("a")
        assert (recording["room"], recording["start"]) == ("side", "2025-09-08T11:20:00+02:00")
        assert (recording["state"], recording["duration"], recording["gaps"]) == ("ready", 1800, [])


async def test_a_running_session_that_moves_keeps_what_was_recorded_in_its_former_room() -> None:
    async with conference_day(TABLE, policy_for("main", "side"), at("08:45")) as day:
        await day.go(at("09:10"))
        before = {t.segment.path for t in day.engine.archive.footage.kept(SessionId("a"))}
        assert before
        await take(day, Move(session=SessionId("a"), room="side"))
        await day.go(at("09:12"))
        assert day.room("main")["state"] != "live"
        assert (day.room("side")["state"], day.document("a")["state"]) == ("live", "live")
        kept = {t.segment.path for t in day.engine.archive.footage.kept(SessionId("a"))}
        assert before < kept, "what is recorded in the other room has come to it"


async def test_consent_withdrawn_after_a_move_erases_in_both_rooms() -> None:
    async with conference_day(TABLE, policy_for("main", "side"), at("08:45")) as day:
        await day.go(at("09:10"))
        await take(day, Move(session=SessionId("a"), room="side"))
        await day.go(at("09:12"))
        in_main = {t.segment.path for t in day.engine.archive.footage.kept(SessionId("a")) if t.start < MOVED}
        assert in_main, "there is something that could leak"
        await day.service.decide(decision_request("consent", "a", {"record": False}, by="Ada"))
        assert day.engine.archive.footage.kept(SessionId("a")) == []
        assert day.document("a")["recording"] == "erased"
        await day.go(at("09:25"))
        assert in_main <= day.world.deleted

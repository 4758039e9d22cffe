"""end, extend, consent and undo on a running session: one decision moves everything together."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable

from streamer.core.base.errors import Conflict, Invalid, NotFound
from streamer.core.base.ids import RoomId, SessionId
from streamer.core.base.json import Document
from streamer.core.channel.channel import SpanKind
from streamer.core.records.journal import Audience
from streamer.web.api.decision_models import decision_request

TABLE = timetable(session("a", "main", at("09:00"), 30), session("b", "main", at("10:00"), 30))


async def decide(day: Day, action: str, target: str = "a", **more: Any) -> Document:
    preview, key = more.pop("preview", False), more.pop("key", None)
    request = decision_request(action, target, more, by="Ada", preview=preview, key=key)
    return await day.service.decide(request)


async def test_end_moves_capture_recording_channel_bells_and_viewers_together() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"), step=2)
        answer = await decide(day, "end")
        assert answer["sessions"][0]["end"] == "2025-09-08T11:10:00+02:00"
        assert answer["sessions"][0]["state"] == "ended"
        assert answer["override"]["by"] == "Ada"
        assert [k for k in day.kinds("a") if k != "session.changed"] == ["session.live", "session.ended"]
        assert (at("09:20"), "capture.stop") in [(cue.at, cue.action) for cue in day.bells.listing()]
        assert all(cue.at != at("09:30") for cue in day.bells.listing())
        await day.go(at("09:11"), step=0.5)
        live = [e for e in day.engine.channels.rooms[RoomId("main")].channel.entries if e.kind is SpanKind.LIVE]
        assert max(e.end for e in live) <= at("09:10").timestamp() + 0.03
        assert day.room("main")["state"] == "slate"
        assert not day.world.running("livestream:main")
        await day.go(at("09:12"))
        recording = day.service.library.document("a")
        assert recording["state"] == "ready"
        assert recording["duration"] == 600
        await day.go(at("09:25"))
        assert not day.world.running("capture:main")


async def test_extend_goes_on_without_a_blink() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:29"), step=5)
        answer = await decide(day, "extend", minutes=10)
        assert answer["sessions"][0]["end"] == "2025-09-08T11:40:00+02:00"
        assert answer["sessions"][0]["scheduled_end"] == "2025-09-08T11:30:00+02:00"
        assert answer["conflicts"] == []
        assert day.kinds("a")[-1] == "session.moved"
        await day.go(at("09:39"), step=5)
        assert day.document("a")["on_air"] is True
        await day.go(at("09:45"), step=5)
        assert len(day.starts("capture:main")) == len(day.starts("livestream:main")) == 1
        assert day.service.library.document("a")["duration"] == 2400
        assert day.service.library.document("a")["state"] == "ready"


async def test_extending_into_the_next_session_names_the_conflict() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:05"))
        answer = await decide(day, "extend", minutes=40, preview=True)
        assert answer["override"] is None
        assert [(c["session"], c["with"]) for c in answer["conflicts"]] == [("a", "b")]
        assert "10 min" in answer["conflicts"][0]["message"]
        assert answer["sessions"][0]["end"] == "2025-09-08T12:10:00+02:00"
        assert day.document("a")["end"] == "2025-09-08T11:30:00+02:00", "a preview changes nothing"


async def test_an_ended_session_extended_within_the_ring_has_no_gap() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:33"), step=5)
        assert day.document("a")["recording"] == "ready"
        await decide(day, "extend", minutes=10)
        assert day.state("a") in ("live", "scheduled")
        await day.go(at("09:34"), step=1)
        assert day.state("a") == "live"
        await day.go(at("09:50"), step=5)
        recording = day.service.library.document("a")
        assert (recording["state"], recording["duration"], recording["gaps"]) == ("ready", 2400, [])


async def test_undo_drops_the_decision_and_leaves_no_gap() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"), step=5)
        answer = await decide(day, "end")
        await day.go(at("09:12"), step=2)
        undo = await decide(day, "undo", answer["override"]["id"])
        assert undo["override"]["undone"] is not None
        assert undo["sessions"][0]["end"] == "2025-09-08T11:30:00+02:00"
        await day.go(at("09:13"), step=1)
        assert day.document("a")["on_air"] is True
        await day.go(at("09:40"))
        recording = day.service.library.document("a")
        assert (recording["state"], recording["duration"], recording["gaps"]) == ("ready", 1800, [])
        with pytest.raises(Conflict, match="undone already"):
            await decide(day, "undo", answer["override"]["id"])


async def test_withdrawn_consent_to_record_erases_at_once() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:15"), step=5)
        kept = {t.segment.path for t in day.engine.archive.footage.kept(SessionId("a"))}
        assert len(kept) > 400, "there is something that could leak"
        await decide(day, "consent", record=False)
        assert day.engine.archive.footage.kept(SessionId("a")) == []
        assert day.document("a")["recording"] == "erased"
        assert day.document("a")["record"] is False
        await day.go(at("09:16:30"), step=5)
        low, high = at("09:00").timestamp(), at("09:15").timestamp()
        left = [s for s in day.store.segments.values() if s.closed_at - 2 < high and s.closed_at > low]
        assert left == [], "segments of the session are still on disk"
        assert kept & day.world.deleted
        assert day.document("a")["on_air"] is True, "the stream was not spoken of"
        await day.go(at("10:00"))
        assert day.service.library.document("a")["files"] == []
        assert day.engine.archive.footage.violations(day.engine.programme.plan(day.clock.now())) == []


async def test_consent_withdrawn_after_the_end_erases_the_files() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:35"), step=5)
        assert day.service.library.document("a")["state"] == "ready"
        files = set(day.world.exported)
        await decide(day, "consent", record=False)
        assert day.service.library.document("a")["state"] == "erased"
        assert files <= day.world.erased


async def test_withdrawn_consent_to_stream_takes_the_chunks_away_at_once() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"), step=1)
        room = day.engine.channels.rooms[RoomId("main")]
        live = [e.sequence for e in room.channel.entries if e.kind is SpanKind.LIVE]
        assert live
        assert day.service.delivery.segment("main", "720p", live[-1]).path
        await decide(day, "consent", stream=False)
        for sequence in live:  # already, whenever the channel's next step is
            with pytest.raises(NotFound):
                day.service.delivery.segment("main", "720p", sequence)
        assert "#EXTINF" in day.service.delivery.media_playlist("main", "720p"), "slate has taken its place"
        await day.go(at("09:11"), step=1)
        assert {e.kind for e in room.channel.entries} == {SpanKind.SLATE}
        assert day.state("a") == "live", "it is still recorded"
        assert "#EXTINF" in day.service.delivery.media_playlist("main", "720p")


async def test_consent_never_grants_against_the_timetable() -> None:
    table = timetable(session("a", "main", at("09:00"), 30, record=False))
    async with conference_day(table, policy_for("main"), at("08:45")) as day:
        with pytest.raises(Conflict, match="may not be recorded"):
            await decide(day, "consent", record=True)


async def test_consent_given_back_counts_from_then_on() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"), step=5)
        first = await decide(day, "consent", record=False)
        await day.go(at("09:15"), step=5)
        await decide(day, "undo", first["override"]["id"])
        await day.go(at("09:40"), step=5)
        recording = day.service.library.document("a")
        assert recording["state"] == "partial"
        oldest = datetime.fromisoformat(recording["gaps"][0]["start"]) + timedelta(
            seconds=recording["gaps"][0]["duration"]
        )
        assert oldest >= at("09:13:45"), "what had evaporated stays so"


async def test_an_idempotency_key_repeats_the_first_answer() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"))
        first = await decide(day, "extend", minutes=5, key="k1")
        assert await decide(day, "extend", minutes=5, key="k1") == first
        assert day.document("a")["end"] == "2025-09-08T11:35:00+02:00"
        await decide(day, "extend", minutes=5, key="k2")
        assert day.document("a")["end"] == "2025-09-08T11:40:00+02:00"


async def test_a_decision_on_an_old_revision_is_refused() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"))
        revision = day.document("a")["revision"]
        await decide(day, "extend", minutes=5, if_revision=revision)
        with pytest.raises(Conflict, match=f"at revision {revision + 1}, not {revision}"):
            await decide(day, "extend", minutes=5, if_revision=revision)


@pytest.mark.parametrize(
    ("action", "body", "error"),
    [
        ("end", {}, Conflict),
        ("end", {"at": "half past nine"}, Invalid),
        ("end", {"at": "2025-09-08T09:10:00"}, Invalid),
        ("extend", {}, Invalid),
        ("extend", {"minutes": "5"}, Invalid),
        ("extend", {"minutes": True}, Invalid),
        ("extend", {"minutes": float("nan")}, Invalid),
        ("extend", {"minutes": 0}, Invalid),
        ("extend", {"minutes": -31}, Conflict),
        ("extend", {"minute": 5}, Invalid),
        ("consent", {}, Invalid),
        ("consent", {"record": "no"}, Invalid),
    ],
)
async def test_what_can_not_be_decided_is_refused(action: str, body: dict[str, Any], error: type[Exception]) -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        with pytest.raises(error):
            await decide(day, action, **body)
        with pytest.raises(NotFound):
            await decide(day, "end", "nobody")
        assert day.service.snapshot(Audience.CREW)["overrides"] == []


async def test_a_decision_is_journalled_for_the_crew_with_its_author() -> None:
    async with conference_day(TABLE, policy_for("main"), at("08:45")) as day:
        await day.go(at("09:10"))
        await decide(day, "extend", minutes=2.5)
        told = [b for b in day.told(Audience.CREW) if b["kind"] == "override"]
        assert [(b["override"]["by"], b["override"]["description"]) for b in told] == [("Ada", "extend a by 2.5 min")]
        assert not [b for b in day.told() if b["kind"] == "override"], "viewers are not told who decided"

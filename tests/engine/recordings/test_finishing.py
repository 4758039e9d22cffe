"""From a session's end to its finished recording: watched at once, written, reported on, listened to, replaced."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.day.fake_world import DELAY, FACTS, FakeClock, World

from streamer.core.base.errors import Conflict, NotFound
from streamer.core.base.ids import RunId, SessionId
from streamer.core.base.json import Document
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.core.export.files import FileFacts
from streamer.core.footage.segments import Clip, Segment
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.specs import ExportSettings
from streamer.core.recording.documents import RecordingDocument
from streamer.core.records.journal import Audience
from streamer.web.api.decision_models import decision_request

TABLE = timetable(session("a", "main", at("09:00"), 10), session("b", "main", at("09:10"), 10))
POLICY = policy_for("main")
HD, SD = "h264 1280x720 · aac 48000/2", "h264 640x360 · aac 48000/2"


def kinds(document: RecordingDocument) -> list[str]:
    return [f["kind"] for f in document["files"]]


def file(day: Day, id: str, kind: str) -> bytes:
    [found] = [f for f in day.engine.recordings.all[SessionId(id)].files if f.kind == kind]
    return bytes(day.world.written[found.path])


def a_report(day: Day, id: str = "a") -> Document:
    return dict(json.loads(file(day, id, "report")))


async def near(day: Day, until: datetime, step: float) -> None:
    """Quickly through the session, and in small steps from shortly before its end on."""
    await day.go(at("09:09:55"))
    await day.go(until, step=step)


async def test_a_recording_can_be_watched_as_its_session_ends() -> None:
    async with conference_day(TABLE, POLICY, at("08:55")) as day:
        await day.go(at("09:10"))
        await day.turn()
        document = day.service.library.document("a")
        assert (document["state"], kinds(document)) == ("finalising", ["vod"])
        early = file(day, "a", "vod").decode()
        assert "#EXT-X-ENDLIST" not in early
        await near(day, at("09:10:04"), step=0.5)
        playlist = file(day, "a", "vod").decode()
        listed = [line for line in early.splitlines() if not line.startswith("#")]
        assert [line for line in playlist.splitlines() if not line.startswith("#")][: len(listed)] == listed
        assert playlist.endswith("#EXT-X-ENDLIST\n")


async def test_progress_is_told_while_the_file_is_written() -> None:
    async with conference_day(TABLE, POLICY, at("08:55")) as day:
        await near(day, at("09:11"), step=0.5)
        told = [b["recording"] for b in day.told(Audience.CREW) if b["kind"] == "recording.state"]
        of_a = [r["progress"] for r in told if r["session"] == "a" and r["state"] == "finalising"]
        assert [p for p in of_a if p is not None], "it was said that a file is being written"
        assert day.service.library.document("a")["progress"] is None, "and that it no longer is"


async def test_the_report_says_what_was_wanted_and_what_there_is() -> None:
    async with conference_day(TABLE, POLICY, at("08:55")) as day:
        await day.go(at("09:12"))
        report = a_report(day)
        assert (report["state"], report["version"], report["coverage"], report["gaps"]) == ("ready", 1, 1.0, [])
        assert report["window"] == {
            "start": "2025-09-08T11:00:00+02:00",
            "end": "2025-09-08T11:10:00+02:00",
            "duration": 600.0,
        }
        [take] = report["takes"]
        assert (take["slot"], take["video"], take["rate"]) == (1, FACTS.video, 30.0)
        assert 600 * 30 <= report["expected_frames"] <= 604 * 30
        assert {f["kind"] for f in report["files"]} == {"mp4", "vod"}


async def test_what_listening_finds_is_added_later_and_in_wall_time() -> None:
    async with conference_day(TABLE, POLICY, at("08:55")) as day:
        await near(day, at("09:14"), step=1)
        document, report = day.service.library.document("a"), a_report(day)
        assert report["quality"]["loudness"] == -23.0
        [silent] = report["quality"]["silent"]
        covered = datetime.fromisoformat(report["covered"]["start"])
        assert datetime.fromisoformat(silent["start"]) - covered == timedelta(seconds=60)
        [listed] = [f for f in document["files"] if f["kind"] == "report"]
        assert listed["bytes"] == len(file(day, "a", "report"))
        reports = [path for path in day.world.written if path.startswith("recordings/a/") and path.endswith(".json")]
        assert len(reports) == 1, "the former report is gone"
        assert document["state"] == "ready"


async def test_a_new_version_leaves_no_file_of_the_old_one() -> None:
    async with conference_day(TABLE, POLICY, at("08:55")) as day:
        await near(day, at("09:14"), step=1)
        bounds = decision_request("bounds", "a", {"end": at("09:09").isoformat()}, by="Ora", preview=False)
        await day.service.decide(bounds)
        await near(day, at("09:16"), step=1)
        report = a_report(day)
        assert (report["version"], report["window"]["duration"]) == (2, 540.0)
        used = {f.path for f in day.engine.recordings.all[SessionId("a")].files}
        assert {p for p in day.world.written if p.startswith("recordings/a/")} <= used
        assert {p for p in day.world.exported if p.startswith("recordings/a/")} <= used


@pytest.mark.slow
async def test_withdrawn_consent_leaves_nothing_whatever_was_being_done() -> None:
    for seconds in (0, 1, 2, 3, 5, 30):
        async with conference_day(TABLE, POLICY, at("08:55")) as day:
            await near(day, at("09:10") + timedelta(seconds=seconds), step=0.5)
            await day.service.decide(decision_request("consent", "a", {"record": False}, by="Ada"))
            await near(day, at("09:12"), step=1)
            assert not [p for p in (*day.world.written, *day.world.exported) if p.startswith("recordings/a/")]
            assert day.service.library.document("a")["files"] == []


class SlowExporter(World):
    """Reads what an export has written, or draws its thumbnail, as long as the test wants."""

    def __init__(self, clock: FakeClock, slow: str) -> None:
        super().__init__(clock)
        self.slow = slow
        self.begun = asyncio.Event()
        self.goes_on = asyncio.Event()

    async def accept(self, partial: str, final: str) -> FileFacts:
        await self._hold("accept")
        return await super().accept(partial, final)

    async def thumbnail(self, file: str, target: str) -> FileFacts | None:
        await self._hold("thumbnail")
        return await super().thumbnail(file, target)

    async def _hold(self, what: str) -> None:
        if what == self.slow:
            self.begun.set()
            await self.goes_on.wait()


@pytest.mark.parametrize("slow", ["accept", "thumbnail"])
async def test_what_was_being_accepted_when_consent_was_withdrawn_is_gone_and_made_again_after_undo(slow: str) -> None:
    world = SlowExporter(FakeClock(at("08:55")), slow)
    async with conference_day(TABLE, POLICY, at("08:55"), world=world) as day:
        await near(day, at("09:10:20"), step=0.5)
        assert world.begun.is_set()
        withdrawal = decision_request("consent", "a", {"record": False}, by="Ada")
        decided = await day.service.decide(withdrawal)
        assert not [p for p in (*world.written, *world.exported) if p.startswith("recordings/a/")]
        world.goes_on.set()
        await day.go(at("09:10:25"), step=1)
        assert day.service.library.document("a")["state"] == "erased"
        undo = decision_request("undo", decided["override"]["id"], {}, by="Ada")
        await day.service.decide(undo)
        await day.go(at("09:11"), step=1)
        assert kinds(day.service.library.document("a")) == ["mp4", "vod", "report"]
        used = {f.path for f in day.engine.recordings.all[SessionId("a")].files}
        assert {p for p in (*world.written, *world.exported) if p.startswith("recordings/a/")} == used


class Changing(World):
    """The source changes the size of its picture in the middle of a segment."""

    changes_at = at("09:05").timestamp()

    def _change(self, take: str) -> float:
        """On the clock of the take."""
        return self.changes_at - self.processes[RunId(take)].started - DELAY

    async def settle(self, segments: Sequence[Segment]) -> list[Segment]:
        settled = await super().settle(segments)
        return [replace(s, shape=HD if s.start < self._change(s.take) else SD) for s in settled]

    async def turn(self, segment_path: str, known: str) -> float | None:
        return self._change(segment_path.split("/")[1])

    async def cut(self, first: Segment, start: float, last: Segment, end: float, between: Any) -> list[Clip]:
        clips = await super().cut(first, start, last, end, between)
        inside = [replace(c, start=max(c.start, start), end=min(c.end, end)) for c in clips]
        return [c for c in inside if c.start < c.end]


async def test_a_source_that_changed_makes_two_files_and_says_so() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=Changing(FakeClock(at("08:55")))) as day:
        await near(day, at("09:12"), step=1)
        document = day.service.library.document("a")
        assert kinds(document) == ["mp4", "mp4", "vod", "report"]
        assert [f["name"].rpartition("_")[2] for f in document["files"][:2]] == ["part1.mp4", "part2.mp4"]
        assert document["state"] == "ready"
        assert "changed during the session" in document["reason"]
        first, second = (f for f in a_report(day)["files"] if f["kind"] == "mp4")
        assert (first["shape"], second["shape"]) == (HD, SD)
        [before], [after] = first["timeline"], second["timeline"]
        assert (before["start"], before["duration"]) == ("2025-09-08T11:00:00+02:00", 300.0)
        assert (after["start"], after["duration"]) == ("2025-09-08T11:05:00+02:00", 300.0)


class Renewed(World):
    """The source changes its codec; a capture that begins after that can read it."""

    changes_at = at("09:05").timestamp()

    async def settle(self, segments: Sequence[Segment]) -> list[Segment]:
        settled = await super().settle(segments)
        return [replace(s, shape=self._shape(s)) for s in settled]

    def _shape(self, segment: Segment) -> str:
        started = self.processes[segment.take].started
        if started > self.changes_at:
            return "hevc 1280x720 · aac 48000/2"
        changed = started + DELAY + segment.start >= self.changes_at
        return "h264 unreadable · aac 48000/2" if changed else HD


async def test_a_source_that_changed_its_codec_is_captured_anew() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=Renewed(FakeClock(at("08:55")))) as day:
        await day.go(at("09:04:55"))
        await day.go(at("09:05:15"), step=0.5)
        await near(day, at("09:12"), step=1)
        assert len(day.starts("capture:main")) == 2
        assert at("09:05:04") <= day.starts("capture:main")[1] <= at("09:05:07")
        document = day.service.library.document("a")
        assert document["state"] == "partial"
        assert "changed its codec" in document["gaps"][0]["cause"]
        assert sum(g["duration"] for g in document["gaps"]) < 8
        shapes = [f["shape"] for f in a_report(day)["files"] if f["kind"] == "mp4"]
        assert shapes == [HD, "hevc 1280x720 · aac 48000/2"]


class Mute(World):
    """The source of the first capture has no sound."""

    async def facts(self, segment_path: str) -> SourceFacts:
        captures = [p.run for p in self.processes.values() if p.spec.kind == "capture"]
        return replace(FACTS, audio=None if captures[0] in segment_path else "aac")


async def test_a_source_that_gets_its_sound_later_is_captured_anew() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=Mute(FakeClock(at("08:55")))) as day:
        await day.go(at("09:05"), step=1)
        [capture] = [p for p in day.world.alive() if p.spec.kind == "capture"]
        await day.go(at("09:05:20"), step=1)
        assert len(day.starts("capture:main")) == 1, "a source without sound is no fault"
        capture.untaken = frozenset({"audio"})
        await day.go(at("09:05:25"), step=0.5)
        assert len(day.starts("capture:main")) == 2
        for process in day.world.alive():
            process.untaken = frozenset({"audio"})
        await day.go(at("09:06"), step=1)
        assert len(day.starts("capture:main")) == 2, "it takes the sound there is; another one is nobody's"


class Lossy(World):
    """A segment can't be read any more, and the picture of what was made of the rest pauses."""

    async def cut(self, *args: Any) -> list[Clip]:
        clips = await super().cut(*args)
        broken = len(clips) // 2
        clips[broken] = replace(clips[broken], pieces=(), fault="segment 000150.ts is empty")
        return clips

    async def accept(self, partial: str, final: str) -> FileFacts:
        return replace(await super().accept(partial, final), holes=((60.0, 3.0), (300.0, 2.0)))


async def test_what_is_unreadable_and_what_never_came_are_gaps_with_causes() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=Lossy(FakeClock(at("08:55")))) as day:
        await near(day, at("09:12"), step=1)
        document = day.service.library.document("a")
        assert document["state"] == "partial"
        assert [g["cause"] for g in document["gaps"]] == [
            "the source delivered no picture",
            "segment 000150.ts is empty",
        ]
        assert [g["duration"] for g in document["gaps"]] == [3.0, 2.0]
        assert document["reason"] == "5.0 s are missing in 2 places; most of it: the source delivered no picture"
        assert document["coverage"] == round(1 - 5 / 600, 5)
        assert file(day, "a", "vod").decode().count("#EXT-X-DISCONTINUITY") == 1, "behind the segment that is left out"
        [video] = [f for f in a_report(day)["files"] if f["kind"] == "mp4"]
        assert [run["offset"] for run in video["timeline"]] == [0.0, 302.0]


class Cramped(World):
    """Whose indexes need more room than was expected."""

    def finish_exports(self) -> None:
        for process in self.alive():
            settings = process.spec.settings
            if isinstance(settings, ExportSettings) and settings.index:
                self.end(process.run, 234, "no room for the index")
        super().finish_exports()


async def test_an_index_that_needs_more_room_than_was_left_is_put_in_its_place_afterwards() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=Cramped(FakeClock(at("08:55")))) as day:
        await near(day, at("09:11"), step=0.5)
        assert day.service.library.document("a")["state"] == "ready"
        assert len([1 for _, what, job in day.world.history if (what, job) == ("start", "export:a")]) == 2


async def test_a_session_of_no_length_has_no_recording() -> None:
    table = timetable(session("a", "main", at("09:00"), 0), session("b", "main", at("09:00"), 10))
    async with conference_day(table, POLICY, at("08:55")) as day:
        await day.go(at("09:12"))
        assert [r["session"] for r in day.service.library.documents()] == ["b"]
        assert day.document("a")["state"] == "ended"
        assert day.service.library.document("b")["state"] == "ready"


# -- what organisers find ------------------------------------------------------------------------------


async def test_segments_are_found_while_they_are_kept_and_by_who_keeps_them() -> None:
    async with conference_day(TABLE, POLICY, at("08:55")) as day:
        await near(day, at("09:14"), step=1)
        playlist = file(day, "a", "vod").decode()
        names = [line for line in playlist.splitlines() if not line.startswith("#")]
        [piece] = day.service.library.segment("a", names[10], {})
        assert piece.path.endswith(f"/{names[10].partition('~')[2]}")
        with pytest.raises(NotFound):
            day.service.library.segment("b", names[10], {})
        await day.service.decide(decision_request("consent", "a", {"record": False}, by="Ada"))
        with pytest.raises(NotFound):
            day.service.library.segment("a", names[10], {})


async def test_a_picture_is_shown_of_what_is_there_and_allowed() -> None:
    table = timetable(session("a", "main", at("09:00"), 10), session("secret", "main", at("09:10"), 5, record=False))
    async with conference_day(table, POLICY, at("08:55")) as day:
        await near(day, at("09:10:30"), step=1)
        assert (await day.service.library.frame("a", at("09:05"))).endswith(b".ts " + b"%.3f" % (10 * 60 - 1))
        with pytest.raises(Conflict, match="may not be recorded"):
            await day.service.library.frame("a", at("09:10:10"))
        with pytest.raises(NotFound):
            await day.service.library.frame("a", at("07:00"))
        with pytest.raises(Conflict, match="not recorded"):
            await day.service.library.frame("secret", at("09:10:10"))
        with pytest.raises(NotFound):
            await day.service.library.frame("nobody", at("09:05"))


async def test_a_picture_beyond_the_reach_of_the_bounds_is_not_shown() -> None:
    table = timetable(session("a", "main", at("09:00"), 5), session("b", "main", at("09:15"), 5))
    async with conference_day(table, POLICY, at("08:58")) as day:
        await near(day, at("09:17"), step=1)
        latest = datetime.fromisoformat(str(day.service.library.bounds("a")["latest"]))
        assert latest < at("09:16:30")
        assert await day.service.library.frame("b", at("09:16:30"))
        with pytest.raises(NotFound, match="no picture of this instant"):
            await day.service.library.frame("a", at("09:16:30"))


async def test_bounds_say_how_far_they_can_be_set_and_what_set_them() -> None:
    async with conference_day(TABLE, POLICY, at("08:55")) as day:
        await day.go(at("09:05"), step=5)
        running = day.service.library.bounds("a")
        assert running["latest"] == "2025-09-08T11:12:00+02:00", "the end with its padding, which will be captured"
        await near(day, at("09:12"), step=5)
        before = day.service.library.bounds("a")
        assert (before["start"], before["end"]) == (before["session_start"], before["session_end"])
        assert before["earliest"] is not None
        assert before["latest"] is not None
        assert before["earliest"] < "2025-09-08T11:00:00+02:00" < "2025-09-08T11:10:00+02:00" < before["latest"]
        request = decision_request("bounds", "a", {"start": at("09:01").isoformat()}, by="Ora")
        decided = await day.service.decide(request)
        after = day.service.library.bounds("a")
        assert (after["start"], after["override"]) == ("2025-09-08T11:01:00+02:00", decided["override"]["id"])
        assert after["override"] is not None
        assert isinstance(day.service.decision_of(after["override"]), Bounds)

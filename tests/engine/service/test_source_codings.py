"""What a source sends decides what its capture does, while the service runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from support.day.conference_day import Day, at, conference_day, policy_for, session, timetable
from support.day.fake_world import FakeClock, World

from streamer.core.base.ids import RunId
from streamer.core.footage.segments import Segment
from streamer.core.jobs.coding import COPIED, Coding, Means
from streamer.core.jobs.processes import ExitCause
from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks
from streamer.core.jobs.specs import ANALYZE_SECONDS, LONGEST_ANALYSIS, CaptureSettings, LivestreamSettings
from streamer.core.records.journal import Audience

TABLE = timetable(session("a", "main", at("09:00"), 10))
POLICY = policy_for("main")
PICTURE = PictureTrack(codec="h264", width=1280, height=720)
SOUND = SoundTrack(codec="aac", rate=48_000, channels=2)
G711 = SoundTrack(codec="pcm_alaw", rate=8000, channels=1)


def world(picture: PictureTrack | None, *sounds: SoundTrack) -> World:
    made = World(FakeClock(at("08:55")))
    made.sources["main"] = SourceTracks(picture=picture, sounds=sounds)
    return made


def codings(day: Day) -> list[Coding]:
    """Of the captures that were started, in order."""
    captures = [p.spec.settings for p in day.world.processes.values() if p.spec.kind == "capture"]
    return [settings.coding for settings in captures if isinstance(settings, CaptureSettings)]


async def test_a_capture_starts_again_at_once_where_it_can_not_copy_what_is_sent() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=world(PICTURE, G711)) as day:
        await day.go(at("08:55:10"), step=0.5)
        assert codings(day) == [COPIED, Coding(sounds=(Means.ENCODE,))]
        day.world.kill("capture:main")
        day.world.sources["main"] = SourceTracks(picture=PICTURE, sounds=(SOUND,))
        await day.go(at("08:56"), step=1)
        assert codings(day)[2:] == [Coding(sounds=(Means.ENCODE,))], "it takes both, so it need not be restarted"


async def test_a_source_that_can_be_copied_is_captured_without_a_restart() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=world(PICTURE, SOUND)) as day:
        await day.go(at("08:56"), step=1)
        assert codings(day) == [COPIED]


async def test_a_picture_that_comes_later_takes_the_place_of_the_card() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=world(None, SOUND)) as day:
        await day.go(at("08:55:30"), step=0.5)
        card = Coding(picture=Means.DRAW, sounds=(Means.COPY,))
        assert codings(day) == [COPIED, card]
        day.world.sources["main"] = SourceTracks(picture=PICTURE, sounds=(SOUND,))
        for process in day.world.alive():
            process.untaken = frozenset({"video"})
        await day.go(at("08:56"), step=1)
        assert codings(day) == [COPIED, card, COPIED]


async def test_what_browsers_do_not_play_gets_another_file() -> None:
    made = world(PictureTrack(codec="hevc", width=1280, height=720), SOUND)
    made.video, made.plays = "hevc", False
    async with conference_day(TABLE, POLICY, at("08:55"), world=made) as day:
        await day.go(at("09:09:55"))
        await day.go(at("09:11"), step=1)
        document = day.service.library.document("a")
        assert [f["kind"] for f in document["files"]] == ["mp4", "vod", "report", "playable"]
        video, *_, other = document["files"]
        assert other["name"] == video["name"].replace(".mp4", "_playable.mp4")
        assert document["state"] == "ready"


class Fading(World):
    """The sound of the source stops in the middle of the session, and returns."""

    stops, returns = at("09:03").timestamp(), at("09:06").timestamp()

    async def settle(self, segments: Sequence[Segment]) -> list[Segment]:
        settled = await super().settle(segments)
        heard, unheard = "h264 1280x720 · aac 48000/2", "h264 1280x720 · aac ?"
        return [replace(s, shape=unheard if self.stops <= s.closed_at < self.returns else heard) for s in settled]


async def test_a_livestream_goes_on_with_silence_while_the_sound_has_stopped() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=Fading(FakeClock(at("08:55")))) as day:
        await day.go(at("09:08"), step=1)
        live = [p for p in day.world.processes.values() if p.spec.kind == "livestream"]
        heard = [p.spec.settings.has_audio for p in live if isinstance(p.spec.settings, LivestreamSettings)]
        assert heard == [True, False, True]
        assert at("09:03").timestamp() < live[1].started < at("09:03:10").timestamp()
        alarms = [b["alarm"] for b in day.told(Audience.CREW) if b["kind"] == "alarm"]
        assert {a["id"] for a in alarms} >= {"sound stopped main"}
        assert len(day.starts("capture:main")) == 1


class FarApart(World):
    """The source has a keyframe every sixteen seconds, so segments close as rarely."""

    def closed_segments(self, take: RunId, after: int) -> list[Segment]:
        found = super().closed_segments(take, after)
        return [segment for segment in found if segment.number < (after + 1 + len(found)) // 8 * 8]


def alarms_told(day: Day) -> set[str]:
    return {b["alarm"]["id"] for b in day.told(Audience.CREW) if b["kind"] == "alarm"}


async def test_what_grows_is_captured_also_between_keyframes_that_are_far_apart() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=FarApart(FakeClock(at("08:55")))) as day:
        await day.go(at("09:02"), step=1)
        assert alarms_told(day) == set()
        day.world.dead = True
        await day.go(at("09:03"), step=1)
        assert "not recorded a" in alarms_told(day)


async def test_a_first_try_that_needs_longer_is_no_alarm() -> None:
    async with conference_day(TABLE, POLICY, at("08:55"), world=World(FakeClock(at("08:55")))) as day:
        await day.go(at("08:55:01"), step=0.5)
        [capture] = [p for p in day.world.alive() if p.spec.kind == "capture"]
        day.world.end(capture.run, 1, "it could not be decoded", cause=ExitCause.UNDECODED)
        await day.go(at("08:55:30"), step=0.5)
        assert alarms_told(day) == set()
        captures = [p.spec.settings for p in day.world.processes.values() if p.spec.kind == "capture"]
        waits = [settings.analyze_seconds for settings in captures if isinstance(settings, CaptureSettings)]
        assert waits == [ANALYZE_SECONDS, LONGEST_ANALYSIS]
        assert len(day.starts("capture:main")) == 2

"""What is known of a room's source outlives the service."""

from __future__ import annotations

from dataclasses import replace

from support.day.conference_day import at
from support.day.fake_world import FACTS, FakeClock, World

from streamer.core.base.ids import RoomId, RunId
from streamer.core.footage.takes import Take
from streamer.core.jobs.coding import Coding, Means
from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks
from streamer.engine.footage.source_codings import SourceCodings

MAIN = RoomId("main")
CAMERA = SourceTracks(
    picture=PictureTrack(codec="h264", width=1280, height=720),
    sounds=(SoundTrack(codec="pcm_alaw", rate=8000, channels=1),),
)


def test_the_next_service_begins_with_the_right_coding() -> None:
    take = Take(id=RunId("t"), room=MAIN, started=0.0, facts=replace(FACTS, tracks=CAMERA))
    sources = SourceCodings(World(FakeClock(at("08:55"))))
    sources.restore(replace(take, facts=FACTS))
    assert sources.codings == {}, "a version before this one knew no tracks"
    sources.restore(take)
    assert sources.codings == {MAIN: Coding(sounds=(Means.ENCODE,))}
    assert sources.tracks == {MAIN: CAMERA}
    assert not sources.look([take]), "its log need not be read again"

"""The crew is told what is done with a source, and when its sound stops, while that matters."""

from __future__ import annotations

from support.day.days import MAIN, SIDE, after, planned, session

from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks
from streamer.core.status.source_alarms import SourceView, source_alarms

DAY = planned(session("a"), session("b", room=SIDE))
PICTURE = PictureTrack(codec="h264", width=1280, height=720)
CAMERA = SourceTracks(picture=PICTURE, sounds=(SoundTrack(codec="pcm_mulaw", rate=8000, channels=1),))
ENCODER = SourceTracks(picture=PICTURE, sounds=(SoundTrack(codec="aac", rate=48_000, channels=2),))


def test_what_is_encoded_is_told_around_a_session() -> None:
    sources = {MAIN: SourceView(tracks=CAMERA), SIDE: SourceView(tracks=ENCODER)}
    [alarm] = source_alarms(DAY, sources, after(5)).values()
    assert (alarm.id, alarm.severity, alarm.session) == (f"source {MAIN}", "warning", "a")
    assert "G.711 µ-law" in alarm.message
    assert source_alarms(DAY, sources, after(-60)) == {}
    assert source_alarms(DAY, sources, after(500)) == {}


def test_sound_that_stops_is_an_error_while_a_session_runs() -> None:
    sources = {SIDE: SourceView(tracks=ENCODER, is_soundless=True)}
    [alarm] = source_alarms(DAY, sources, after(5)).values()
    assert (alarm.id, alarm.severity, alarm.room) == (f"sound stopped {SIDE}", "error", SIDE)
    assert source_alarms(DAY, sources, after(500)) == {}


def test_a_source_that_delivers_late_is_told_with_what_viewers_see() -> None:
    [alarm] = source_alarms(DAY, {SIDE: SourceView(delay=6.4), MAIN: SourceView()}, after(5)).values()
    assert (alarm.id, alarm.severity) == (f"late {SIDE}", "warning")
    assert "bursts: viewers see it 6 s later" in alarm.message


def test_a_publisher_that_was_refused_is_an_error_with_the_reason() -> None:
    [alarm] = source_alarms(DAY, {SIDE: SourceView(refusal="it uses another passphrase")}, after(5)).values()
    assert (alarm.id, alarm.severity) == (f"refused {SIDE}", "error")
    assert alarm.message == f"a publisher of room {SIDE} was refused: it uses another passphrase"

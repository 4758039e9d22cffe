from __future__ import annotations

import asyncio
import subprocess
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from support.media.venue import Venue

from streamer.core.base.errors import MediaError, SourceError
from streamer.core.jobs.source_facts import SourceFacts
from streamer.media.capture import probe
from streamer.media.capture.probe import probe_source

CARD = SourceFacts(video="h264", width=320, height=180, rate=Fraction(30), audio="aac", gop=1.0, sounds=1)


async def test_a_test_picture_is_what_it_was_asked_to_be(ffmpeg: str) -> None:
    facts = await probe_source(ffmpeg, "test:?size=320x180&rate=25&audio=0&gop=0.4", seconds=1)
    assert (facts.video, facts.width, facts.height, facts.rate, facts.audio) == ("h264", 320, 180, Fraction(25), None)
    assert facts.gop == pytest.approx(0.4)


async def test_sources_of_any_kind_are_received_for_a_moment(
    ffmpeg: str, venue: Venue, clip: Path, free_port: int
) -> None:
    def sender(name: str, target: str) -> None:
        venue.play(name, clip, target, "-f", "mpegts")

    sender("probe-server", f"srt://127.0.0.1:{free_port}?mode=listener")
    file, network = await asyncio.gather(
        probe_source(ffmpeg, str(clip), seconds=1), probe_source(ffmpeg, f"srt://127.0.0.1:{free_port}", seconds=1)
    )
    venue.kill("probe-server")
    for facts in (file, network):
        assert replace(facts, gop=None, keyless=None, bitrate=None, tracks=None) == replace(CARD, gop=None)
        assert facts.tracks is not None
        assert facts.tracks.words() == ["h264 320x180", "aac 48000 Hz, 2 channels"]
        assert facts.gop == pytest.approx(0.5, abs=0.07)


async def test_a_publisher_is_waited_for(ffmpeg: str, venue: Venue, clip: Path, free_port: int) -> None:
    place = f"srt://127.0.0.1:{free_port}"
    probing = asyncio.create_task(probe_source(ffmpeg, place, listen=True, seconds=1))
    venue.play("probe-publisher", clip, f"{place}?connect_timeout=10000", "-f", "mpegts")
    facts = await probing
    venue.kill("probe-publisher")
    assert facts.width == 320


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("rtmp://127.0.0.1:{port}/live/hunter2hunter2", "refused the connection"),
        ("http://127.0.0.1:{port}/live.m3u8", "refused the connection"),
        ("v4l2:/dev/video-of-nobody", "does not exist"),
        ("{garbage}", "not a media format"),
        ("{nothing}/gone.mp4", "does not exist"),
    ],
)
async def test_what_is_wrong_with_a_source_is_said(
    ffmpeg: str, venue: Venue, tmp_path: Path, free_port: int, source: str, message: str
) -> None:
    (tmp_path / "garbage.ts").write_bytes(b"no video, just words. " * 2000)
    place = source.format(port=free_port, garbage=tmp_path / "garbage.ts", nothing=tmp_path)
    with pytest.raises(SourceError, match=message) as raised:
        await probe_source(ffmpeg, place, seconds=1)
    assert "hunter2" not in str(raised.value)


@pytest.fixture
def entered(ffmpeg: str, tmp_path: Path) -> Path:
    """A source with a keyframe every three seconds, from a second after one on."""
    file = tmp_path / "entered.ts"
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=160x96:r=10:d=6", "-f", "lavfi", "-i", "sine=d=6")
    codecs = ("-c:v", "libx264", "-preset", "ultrafast", "-g", "30", "-c:a", "aac", "-bsf:v", "noise=drop=lt(n\\,10)")
    subprocess.run([ffmpeg, "-nostdin", "-loglevel", "error", *inputs, *codecs, str(file)], check=True, timeout=30)
    return file


async def test_keyframes_that_are_far_apart_are_waited_for_and_what_was_not_seen_is_not_known(
    ffmpeg: str, entered: Path
) -> None:
    with pytest.raises(SourceError, match=r"no keyframe of its picture came in 1 s") as raised:
        await probe_source(ffmpeg, str(entered), seconds=1, longest=1)
    assert "2 s" in raised.value.hint
    facts = await probe_source(ffmpeg, str(entered), seconds=1, longest=3.5)
    assert (facts.gop, facts.rate) == (None, Fraction(10)), "only one keyframe came"
    assert facts.keyless == pytest.approx(3.0, abs=0.3)


async def test_sound_alone_is_received_as_a_capture_would_write_it(ffmpeg: str, tmp_path: Path) -> None:
    wav = tmp_path / "sound.wav"
    head = b"RIFF\x24\x77\1\0WAVEfmt \x10\0\0\0\1\0\1\0\x80\xbb\0\0\0w\1\0\2\0\x10\0data\0\x77\1\0"
    wav.write_bytes(head + bytes(96_000))
    facts = await probe_source(ffmpeg, str(wav), seconds=1)
    assert (facts.video, facts.audio) == ("h264", "aac")
    assert facts.tracks is not None
    assert facts.tracks.words() == ["pcm_s16le 48000 Hz, 1 channel"]


async def test_silence_is_told_from_a_publisher_that_has_not_come(ffmpeg: str, free_port: int) -> None:
    with pytest.raises(SourceError, match="no encoder sends to it"):
        await probe_source(ffmpeg, f"srt://127.0.0.1:{free_port}", listen=True, seconds=0.5, patience=0.4)
    with pytest.raises(SourceError, match="no data arrives"):
        await probe_source(ffmpeg, f"udp://127.0.0.1:{free_port}", seconds=0.5, patience=0.4)


async def test_without_ffmpeg_nothing_is_probed() -> None:
    with pytest.raises(MediaError, match="can't be started"):
        await probe_source("/no/such/ffmpeg", "test:", seconds=1)


async def test_a_probe_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="did not finish"):
        await probe.source_facts(tmp_path / "any.ts", timeout=0.01)

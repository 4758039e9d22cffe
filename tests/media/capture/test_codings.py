"""What foreign sources send, through capture, livestream and export, in the order of a running service."""

from __future__ import annotations

import asyncio
import re
import subprocess
from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import av
import pytest
from support.media.venue import Venue, wait_until

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.core.base.layout import live_folder
from streamer.core.jobs.coding import COPIED, Coding, Means, coding_of, serves
from streamer.core.jobs.renditions import live_format
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.source_tracks import SourceTracks
from streamer.core.jobs.specs import CaptureSettings, ExportSettings, LivestreamSettings, Piece
from streamer.media.capture import probe
from streamer.media.ffmpeg.input_account import account
from streamer.media.files.export import FileExporter
from streamer.media.live.encoding import chunk_name, init_name

SMALL = "-map 0 -map 1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25"
SOURCES = {
    "alaw.mkv": f"{SMALL} -c:a pcm_alaw -ar 8000",
    "latm.ts": f"{SMALL} -c:a aac -mpegts_flags latm",
    "two.mkv": f"{SMALL} -map 1 -c:a:0 aac -c:a:1 pcm_s16le",
    "sound.ts": "-map 1 -c:a aac",
    "mjpeg.mkv": "-map 0 -map 1 -c:v mjpeg -c:a pcm_mulaw -ar 8000",
    "hevc.ts": "-map 0 -map 1 -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25:bframes=0 -c:a mp2",
    "broadcast.ts": "-map 0 -map 1 -c:v mpeg2video -flags +ildct+ilme -vf setfield=tff -aspect 4:3 -g 12 -c:a ac3",
}
STREAMED = ("alaw.mkv", "latm.ts", "sound.ts")
FORMAT = live_format(SourceFacts(video="h264", width=160, height=96, rate=Fraction(25), audio="aac"), ["90p"])


@pytest.fixture(scope="module")
def place(
    ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Venue]:
    """Each source was captured, again with its coding where it needs one; livestreams read the last captures."""
    here = Venue(data=tmp_path_factory.mktemp("codings"), ffmpeg=ffmpeg)
    sent = ("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=3", "-f", "lavfi", "-i", "sine=440:r=48000:d=3")
    for name, options in SOURCES.items():
        argv = (ffmpeg, "-nostdin", "-loglevel", "error", *sent, *options.split(), str(here.data / name))
        subprocess.run(argv, check=True, timeout=30)
    try:
        _capture_all(here, free_ports(len(SOURCES)))
        yield here
    finally:
        here.close()


def _capture_all(here: Venue, taps: list[int]) -> None:
    def start(name: str, tap: int, coding: Coding) -> None:
        here.start(name, CaptureSettings(source=str(here.data / name), room_name="", tap=tap, coding=coding))

    for name, tap in zip(SOURCES, taps, strict=True):
        start(name, tap, COPIED)
    for name, tap in zip(SOURCES, taps, strict=True):
        wait_until(lambda name=name: told(here, name) is not None, f"FFmpeg's account of {name}")  # type: ignore[misc]
        tracks = told(here, name)
        assert tracks is not None
        if not serves(COPIED, tracks):
            here.stop(name)
            for segment in here.segments(name):
                segment.unlink()
            if name in STREAMED:
                here.start(f"{name}-live", LivestreamSettings(tap=tap, format=FORMAT, has_audio=True))
            start(name, tap, coding_of(tracks))
    for name in SOURCES:
        wait_until(lambda name=name: here.listed(name) >= 3, f"the segments of {name}")  # type: ignore[misc]
    for name in SOURCES:
        here.stop(name)
    for name in STREAMED:
        here.ends(f"{name}-live")


def told(here: Venue, name: str) -> SourceTracks | None:
    return account((here.data / f"{name}.log").read_text(errors="replace").splitlines())


async def exported(place: Venue, name: str) -> tuple[Path, int]:
    """The recording, as the service accepts it, and the number of its sounds."""
    target = f"recordings/{name}.partial.mp4"
    pieces = tuple(Piece(path=str(segment.relative_to(place.data))) for segment in place.segments(name))
    place.start(f"export-{name}", ExportSettings(pieces=pieces, target=target))
    assert place.ends(f"export-{name}") == 0
    facts = await FileExporter(place.data, place.ffmpeg).accept(target, f"recordings/{name}.mp4")
    assert facts.video_frames > 20
    return place.data / f"recordings/{name}.mp4", facts.sounds


def loudest(place: Venue, file: Path, sound: int = 0) -> float:
    """The highest level of a sound, in dBFS. The source's tone has about -18."""
    argv = (place.ffmpeg, "-nostdin", "-i", str(file), "-map", f"0:a:{sound}", "-af", "volumedetect", "-f", "null", "-")
    said = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stderr
    match = re.search(r"max_volume: (\S+) dB", said)
    assert match
    return float(match[1])


def codecs(file: Path) -> list[str]:
    with av.open(str(file)) as opened:
        return [stream.codec_context.codec.canonical_name for stream in (*opened.streams.video, *opened.streams.audio)]


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("alaw.mkv", ["h264", "aac"]),
        ("latm.ts", ["h264", "aac"]),
        ("two.mkv", ["h264", "aac", "aac"]),
        ("sound.ts", ["h264", "aac"]),
        ("mjpeg.mkv", ["h264", "aac"]),
        ("hevc.ts", ["hevc", "mp3"]),  # MP4 does not tell the layers of MPEG audio apart
        ("broadcast.ts", ["mpeg2video", "ac3"]),
    ],
)
async def test_every_track_is_recorded_and_can_be_heard(place: Venue, name: str, kept: list[str]) -> None:
    file, sounds = await exported(place, name)
    assert codecs(file) == kept
    assert sounds == len(kept) - 1
    for sound in range(sounds):
        assert loudest(place, file, sound) > -24


@pytest.mark.parametrize("name", STREAMED)
def test_the_livestream_has_the_sound(place: Venue, name: str, tmp_path: Path) -> None:
    folder = place.data / live_folder(RunId(f"{name}-live"))
    track = FORMAT.tracks.index("audio")
    parts = [folder / init_name(track), *sorted(folder.glob(f"chunk-stream{track}-*.m4s"))]
    heard = tmp_path / "heard.mp4"
    heard.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert loudest(place, heard) > -24


def test_what_can_be_copied_is_not_captured_twice(place: Venue) -> None:
    for name in ("hevc.ts", "broadcast.ts"):
        tracks = told(place, name)
        assert tracks is not None
        assert coding_of(tracks) == COPIED


def test_a_livestream_that_comes_back_is_fed_again(place: Venue, free_port: int) -> None:
    """Of a source that stores H.264 as MP4 does, as RTMP does too."""
    tracks = told(place, "alaw.mkv")
    assert tracks is not None
    source, coding = str(place.data / "alaw.mkv"), coding_of(tracks)
    settings = CaptureSettings(source=source, room_name="", tap=free_port, coding=coding)
    place.start("fed", settings)
    for number in (1, 2):
        place.start(f"fed-live-{number}", LivestreamSettings(tap=free_port, format=FORMAT, has_audio=True))
        first = place.data / live_folder(RunId(f"fed-live-{number}")) / chunk_name(0, 1)
        wait_until(lambda first=first: first.exists(), f"chunk of reader {number}")  # type: ignore[misc]
        place.kill(f"fed-live-{number}")
    place.stop("fed")


async def test_interlaced_and_anamorphic_pictures_are_known_and_keep_their_shape(place: Venue) -> None:
    tracks = told(place, "broadcast.ts")
    assert tracks is not None
    assert tracks.picture is not None
    assert tracks.picture.interlaced
    facts = await probe.source_facts(place.segments("broadcast.ts")[0])
    assert facts.width == tracks.picture.shown_width == 128
    with av.open(str(place.data / "broadcast.ts")) as sent:
        assert sent.streams.video[0].codec_context.width == 160


async def test_a_second_sound_is_encoded_alone(place: Venue) -> None:
    tracks = told(place, "two.mkv")
    assert tracks is not None
    assert coding_of(tracks) == Coding(sounds=(Means.COPY, Means.ENCODE), unpacks=True)
    assert (await probe.source_facts(place.segments("two.mkv")[0])).sounds == 2


async def test_a_version_that_browsers_play_is_made_of_what_they_do_not(place: Venue) -> None:
    exporter = FileExporter(place.data, place.ffmpeg)
    for name, size in (("hevc.ts", 160), ("broadcast.ts", 160)):
        file, _ = await exported(place, name)
        target = f"recordings/{name}_playable.mp4"
        facts = await exporter.playable(str(file.relative_to(place.data)), target)
        assert facts is not None
        assert codecs(place.data / target) == ["h264", "aac"]
        assert loudest(place, place.data / target) > -24
        assert (await probe.codecs(file)).sounds == (("mp2",) if name == "hevc.ts" else ("ac3",))
        with av.open(str(place.data / target)) as made, av.open(str(file)) as recorded:
            ours, theirs = made.streams.video[0], recorded.streams.video[0]
            assert ours.codec_context.width == size
            assert (ours.sample_aspect_ratio or 1) == (theirs.sample_aspect_ratio or 1)
            assert ours.frames == theirs.frames
    file, _ = await exported(place, "alaw.mkv")
    assert await exporter.playable(str(file.relative_to(place.data)), "recordings/none.mp4") is None
    assert not list((place.data / "recordings").glob("*.mp4.partial")), "nothing is left behind"


async def test_a_conversion_that_fails_leaves_nothing_behind(place: Venue, tmp_path: Path) -> None:
    file, _ = await exported(place, "hevc.ts")
    broken = tmp_path / "ffmpeg"
    broken.write_text('#!/bin/sh\nfor last; do :; done\necho half > "$last"\necho no space >&2\nexit 1\n')
    broken.chmod(0o700)
    exporter = FileExporter(place.data, str(broken))
    with pytest.raises(MediaError, match="can't be converted: no space"):
        await exporter.playable(str(file.relative_to(place.data)), "recordings/failed/x_playable.mp4")
    assert list((place.data / "recordings/failed").iterdir()) == []


async def test_a_second_sound_that_does_not_come_costs_the_recording_nothing_else(place: Venue) -> None:
    file, _ = await exported(place, "alaw.mkv")
    late = ["-i", str(file), "-itsoffset", "99", "-i", str(file), "-map", "0:v", "-map", "0:a", "-map", "1:a"]
    segment = place.data / "takes/announced/000000.ts"
    segment.parent.mkdir()
    argv = [place.ffmpeg, "-v", "error", *late, "-c", "copy", "-max_interleave_delta", "1", str(segment)]
    await asyncio.to_thread(subprocess.run, argv, check=True, timeout=20)
    segment.write_bytes(segment.read_bytes()[: 188 * 500])
    place.start("export-announced", ExportSettings(pieces=(Piece(path="takes/announced/000000.ts"),), target="one.mp4"))
    assert place.ends("export-announced") == 0
    assert codecs(place.data / "one.mp4") == ["h264", "aac"]
    assert loudest(place, place.data / "one.mp4") > -24

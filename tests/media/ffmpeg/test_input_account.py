"""FFmpeg's account of its input, from lines that it wrote for real sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamer.core.jobs.source_tracks import PictureTrack, SoundTrack, SourceTracks
from streamer.media.ffmpeg.input_account import account, account_of

PICTURE = "Video: h264 (Main), yuv420p(tv, progressive), 1280x720 [SAR 1:1 DAR 16:9], 25 fps, 25 tbr, 1k tbn"
H264 = PictureTrack(codec="h264", width=1280, height=720)


def told(*streams: str, format: str = "rtsp", end: str = "[info] Stream mapping:") -> list[str]:
    head = ["[aist#0:1 @ 0x55f8] [warning] Guessed Channel Layout: mono", f"[info] Input #0, {format}, from 'x':"]
    return [*head, "[info]   Duration: N/A, start: 0.08, bitrate: N/A", *(f"[info] {s}" for s in streams), end]


@pytest.mark.parametrize(
    ("line", "picture"),
    [
        (PICTURE, H264),
        (
            "Video: hevc (Main) (HEVC / 0x43564548), yuv420p(tv), 1920x1080 [SAR 1:1 DAR 16:9], 25 fps, start 1.48",
            PictureTrack(codec="hevc", width=1920, height=1080),
        ),
        (
            "Video: mpeg2video (Main) ([2][0][0][0] / 0x0002), yuv420p(tv, top first), 720x576 [SAR 16:15 DAR 4:3]",
            PictureTrack(codec="mpeg2video", width=720, height=576, sample_aspect="16:15", interlaced=True),
        ),
        (
            "Video: vp8, yuv420p(tv, progressive), 160x90, SAR 1:1 DAR 16:9, 25 fps",
            PictureTrack(codec="vp8", width=160, height=90),
        ),
        (
            "Video: mjpeg (Baseline), yuvj420p(pc, bt470bg/unknown/unknown), 640x480 [SAR 1:1 DAR 4:3]",
            PictureTrack(codec="mjpeg", width=640, height=480),
        ),
        ("Video: h264 ([27][0][0][0] / 0x001B), none, 90k tbr, 90k tbn", PictureTrack(codec="h264")),
    ],
)
def test_a_picture_is_read(line: str, picture: PictureTrack) -> None:
    assert account(told(f"  Stream #0:0: {line}")) == SourceTracks(picture=picture)


def test_the_width_is_told_in_square_pixels() -> None:
    assert PictureTrack(codec="h264", width=720, height=576, sample_aspect="64:45").shown_width == 1024


@pytest.mark.parametrize(
    ("line", "sound"),
    [
        ("Audio: pcm_alaw, 8000 Hz, mono, s16, 64 kb/s", SoundTrack(codec="pcm_alaw", rate=8000, channels=1)),
        (
            "Audio: aac (LC) ([15][0][0][0] / 0x000F), 48000 Hz, stereo, fltp, 96 kb/s, start 1.4",
            SoundTrack(codec="aac", rate=48_000, channels=2),
        ),
        (
            "Audio: aac_latm (LC) ([17][0][0][0] / 0x0011), 48000 Hz, mono, fltp",
            SoundTrack(codec="aac_latm", rate=48_000, channels=1),
        ),
        (
            "Audio: ac3 (AC-3 / 0x332D4341), 48000 Hz, 5.1(side), fltp, 448 kb/s",
            SoundTrack(codec="ac3", rate=48_000, channels=6),
        ),
        ("Audio: pcm_s24le, 48000 Hz, 3 channels, s32", SoundTrack(codec="pcm_s24le", rate=48_000, channels=3)),
        ("Audio: aac ([15][0][0][0] / 0x000F), 0 channels", SoundTrack(codec="aac")),
    ],
)
def test_a_sound_is_read(line: str, sound: SoundTrack) -> None:
    assert account(told(f"  Stream #0:0: {PICTURE}", f"  Stream #0:1[0x101]: {line}")) == SourceTracks(
        picture=H264, sounds=(sound,)
    )


AAC = "Audio: aac (LC) ([15][0][0][0] / 0x000F), 48000 Hz, stereo, fltp"
ENGLISH = SoundTrack(codec="aac", rate=48_000, channels=2, language="eng")


def test_every_sound_counts_once_and_those_of_other_programmes_are_told_apart() -> None:
    found = account(
        told(
            "  Program 1 ",
            "    Metadata:",
            f"  Stream #0:1[0x101](eng): {AAC} (default)",
            f"  Stream #0:0[0x100]: {PICTURE}",
            "  Program 2 ",
            f"  Stream #0:2[0x201](dan): {AAC}",
            f"  Stream #0:0[0x100]: {PICTURE}",
        )
    )
    danish = SoundTrack(codec="aac", rate=48_000, channels=2, language="dan", elsewhere=True)
    assert found == SourceTracks(picture=H264, sounds=(ENGLISH, danish))


def test_of_a_source_in_files_the_first_sound_counts() -> None:
    streams = (f"  Stream #0:0: {PICTURE}", f"  Stream #0:1(eng): {AAC}", f"  Stream #0:2(eng): {AAC}")
    assert account(told(*streams, format="hls")) == SourceTracks(picture=H264, sounds=(ENGLISH,))


def test_a_cover_is_no_picture_and_what_this_machine_makes_is_raw() -> None:
    cover = "Video: mjpeg (Progressive), yuvj444p(pc), 600x600, 90k tbr (attached pic)"
    assert account(told(f"  Stream #0:0: {cover}", format="mp3")) == SourceTracks(picture=None)
    made = account(told("  Stream #0:0: Video: wrapped_avframe, yuv420p, 320x180, 30 fps", format="lavfi"))
    assert made is not None
    assert made.is_raw


def test_an_account_counts_when_it_is_whole(tmp_path: Path) -> None:
    lines = told(f"  Stream #0:0: {PICTURE}", f"  Stream #0:1(eng): {AAC}")
    assert account(lines[:-1]) is None, "another track may follow"
    assert account(told(f"  Stream #0:0: {PICTURE}", end="[fatal] Stream map '' matches no streams.")) is not None
    assert account([]) is None
    log = tmp_path / "log"
    assert account_of(log) is None
    whole = SourceTracks(picture=H264, sounds=(ENGLISH,))
    log.write_text("\n".join(lines))
    assert account_of(log) is None, "the last line is not whole yet"
    log.write_text("\n".join(lines) + "\n")
    assert account_of(log) == whole
    log.replace(tmp_path / "log.1")
    log.write_text("[warning] what came after the log was cut\n")
    assert account_of(log) == whole

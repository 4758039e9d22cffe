from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest

from streamer.core.base.errors import FFmpegMissing
from streamer.media.ffmpeg.program import find, missing, probe


async def test_the_bundled_ffmpeg_is_found_and_has_all_that_is_needed() -> None:
    ffmpeg = await find()

    assert "imageio_ffmpeg" in ffmpeg.path
    assert ffmpeg.version
    assert missing(ffmpeg) == []
    assert {"h264_v4l2m2m", "libopus"} & ffmpeg.encoders
    assert {"ebur128", "drawtext"} <= ffmpeg.filters
    assert "v4l2" in ffmpeg.devices  # the second name of one that has two


async def test_what_is_missing_is_named(ffmpeg: str) -> None:
    poor = replace(
        await probe(ffmpeg), encoders=frozenset({"aac"}), protocols=frozenset({"tcp", "udp", "concatf", "subfile"})
    )

    assert missing(poor) == ["encoder libx264", "protocol srt"]


async def test_a_configured_ffmpeg_comes_first_wherever_it_is(ffmpeg: str, tmp_path: Path) -> None:
    own = tmp_path / "our-ffmpeg"
    own.symlink_to(ffmpeg)

    assert (await find(str(own))).path == str(own)


async def test_without_the_bundled_one_the_one_on_path_is_taken(
    ffmpeg: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ffmpeg").symlink_to(ffmpeg)
    monkeypatch.setenv("PATH", str(tmp_path))

    assert (await find(bundled=lambda: None)).path == str(tmp_path / "ffmpeg")


async def test_without_any_ffmpeg_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(FFmpegMissing, match=r"bundled one: there is none.*PATH: there is none.*make setup"):
        await find(bundled=lambda: None)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("#!/bin/sh\necho hello\n", "this is not FFmpeg"),
        ("#!/bin/sh\necho 'cannot open shared object' >&2; exit 127\n", "cannot open shared object"),
        ("no program at all", "can't be started"),
    ],
)
async def test_a_configured_one_that_does_not_work_is_an_error_and_no_other_is_taken(
    tmp_path: Path, content: str, words: str
) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text(content)
    broken.chmod(0o755)

    with pytest.raises(FFmpegMissing, match=words) as raised:
        await find(str(broken))
    assert raised.value.where == str(broken)


async def test_a_configured_one_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FFmpegMissing, match="this program does not exist"):
        await find(os.fspath(tmp_path / "ffmpeg"))

from __future__ import annotations

import asyncio
import os
import time
from itertools import pairwise
from pathlib import Path

import av
import pytest

from streamer.core.base.errors import MediaError, StoreError
from streamer.core.channel.chunks import Loop, SlateText
from streamer.core.jobs.live_format import LiveFormat
from streamer.media.live.cmaf import parts, shift_tfdt, track_of
from streamer.media.live.slate import LOOP_SECONDS, SEGMENTS, UNUSED_AFTER, Slates

TEXT = SlateText(conference="A conference", room="Hall A", headline="What comes next", detail="Starts at 10:00")


def played(loop: Loop, track: str, times: int) -> bytes:
    """A track as a channel continues it, the loop so many times."""
    once = b"".join(Path(chunk.path).read_bytes() for chunk in loop.segments[track])
    ticks = round(loop.seconds * loop.timescales[track])
    return init_of(loop, track) + b"".join(shift_tfdt(once, n * ticks) for n in range(times))


def init_of(loop: Loop, track: str) -> bytes:
    return Path(loop.inits[track]).read_bytes()


async def test_a_loop_is_eight_seconds_in_every_track(
    ffmpeg: str, tmp_path: Path, card_format: LiveFormat, mute_format: LiveFormat
) -> None:
    for format in (card_format, mute_format):
        loop = await Slates(tmp_path, ffmpeg).render(TEXT, format)
        assert loop.seconds == LOOP_SECONDS == 8
        assert set(loop.segments) == set(loop.inits) == set(loop.codecs) == set(format.tracks)
        for track in format.tracks:
            segments = loop.segments[track]
            assert [s.number for s in segments] == list(range(1, SEGMENTS + 1))
            assert segments[0].start == 0
            assert segments[-1].end == pytest.approx(8, abs=1e-9)
            assert all(b.start == pytest.approx(a.end) for a, b in pairwise(segments))
            assert all(abs(s.start - 2 * i) < 0.025 for i, s in enumerate(segments))
            assert all(s.complete and s.parts[0].independent for s in segments)


async def test_every_part_of_the_picture_is_as_long_as_a_livestreams(
    ffmpeg: str, tmp_path: Path, mute_format: LiveFormat
) -> None:
    loop = await Slates(tmp_path, ffmpeg).render(TEXT, mute_format)
    lengths = [p.duration for s in loop.segments[mute_format.tracks[0]] for p in s.parts]
    assert lengths == pytest.approx([0.4] * 20)


async def test_the_loop_follows_itself_without_a_seam(ffmpeg: str, tmp_path: Path, card_format: LiveFormat) -> None:
    loop = await Slates(tmp_path, ffmpeg).render(TEXT, card_format)
    for track, frames in (("180p", 480), ("audio", 750)):
        content = played(loop, track, 2)
        (tmp_path / "looped.mp4").write_bytes(content)
        with av.open(str(tmp_path / "looped.mp4")) as container:
            packets = [p for p in container.demux() if p.pts is not None]
        assert len(packets) == frames
        steps = {b.pts - a.pts for a, b in pairwise(packets) if a.pts is not None and b.pts is not None}
        assert len(steps) == 1
        init = init_of(loop, track)
        found, _ = parts(content[len(init) :], track_of(init))
        assert found[-1].start + found[-1].duration == pytest.approx(16)


async def test_the_picture_says_what_it_should_and_stands_still(
    ffmpeg: str, tmp_path: Path, card_format: LiveFormat
) -> None:
    loop = await Slates(tmp_path, ffmpeg).render(TEXT, card_format)
    (tmp_path / "looped.mp4").write_bytes(played(loop, "180p", 1))
    with av.open(str(tmp_path / "looped.mp4")) as container:
        pictures = [bytes(frame.reformat(format="gray").planes[0]) for frame in container.decode(video=0)]
    assert len(pictures) == 240
    assert max(pictures[0]) > 200
    assert min(pictures[0]) < 40  # bright letters on a dark ground
    for picture in pictures[1::37]:
        difference = sum(abs(a - b) for a, b in zip(picture, pictures[0], strict=True)) / len(picture)
        assert difference < 1.5
    (tmp_path / "silence.mp4").write_bytes(played(loop, "audio", 1))
    with av.open(str(tmp_path / "silence.mp4")) as container:
        heard = b"".join(bytes(frame.planes[0]) for frame in container.decode(audio=0))
    assert len(heard) > 8 * 48_000
    assert not any(heard)


async def test_a_slate_is_rendered_once(ffmpeg: str, tmp_path: Path, card_format: LiveFormat) -> None:
    loop = await Slates(tmp_path, ffmpeg).render(TEXT, card_format)
    assert await Slates(tmp_path, "/no/such/ffmpeg").render(TEXT, card_format) == loop
    assert all(Path(path).is_relative_to(tmp_path / "slates" / loop.key) for path in loop.inits.values())
    other = SlateText(conference="A conference", room="Hall B", headline="What comes next")
    assert (await Slates(tmp_path, ffmpeg).render(other, card_format)).key != loop.key


async def test_the_same_slate_asked_for_at_once_is_the_same(
    ffmpeg: str, tmp_path: Path, card_format: LiveFormat
) -> None:
    slates = Slates(tmp_path, ffmpeg)
    loops = await asyncio.gather(*(slates.render(TEXT, card_format) for _ in range(3)))
    assert loops[0] == loops[1] == loops[2]
    assert [path.name for path in (tmp_path / "slates").iterdir()] == [loops[0].key]


async def test_what_nobody_asked_for_lately_is_deleted(ffmpeg: str, tmp_path: Path, card_format: LiveFormat) -> None:
    folders = {name: tmp_path / "slates" / name for name in ("unused", "used", ".unfinished")}
    for name, age in (("unused", UNUSED_AFTER + 60), ("used", 3600), (".unfinished", 3600)):
        folders[name].mkdir(parents=True)
        os.utime(folders[name], (time.time() - age,) * 2)
    loop = await Slates(tmp_path, ffmpeg).render(TEXT, card_format)
    assert {path.name for path in (tmp_path / "slates").iterdir()} == {"used", loop.key}


async def test_a_failure_leaves_nothing_behind(tmp_path: Path, card_format: LiveFormat) -> None:
    with pytest.raises(MediaError):
        await Slates(tmp_path, "/bin/false").render(TEXT, card_format)
    with pytest.raises(MediaError):
        await Slates(tmp_path, "/no/such/ffmpeg").render(TEXT, card_format)
    assert list((tmp_path / "slates").iterdir()) == []


async def test_a_folder_that_can_not_be_written_is_an_error(
    ffmpeg: str, tmp_path: Path, card_format: LiveFormat
) -> None:
    (tmp_path / "slates").write_text("a file where the folder should be")
    with pytest.raises(StoreError, match="slate"):
        await Slates(tmp_path, ffmpeg).render(TEXT, card_format)

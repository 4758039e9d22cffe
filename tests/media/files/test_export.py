from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import av
import pytest
from support.media.measuring import out_of_sync
from support.media.venue import Venue

from streamer.core.base.errors import MediaError
from streamer.core.base.ids import RunId
from streamer.core.export.mp4_index import index_bytes
from streamer.core.footage.segments import Clip, Segment
from streamer.core.jobs.specs import ExportSettings, Piece
from streamer.media.capture.frame_code import draw_code, read_codes, read_timed_codes
from streamer.media.capture.takes import Takes
from streamer.media.ffmpeg.oneshot import run_once
from streamer.media.files.export import FileExporter, export_command

RATE = 30


@pytest.fixture
def exporter(venue: Venue) -> FileExporter:
    return FileExporter(venue.data, venue.ffmpeg)


@pytest.fixture
async def card(venue: Venue) -> list[Segment]:
    return await Takes(venue.data).last_segment(RunId("card"), after=-1)


@pytest.fixture
async def file(venue: Venue) -> list[Segment]:
    return await Takes(venue.data).last_segment(RunId("file"), after=-1)


def export(venue: Venue, pieces: Sequence[Piece], name: str, metadata: Sequence[tuple[str, str]] = ()) -> str:
    """Run an export job as the launcher would; the path of what it made."""
    target = f"recordings/{name}/partial.mp4"
    index = index_bytes(10, 0, "")
    settings = ExportSettings(pieces=tuple(pieces), target=target, metadata=tuple(metadata), index=index)
    venue.start(f"export-{name}", settings)
    assert venue.ends(f"export-{name}") == 0
    return target


def flat(clips: Iterable[Clip]) -> list[Piece]:
    return [piece for clip in clips for piece in clip.pieces]


async def clipped(exporter: FileExporter, segments: Sequence[Segment], start: float, end: float) -> list[Clip]:
    """A time range on the take's clock, as the engine asks for it."""
    touched = [s for s in segments if s.start < end and s.end > start]
    return await exporter.cut(touched[0], start, touched[-1], end, touched[1:-1])


async def window(exporter: FileExporter, segments: Sequence[Segment], start: float, end: float) -> list[Piece]:
    return flat(await clipped(exporter, segments, start, end))


@pytest.mark.parametrize(
    ("start", "end", "first", "last"),
    [
        (0.0, 6.0, 0, 180),  # from the beginning
        (2.5, 4.5, 60, 150),  # from and to the middle of a segment
        (3.5, 5.5, 90, 180),  # begins inside a segment
        (3.9, 4.05, 90, 150),  # over one seam
        (1.2, 1.8, 30, 60),  # within one segment
        (2.1, 2.2, 60, 90),  # at a segment's head
    ],
)
async def test_no_frame_is_lost_or_repeated(
    venue: Venue, exporter: FileExporter, card: list[Segment], start: float, end: float, first: int, last: int
) -> None:
    clips = await clipped(exporter, card, start, end)
    made = export(venue, flat(clips), f"{start}-{end}")
    assert read_codes(venue.data / made) == list(range(first, last))
    assert [clip.number for clip in clips] == list(range(first // 60, (last + 59) // 60))
    edges = (clips[0].start, clips[-1].end)
    assert edges == pytest.approx((first / RATE, last / RATE), abs=0.03)  # the sound begins a little before
    assert all(b.start == a.end for a, b in pairwise(clips))
    assert {clip.fault for clip in clips} == {""}


async def test_a_killed_take_is_exported_to_its_last_frame(
    venue: Venue, exporter: FileExporter, card: list[Segment]
) -> None:
    made = export(venue, await window(exporter, card, 0, 99), "killed")
    codes = read_codes(venue.data / made)
    assert codes == read_codes(venue.joined("card"))
    assert codes == list(range(len(codes)))


async def test_frames_in_another_order_than_shown_are_cut_exactly(
    venue: Venue, exporter: FileExporter, file: list[Segment]
) -> None:
    entries = [await Takes(venue.data).keyframes(segment.path) for segment in file[:2]]
    start, end = entries[0][1][0] + 0.1, entries[1][1][0] - 0.1
    made = export(venue, await window(exporter, file, start, end), "reordered")
    codes = read_codes(venue.data / made)
    assert codes == list(range(15, 15 + len(codes)))
    assert codes[-1] == 15 * (len(entries[0]) + 1) - 1


async def test_two_takes_become_one_file(
    venue: Venue, exporter: FileExporter, card: list[Segment], file: list[Segment]
) -> None:
    pieces = await window(exporter, card, 4.1, 6.0) + await window(exporter, file, 0.0, 1.9)
    made = export(venue, pieces, "two-takes")
    assert read_codes(venue.data / made) == [*range(120, 180), *range(60)]
    times = [time for _, time in read_timed_codes(venue.data / made)]
    steps = [b - a for a, b in pairwise(times)]
    assert max(steps) < 0.15


async def test_sound_and_picture_stay_together(venue: Venue, exporter: FileExporter, card: list[Segment]) -> None:
    made = export(venue, await window(exporter, card, 1.2, 5.5), "sync")
    beeps = out_of_sync(venue.data / made, RATE)
    assert len(beeps) == 4
    assert max(map(abs, beeps)) < 0.04


async def test_sound_that_came_before_the_first_picture_is_left_out(venue: Venue, exporter: FileExporter) -> None:
    """As where a capture joins a source that runs: sound comes at once, a picture with the next keyframe."""
    made = "joined/000000.ts"
    (venue.data / made).parent.mkdir()
    graph = f"testsrc2=size=320x180:rate={RATE},{draw_code()},format=yuv420p,setpts=PTS+0.8/TB[out0];sine[out1]"
    quiet = (venue.ffmpeg, "-v", "error", "-f", "lavfi", "-i", graph, "-t", "3", "-g", str(RATE), "-c:v", "libx264")
    options = ("-preset", "ultrafast", "-tune", "zerolatency", "-mpegts_copyts", "1", "-muxdelay", "0")
    await run_once([*quiet, *options, "-f", "mpegts", "-y", str(venue.data / made)], timeout=20)
    segment = Segment(take=RunId("joined"), number=0, path=made, start=0.8, end=3, closed_at=3, bytes=1)
    [clip] = await exporter.cut(segment, segment.start, segment, 9.0, [])
    tables, rest = clip.pieces
    assert tables.end is not None
    assert rest.start > tables.end
    content = venue.data / export(venue, [tables, rest], "joined")
    times = [time for _, time in read_timed_codes(content)]
    assert read_codes(content) == list(range(len(times)))
    assert max(b - a for a, b in pairwise(times)) < 0.05
    with av.open(str(content)) as container:
        [sound] = container.streams.audio
        assert sound.start_time is not None
        assert sound.time_base is not None
        assert abs(float(sound.start_time * sound.time_base) - times[0]) < 0.05


async def test_what_is_said_about_a_session_is_in_the_file(
    venue: Venue, exporter: FileExporter, card: list[Segment]
) -> None:
    metadata = [("title", "Where are we = \"here\"; & 'now'"), ("artist", "Ä. Ö., B. C."), ("date", "2025-09-08")]
    made = export(venue, await window(exporter, card, 0, 2), "metadata", metadata)
    with av.open(str(venue.data / made)) as container:
        assert {key: container.metadata[key] for key, _ in metadata} == dict(metadata)


async def test_the_index_comes_first(venue: Venue, exporter: FileExporter, card: list[Segment]) -> None:
    content = (venue.data / export(venue, await window(exporter, card, 0, 2), "faststart")).read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")


async def test_an_accepted_file_is_whole_and_in_its_place(
    venue: Venue, exporter: FileExporter, card: list[Segment]
) -> None:
    partial = export(venue, await window(exporter, card, 1.2, 5.5), "accepted")
    facts = await exporter.accept(partial, "recordings/accepted/talk.mp4")
    talk = venue.data / "recordings/accepted/talk.mp4"
    assert not (venue.data / partial).exists()
    assert facts.sha256 == hashlib.sha256(talk.read_bytes()).hexdigest()
    assert facts.bytes == talk.stat().st_size
    assert facts.video_frames == 150
    assert facts.duration == pytest.approx(5, abs=0.05)
    assert facts.has_audio
    assert abs(facts.av_offset) < 0.04
    nowhere = await exporter.thumbnail("recordings/accepted/talk.mp4", "recordings/accepted/talk.mp4/talk.jpg")
    assert nowhere is None, "a disk that takes no picture is no reason to have no recording"
    picture = await exporter.thumbnail("recordings/accepted/talk.mp4", "recordings/accepted/talk.jpg")
    assert picture is not None
    content = (venue.data / "recordings/accepted/talk.jpg").read_bytes()
    assert content.startswith(b"\xff\xd8\xff")
    assert (picture.bytes, picture.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    exporter.erase(["recordings/accepted/talk.mp4", "recordings/accepted/talk.jpg", "recordings/none/nothing.mp4"])
    assert not (venue.data / "recordings/accepted").exists(), "an empty folder says something too"


@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
async def test_a_broken_file_is_not_accepted(
    venue: Venue, exporter: FileExporter, card: list[Segment], share: float
) -> None:
    partial = export(venue, await window(exporter, card, 0, 2), f"broken-{share}")
    content = (venue.data / partial).read_bytes()
    (venue.data / partial).write_bytes(content[: round(len(content) * share)])
    with pytest.raises(MediaError, match="partial"):
        await exporter.accept(partial, "recordings/broken/talk.mp4")
    assert not (venue.data / "recordings/broken/talk.mp4").exists()


async def test_a_file_without_a_picture_has_no_thumbnail_and_is_not_accepted(
    exporter: FileExporter, venue: Venue
) -> None:
    quiet = (venue.ffmpeg, "-v", "error", "-f", "lavfi", "-i", "sine")
    await run_once([*quiet, "-t", "0.2", "-y", str(venue.data / "sound.mp4")], timeout=20)
    assert await exporter.thumbnail("sound.mp4", "sound.jpg") is None
    with pytest.raises(MediaError, match="no picture"):
        await exporter.accept("sound.mp4", "recordings/sound.mp4")
    assert (venue.data / "sound.mp4").exists()
    assert [path.name for path in venue.data.glob("sound.jpg*")] == []


def damaged(venue: Venue, card: Sequence[Segment], number: int, name: str, content: bytes | None) -> list[Segment]:
    """The first three segments of a take once more, one of them with other content; None: without it."""
    folder = venue.data / "takes" / name
    folder.mkdir()
    copies = [replace(s, take=RunId(name), path=f"takes/{name}/{s.number:06d}.ts") for s in card[:3]]
    for segment, copy in zip(card, copies, strict=False):
        (venue.data / copy.path).write_bytes((venue.data / segment.path).read_bytes())
    if content is None:
        (venue.data / copies[number].path).unlink()
    else:
        (venue.data / copies[number].path).write_bytes(content)
    return copies


@pytest.mark.parametrize(
    ("name", "content", "number", "fault"),
    [
        ("gone", None, 0, "gone"),
        ("gone", None, 1, "gone"),
        ("empty", b"", 1, "empty"),
        ("empty", b"", 2, "empty"),
        ("junk", b"Ghost" * 40_000, 0, "not a transport stream"),
        ("junk", b"Ghost" * 40_000, 1, "not a transport stream"),
    ],
)
async def test_a_segment_that_is_lost_is_left_out_and_told(
    venue: Venue, exporter: FileExporter, card: list[Segment], name: str, content: bytes | None, number: int, fault: str
) -> None:
    segments = damaged(venue, card, number, f"{name}-{number}", content)
    clips = await clipped(exporter, segments, 0, segments[-1].end)
    assert [bool(clip.pieces) for clip in clips] == [i != number for i in range(3)]
    assert [clip.number for clip in clips if clip.fault] == [number]
    assert fault in clips[number].fault
    assert (clips[number].start, clips[number].end) == (segments[number].start, segments[number].end)
    made = export(venue, flat(clips), f"{name}-{number}")
    assert read_codes(venue.data / made) == [code for code in range(180) if code // 60 != number]


async def test_a_segment_that_is_cut_short_gives_what_is_left_of_it(
    venue: Venue, exporter: FileExporter, card: list[Segment]
) -> None:
    content = (venue.data / card[1].path).read_bytes()
    segments = damaged(venue, card, 1, "short", content[: len(content) // 2])
    clips = await clipped(exporter, segments, 0, segments[-1].end)
    assert "missing" in clips[1].fault
    assert segments[1].start + 0.5 < clips[1].end < segments[1].end - 0.5
    codes = read_codes(venue.data / export(venue, flat(clips), "short"))
    rest = round((clips[1].end - clips[1].start) * RATE)
    assert codes[:60] == list(range(60))
    assert codes[60 : 60 + rest - 1] == list(range(60, 60 + rest - 1))  # the frame that was torn may be unreadable
    assert codes[-60:] == list(range(120, 180))
    assert not clips[0].fault
    assert not clips[2].fault


async def test_damage_behind_the_end_is_none(venue: Venue, exporter: FileExporter, card: list[Segment]) -> None:
    content = (venue.data / card[1].path).read_bytes()
    segments = damaged(venue, card, 1, "behind", content[: len(content) * 3 // 4])
    [_, inside] = await exporter.cut(segments[0], 0, segments[1], segments[1].start + 0.9, [])
    assert not inside.fault
    assert inside.end == pytest.approx(segments[1].start + 1, abs=0.001)
    [_, beyond] = await exporter.cut(segments[0], 0, segments[1], segments[1].start + 1.9, [])
    assert "missing" in beyond.fault


@pytest.mark.parametrize("garbage", [b"Ghost" * 60_000, bytes(300_000)])
async def test_garbage_within_a_segment_costs_no_more_than_itself(
    venue: Venue, exporter: FileExporter, card: list[Segment], garbage: bytes
) -> None:
    content = (venue.data / card[1].path).read_bytes()
    half = len(content) // 2
    name = f"torn-{garbage[0]}"
    segments = damaged(venue, card, 1, name, content[:half] + garbage + content[half + 4096 :])
    clips = await clipped(exporter, segments, 0, segments[-1].end)
    assert "missing or not media" in clips[1].fault
    made = export(venue, flat(clips), name)
    codes = read_codes(venue.data / made)
    torn, resumes = next((a + 1, b) for a, b in pairwise(codes) if b != a + 1)
    assert codes == [*range(torn), *range(resumes, 180)], "each picture in the file can be decoded"
    assert 75 < torn < 105
    assert resumes in (90, 120), "at a keyframe"
    facts = await exporter.accept(made, f"recordings/{name}.mp4")
    [hole] = facts.holes
    assert hole == pytest.approx((torn / RATE, (resumes - torn) / RATE), abs=0.05)


async def test_a_segment_that_was_never_a_transport_stream_is_nothing(exporter: FileExporter, venue: Venue) -> None:
    (venue.data / "takes/junk").mkdir()
    (venue.data / "takes/junk/000000.ts").write_bytes(b"junk" * 100)
    junk = Segment(take=RunId("junk"), number=0, path="takes/junk/000000.ts", start=0, end=2, closed_at=0, bytes=400)
    [clip] = await exporter.cut(junk, 1, junk, 2, [])
    assert (clip.pieces, clip.start, clip.end) == ((), 0, 2)


async def test_a_window_that_ends_at_a_segments_head_takes_nothing_of_it(
    exporter: FileExporter, card: list[Segment]
) -> None:
    clips = await exporter.cut(card[0], 0, card[1], card[1].start, [])
    assert flat(clips) == [Piece(path=card[0].path)]
    assert await exporter.cut(card[0], 1.5, card[0], 1.0, []) == []


async def test_a_keyframe_has_the_same_digests_on_another_clock(
    venue: Venue, exporter: FileExporter, card: list[Segment]
) -> None:
    other = replace(card[1], path="takes/shifted.ts")
    copied = ("-i", str(venue.data / card[1].path), "-c", "copy", "-output_ts_offset", "5", "-f", "mpegts")
    argv = (venue.ffmpeg, "-v", "error", *copied, str(venue.data / other.path))
    assert (await run_once(argv, timeout=20)).status == 0
    found, shifted = await exporter.digests(card[1]), await exporter.digests(other)
    first, second = (time for time, _, _ in found)
    assert second - first == pytest.approx(1.0, abs=0.001), "a keyframe each second"
    assert len({picture for _, picture, _ in found} | {sound for _, _, sound in found}) == 4, "each of its own"
    assert [picture for _, picture, _ in shifted] == [picture for _, picture, _ in found]
    assert shifted[0][0] > first + 4
    assert shifted[0][2] == found[0][2], "the sound stored behind it"


async def test_a_segment_that_can_t_be_read_has_no_digests(exporter: FileExporter, card: list[Segment]) -> None:
    assert await exporter.digests(replace(card[0], path="takes/none.ts")) == []


def test_an_export_of_nothing_is_refused(ffmpeg: str) -> None:
    with pytest.raises(MediaError, match="no captured media"):
        export_command(ffmpeg, ExportSettings(pieces=(), target="recordings/x/y.mp4"), RunId("run"))


def test_an_export_of_a_long_session_has_a_short_command(ffmpeg: str) -> None:
    pieces = tuple(Piece(path=f"takes/run/{number:06d}.ts") for number in range(5400))
    command = export_command(ffmpeg, ExportSettings(pieces=pieces, target="recordings/x/y.mp4"), RunId("run"))
    assert sum(map(len, command.argv)) < 2000
    assert command.files[0][1].count("\n") == 5400
    assert command.open_files > 5400
    assert "recordings/x" in command.folders


def test_each_piece_is_named_with_the_bytes_of_it_that_count(ffmpeg: str) -> None:
    pieces = [
        Piece(path="takes/run/1.ts"),
        Piece(path="takes/run/2.ts", start=188),
        Piece(path="takes/run/3.ts", end=376),
        Piece(path="takes/run/4.ts", start=188, end=376),
    ]
    command = export_command(ffmpeg, ExportSettings(pieces=tuple(pieces), target="recordings/x/y.mp4"), RunId("run"))
    assert command.files[0][1].splitlines() == [
        "takes/run/1.ts",
        "subfile,,start,188,end,0,,:takes/run/2.ts",
        "subfile,,start,0,end,376,,:takes/run/3.ts",
        "subfile,,start,188,end,376,,:takes/run/4.ts",
    ]


async def test_the_index_stands_in_front_whether_there_was_room_for_it_or_it_was_put_there(
    venue: Venue, exporter: FileExporter, card: list[Segment]
) -> None:
    pieces = tuple(await window(exporter, card, 0.0, 6.0))
    assert boxes(venue.data / export(venue, pieces, "roomy"))[:3] == ["ftyp", "moov", "free"]
    behind = ExportSettings(pieces=pieces, target="recordings/behind/partial.mp4")
    venue.start("export-behind", behind)
    assert venue.ends("export-behind") == 0
    assert boxes(venue.data / behind.target)[:2] == ["ftyp", "moov"]
    venue.start("export-cramped", replace(behind, target="recordings/cramped/partial.mp4", index=500))
    assert venue.ends("export-cramped") != 0, "no file without an index is taken for a whole one"


def boxes(file: Path) -> list[str]:
    """The boxes of an MP4 in their order."""
    content, found, place = file.read_bytes(), [], 0
    while place < len(content):
        found.append(content[place + 4 : place + 8].decode())
        place += int.from_bytes(content[place : place + 4])
    return found

"""A day of short sessions in two rooms, seen from outside: the pictures, notices and files that everybody got.

The great hall is fed by an SRT encoder, the lab by the test picture; both number their frames. The hall has two
sessions back to back and one that may not be streamed, the lab one that may not be recorded between two that may.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import cache
from itertools import chain, pairwise
from pathlib import Path

import av
import pytest
from support.media.measuring import breaks, out_of_sync
from support.media.peers import RATE, Encoder, sending
from support.service.audience import Audience, audience, first_frame, live
from support.service.running import Conference, Document, Said, instant, moment, now, running, seconds
from support.service.watching import Picture, ticks
from support.web.described import component, event, faults

from streamer.core.base.errors import MediaError
from streamer.core.base.layout import DATABASE
from streamer.media.capture.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

ROOMS = """\
[[rooms]]
id = "hall"
name = "Great hall"
source = "srt://127.0.0.1:{port}?latency=1500000"
listen = true

[[rooms]]
id = "lab"
name = "Lab"
source = "test:?size=320x180&rate=30&code=1"
"""
STARTS_IN = 11.0
"""From the publication of the timetable to the first session: the captures' lead and a little more."""
WINDOWS = {
    **{"h1": (0, 13), "h2": (13, 25), "h3": (26, 32), "h4": (32, 37)},
    **{"l1": (1, 11), "l2": (11, 18), "l3": (18, 26)},
}
"""Seconds from the day's start."""
SPEAKERS = 'speakers = [{ name = "Ada Løvelace", affiliation = "Analytical" }, { name = "Grace Hopper" }]'
STREAMED = ("h1", "h2", "h4", "l1", "l2", "l3")
CLEAN = ("h1", "h2", "h3", "h4")
"""Recorded from end to end."""
PADDING = 2.0
"""Seconds, as the configuration says."""
SEGMENT = 2.0
TRUE = 0.2
"""Seconds that a wall time may be wrong."""
FRAME = 0.05


@dataclass(slots=True)
class Day:
    """What was seen. ``beyond`` are names of chunks that were guessed and answered."""

    seen: Audience
    beyond: list[str] = field(default_factory=list)
    watched: dict[str, bytes] = field(default_factory=dict)
    """Recordings as their playlists give them: all segments behind each other."""
    reports: dict[str, Document] = field(default_factory=dict)
    last: Document = field(default_factory=dict)
    """The viewer's snapshot at the end."""
    listed: Said | None = None
    stopped: Said | None = None
    status: int | None = None
    left: dict[int, str] = field(default_factory=dict)

    def window(self, session: str) -> tuple[float, float]:
        """Unix seconds."""
        start, end = WINDOWS[session]
        return self.seen.at(start), self.seen.at(end)


@pytest.fixture(scope="module")
def day(ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory) -> Day:
    """A day that is over; nothing of it runs any more."""
    http_port, port = free_ports(2)
    conference = Conference(folder=tmp_path_factory.mktemp("day"), port=http_port, rooms=ROOMS.format(port=port))
    conference.write()
    camera = Encoder(ffmpeg, f"srt://127.0.0.1:{port}?latency=1500000&pkt_size=1316")
    return asyncio.run(_happens(conference, camera))


async def _happens(conference: Conference, camera: Encoder) -> Day:
    async with (
        running(conference) as service,
        audience(conference, service, "hall", "lab", starts_in=STARTS_IN) as seen,
    ):
        day = Day(seen)
        rules = {"h1": SPEAKERS, "h3": "stream = false", "l2": "record = false"}
        rooms = {"h": "hall", "l": "lab"}
        conference.publish(*(seen.talk(id, rooms[id[0]], WINDOWS[id], rules.get(id, "")) for id in WINDOWS))
        async with sending(camera):
            while now() < seen.start + seconds(40):
                for room, watcher in seen.watchers.items():
                    day.beyond += [f"{room}/{name}" for name in await watcher.guess()]
                await moment(now() + seconds(1))
        await seen.finish(*CLEAN, "l1", "l3")
        for session in ("h1", "h2"):
            day.watched[session] = await _watched(seen, session)
            day.reports[session] = await seen.crew.get(_url(seen.recordings[session], "report"))
        day.last = await seen.crew.get("/api/v1/status")
        day.listed = await conference.command("recordings", "list", "--json")
        await seen.leave()
        day.stopped = await conference.command("stop")
        day.status = await service.ended()
        day.left = conference.processes()
        return day


def _url(recording: Document, kind: str) -> str:
    [url] = [str(file["url"]) for file in recording["files"] if file["kind"] == kind]
    return url


async def _watched(seen: Audience, session: str) -> bytes:
    """What a player gets that follows a recording's playlist."""
    url = seen.crew.url + _url(seen.recordings[session], "vod")
    async with seen.crew.http.get(url) as answer:
        assert answer.content_type == "application/vnd.apple.mpegurl"
        playlist = await answer.text()
    assert playlist.endswith("#EXT-X-ENDLIST\n")
    segments = []
    for name in (line for line in playlist.splitlines() if not line.startswith("#")):
        async with seen.crew.http.get(f"{url.rpartition('/')[0]}/{name}") as answer:
            assert answer.status == 200
            segments.append(await answer.read())
    return b"".join(segments)


@pytest.fixture(scope="module")
def pictures(day: Day) -> dict[str, list[Picture]]:
    """All frames that a viewer of a room was given."""
    return {room: list(watcher.pictures()) for room, watcher in day.seen.watchers.items()}


@pytest.fixture(scope="module")
def codes(day: Day) -> Callable[[str], list[int]]:
    """The numbers of the frames in a session's file."""
    return cache(lambda session: read_codes(day.seen.file(session)))


# -- the notices ----------------------------------------------------------------------------------------------------


def test_nobody_misses_a_revision(day: Day) -> None:
    assert day.seen.viewer.gaps() == []
    assert day.seen.desk.gaps() == []


@pytest.mark.parametrize("session", [*STREAMED, "h3"])
def test_each_session_begins_and_ends_once(day: Day, session: str) -> None:
    told = [(c["kind"], c["session"]["state"]) for c in day.seen.viewer.changes(session)]
    assert [one for one in told if one[0] != "session.changed"] == [
        ("session.live", "live"),
        ("session.ended", "ended"),
    ]
    [ended] = [c for c in day.seen.viewer.changes(session) if c["kind"] == "session.ended"]
    assert instant(ended["at"]) == pytest.approx(day.window(session)[1], abs=0.002)


@pytest.mark.parametrize("session", STREAMED)
def test_live_is_said_of_the_first_chunk(day: Day, session: str) -> None:
    """``at`` is on the playlists' clock, and not before the session's start."""
    start = day.window(session)[0]
    watcher = day.seen.watchers["hall" if session[0] == "h" else "lab"]
    listed = [one for one in watcher.in_order(watcher.video) if one.start > start - FRAME]
    first = next(one.start for one in listed if next(watcher.frames(one)).code >= 0)
    at = instant(_live_at(day, session))
    assert at == pytest.approx(max(first, start), abs=TRUE)
    assert at - start < SEGMENT + TRUE + 1


def test_what_is_not_streamed_is_live_from_the_first_kept_segment(day: Day) -> None:
    at, start = instant(_live_at(day, "h3")), day.window("h3")[0]
    assert -0.002 < at - start < SEGMENT + TRUE


def _live_at(day: Day, session: str) -> str:
    [change] = [c for c in day.seen.viewer.changes(session) if c["kind"] == "session.live"]
    return str(change["at"])


def test_the_last_snapshot(day: Day) -> None:
    """What a viewer who comes at the end is told."""
    sessions = {one["id"]: one for one in day.last["sessions"]}
    assert {one["state"] for one in sessions.values()} == {"ended"}
    assert not any(one["on_air"] for one in sessions.values())
    assert [sessions[id]["recording"] for id in ("h1", "l1", "l2")] == ["ready", "partial", "off"]
    assert {one["session"] for one in day.last["rooms"]} == {None}


def test_viewers_learn_nothing_that_is_the_crew_s(day: Day) -> None:
    told = json.dumps([heard.document for heard in day.seen.viewer.all] + [day.last])
    for secret in ("srt:", "udp:", "tcp:", "test:", "pid", str(day.seen.conference.folder), "capture:", "127.0.0.1"):
        assert secret not in told
    assert "capture:hall" in json.dumps([heard.document for heard in day.seen.desk.all])


# -- the channel ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["hall", "lab"])
def test_a_player_meets_nothing_odd(day: Day, room: str) -> None:
    """Nothing that is listed is missing, no line changes afterwards, and all tracks have the same seams."""
    watcher = day.seen.watchers[room]
    assert watcher.wrong == watcher.away == []
    lists = {track: watcher.in_order(track) for track in watcher.tracks}
    video, audio = lists[watcher.video], lists["audio"]
    assert abs(len(video) - len(audio)) <= 1, "the player may have left between two lists"
    assert all((a.sequence, a.seam) == (b.sequence, b.seam) for a, b in zip(video, audio, strict=False))
    assert [one.sequence for one in video] == list(range(video[0].sequence, video[-1].sequence + 1))
    for before, after in chain.from_iterable(pairwise(one) for one in lists.values()):
        assert after.seam - before.seam == (before.init != after.init)
        hole = after.start - before.end
        assert -TRUE < hole < (TRUE if before.init == after.init else 0.5)


def test_the_channel_shows_its_own_room(pictures: dict[str, list[Picture]]) -> None:
    in_hall, in_lab = ([_is_blue(one) for one in live(pictures[room])] for room in ("hall", "lab"))
    assert len(in_hall) > 500
    assert all(in_hall)
    assert len(in_lab) > 500
    assert not any(in_lab)


def _is_blue(picture: Picture) -> bool:
    blue, red = picture.colour
    return blue > 160 and red < 110


@pytest.mark.parametrize(("room", "spells"), [("hall", [(0, 25), (32, 37)]), ("lab", [(1, 26)])])
def test_live_is_seen_while_it_may_be(
    day: Day, pictures: dict[str, list[Picture]], room: str, spells: list[tuple[float, float]]
) -> None:
    """Never outside the sessions that may be streamed, and inside them throughout, but for a segment at the start."""
    seen = live(pictures[room])
    for picture in seen:
        assert any(start - FRAME < picture.at - day.seen.at(0) < end + FRAME for start, end in spells)
    for start, end in spells:
        codes = [one.code for one in seen if start < one.at - day.seen.at(0) < end]
        assert breaks(codes) == []
        assert len(codes) / RATE > end - start - SEGMENT - 2  # a busy machine warms its encoders late


def test_the_wall_clock_in_the_picture_is_the_playlist_s(pictures: dict[str, list[Picture]]) -> None:
    """The clock goes on by a second when the second begins by EXT-X-PROGRAM-DATE-TIME."""
    instants = ticks(live(pictures["lab"]))
    assert len(instants) > 10
    assert max(min(at % 1, 1 - at % 1) for at in instants) < TRUE, instants


def test_nothing_that_is_not_published_has_a_name(day: Day) -> None:
    assert day.beyond == []


# -- the files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", CLEAN)
def test_a_recording_is_whole(
    day: Day, pictures: dict[str, list[Picture]], codes: Callable[[str], list[int]], session: str
) -> None:
    """No frame is lost or repeated, and it reaches over the window, by a keyframe's distance at most."""
    recording = day.seen.recordings[session]
    assert (recording["state"], recording["coverage"], recording["gaps"]) == ("ready", 1.0, [])
    found = codes(session)
    assert breaks(found) == []
    assert found[0] >= 0
    wall = first_frame(pictures["hall"], RATE)
    start, end = day.window(session)
    assert start - 1 - TRUE < wall + found[0] / RATE < start + TRUE
    assert end - TRUE < wall + (found[-1] + 1) / RATE < end + 1 + TRUE


def test_back_to_back_sessions_share_their_seam(day: Day, codes: Callable[[str], list[int]]) -> None:
    first, second = codes("h1"), codes("h2")
    assert first[0] < second[0] <= first[-1] + 1 <= second[-1]
    assert sorted({*first, *second}) == list(range(first[0], second[-1] + 1))


def test_padding_lies_beside_and_is_shared(day: Day, pictures: dict[str, list[Picture]]) -> None:
    """What is kept of neighbours reaches beyond their windows on both sides, into the same segments."""
    wall = first_frame(pictures["hall"], RATE)
    kept = {session: _kept(day, session) for session in ("h1", "h2")}
    frames = {path: read_codes(path) for path in {*kept["h1"], *kept["h2"]}}
    for session, paths in kept.items():
        start, end = day.window(session)
        assert wall + frames[paths[0]][0] / RATE < start - PADDING + TRUE
        assert wall + (frames[paths[-1]][-1] + 1) / RATE > end + PADDING - TRUE
    assert set(kept["h1"]) & set(kept["h2"])
    held = [code for codes in frames.values() for code in codes]
    assert len(held) == len(set(held)), "no frame lies in two files"


def _kept(day: Day, session: str) -> list[Path]:
    """The segments that are kept for a session, in order; the service is over."""
    with closing(sqlite3.connect(day.seen.conference.data / DATABASE)) as database:
        rows = database.execute(
            "SELECT path FROM keeps JOIN segments USING (take, number) WHERE session = ? ORDER BY take, number",
            [session],
        ).fetchall()
    return [day.seen.conference.data / path for (path,) in rows]


@pytest.mark.parametrize("session", [*CLEAN, "l1", "l3"])
def test_sound_and_picture_belong_together(day: Day, session: str) -> None:
    beeps = out_of_sync(day.seen.file(session), 30)
    assert len(beeps) >= 5
    assert max(map(abs, beeps)) < 0.04


def test_a_recording_says_what_it_is(day: Day) -> None:
    recording, path = day.seen.recordings["h1"], day.seen.file("h1")
    with av.open(str(path)) as container:
        said = dict(container.metadata)
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(recording["duration"], abs=2)
    assert said["title"] == "Talk h1"
    assert said["artist"] == "Ada Løvelace (Analytical), Grace Hopper"
    assert said["album"] == "A conference"
    assert said["date"] == recording["start"][:10], "the venue's date"
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert [f["bytes"] for f in recording["files"] if f["kind"] == "mp4"] == [len(content)]


def test_what_may_not_be_recorded_is_nowhere(day: Day, pictures: dict[str, list[Picture]]) -> None:
    """Its neighbours' padding would reach into it; and viewers saw it, so there was something to be kept."""
    wall = first_frame(pictures["lab"], RATE)
    start, end = day.window("l2")
    private = range(round((start + TRUE - wall) * RATE), round((end - TRUE - wall) * RATE))
    assert len({one.code for one in live(pictures["lab"])} & set(private)) > 100
    found = {str(path): codes for path, codes in _on_disk(day, "lab")}
    assert any("takes" in path for path in found)
    assert {path: len(codes) for path, codes in found.items() if set(codes) & set(private)} == {}
    assert not (day.seen.conference.data / "recordings" / "l2").exists()
    assert "l2" not in _listed(day)


def _on_disk(day: Day, room: str) -> Iterator[tuple[Path, list[int]]]:
    """Every file with pictures of a room, and the numbers of its frames."""
    data = day.seen.conference.data
    for path in chain((data / "takes").glob(f"*-{room}-*/*.ts"), (data / "recordings").rglob(f"*_{room}_*.mp4")):
        try:
            yield path, read_codes(path)
        except (av.FFmpegError, MediaError):
            yield path, []
    for folder in (data / "live").glob(f"*-{room}-*"):
        for init in folder.glob("init-stream0*"):
            whole = folder / "whole.mp4"
            whole.write_bytes(b"".join(p.read_bytes() for p in [init, *sorted(folder.glob("chunk-stream0-*"))]))
            yield folder, read_codes(whole)


@pytest.mark.parametrize("session", ["l1", "l3"])
def test_its_neighbours_lack_no_more_than_a_segment(day: Day, session: str) -> None:
    recording = day.seen.recordings[session]
    [gap] = recording["gaps"]
    assert recording["state"] == "partial"
    assert gap["cause"] == "a session next to it may not be recorded"
    assert 0 < gap["duration"] < SEGMENT + TRUE
    assert breaks(read_codes(day.seen.file(session))) == []


def _listed(day: Day) -> dict[str, Document]:
    assert day.listed is not None
    assert day.listed.status == 0, day.listed.err
    return {one["session"]: one for one in json.loads(day.listed.out)["recordings"]}


def test_the_command_line_lists_the_recordings(day: Day) -> None:
    listed = _listed(day)
    assert {*CLEAN, "l1", "l3"} == listed.keys()
    there = [day.seen.conference.data / file.pop("path") for file in listed["h1"]["files"]]
    assert all(path.exists() for path in there)
    for one in (listed["h1"], day.seen.recordings["h1"]):  # its report says more once somebody has listened
        one["files"] = [file for file in one["files"] if file["kind"] != "report"]
    assert listed["h1"] == day.seen.recordings["h1"]


# -- the end --------------------------------------------------------------------------------------------------------


def test_stop_ends_everything(day: Day) -> None:
    assert day.stopped is not None
    assert day.stopped.status == 0, day.stopped.err
    assert day.status == 0
    assert day.left == {}


def test_every_document_is_as_described(day: Day) -> None:
    for recording in day.seen.recordings.values():
        assert list(faults(recording, component("Recording"))) == []
    for report in day.reports.values():
        assert list(faults(report, component("Report"))) == []
    assert list(faults(day.last, component("Snapshot"))) == []
    for namespace, heard in (("/viewer", day.seen.viewer.all), ("/crew", day.seen.desk.all)):
        told = [one for one in heard if one.event in ("snapshot", "change")]
        assert told
        for one in told:
            assert list(faults(one.document, event(namespace, one.event))) == [], one.document


# -- watched, and reported on -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", ["h1", "h2"])
def test_a_playlist_gives_the_frames_of_the_file(
    day: Day, codes: Callable[[str], list[int]], session: str, tmp_path: Path
) -> None:
    whole = tmp_path / "watched.ts"
    whole.write_bytes(day.watched[session])
    assert read_codes(whole) == codes(session)


@pytest.mark.parametrize("session", ["h1", "h2"])
def test_a_report_counts_the_frames_that_are_there(day: Day, codes: Callable[[str], list[int]], session: str) -> None:
    report = day.reports[session]
    assert report["frames"] == len(codes(session))
    assert abs(report["expected_frames"] - report["frames"]) <= 1
    start, end = day.window(session)
    assert instant(report["covered"]["start"]) <= start + TRUE
    assert instant(report["covered"]["end"]) >= end - TRUE
    assert abs(report["av_offset"]) < 0.1
    listed = {file["name"]: file["sha256"] for file in report["files"]}
    known = {f["name"]: f["sha256"] for f in day.seen.recordings[session]["files"] if f["kind"] != "report"}
    assert listed == known

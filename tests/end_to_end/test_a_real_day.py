"""A day of short sessions in two rooms, seen from outside: the pictures, notices and files that everybody got.

The great hall is fed by an SRT encoder, the lab by the test picture; both number their frames. The hall has two
sessions back to back and one that may not be streamed, the lab one that may not be recorded between two that may.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from itertools import chain, pairwise
from pathlib import Path

import av
import pytest
from measuring import breaks, out_of_sync
from real_day import RATES, WINDOWS, Day
from running import Document, instant
from watching import Picture, ticks

from streamer.core.errors import MediaError
from streamer.media.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

STREAMED = ("h1", "h2", "h4", "l1", "l2", "l3")
CLEAN = ("h1", "h2", "h3", "h4")
"""Recorded from end to end."""
SEGMENT = 2.0
TRUE = 0.2
"""Seconds that a wall time may be wrong."""
FRAME = 0.05


@pytest.fixture(scope="module")
def pictures(day: Day) -> dict[str, list[Picture]]:
    """All frames that a viewer of a room was given."""
    return {room: list(day.watchers[room].pictures()) for room in ("hall", "lab", "studio")}


def live(pictures: list[Picture]) -> list[Picture]:
    return [one for one in pictures if one.code >= 0]


@pytest.fixture(scope="module")
def codes(day: Day) -> Callable[[str], list[int]]:
    """The numbers of the frames in a session's file."""
    return cache(lambda session: read_codes(day.file(session)))


# -- the notices ----------------------------------------------------------------------------------------------------


def test_nobody_misses_a_revision(day: Day) -> None:
    assert day.viewer.gaps() == []
    assert day.crew.gaps() == []


@pytest.mark.parametrize("session", [*STREAMED, "h3"])
def test_each_session_begins_and_ends_once(day: Day, session: str) -> None:
    told = [(c["kind"], c["session"]["state"]) for c in day.viewer.changes(session)]
    assert [one for one in told if one[0] != "session.changed"] == [
        ("session.live", "live"),
        ("session.ended", "ended"),
    ]
    [ended] = [c for c in day.viewer.changes(session) if c["kind"] == "session.ended"]
    assert instant(ended["at"]) == pytest.approx(day.at(WINDOWS[session][1]), abs=0.002)


@pytest.mark.parametrize("session", STREAMED)
def test_live_is_said_of_the_first_chunk(day: Day, session: str) -> None:
    """``at`` is on the playlists' clock, and not before the session's start."""
    start = day.at(WINDOWS[session][0])
    watcher = day.watchers["hall" if session[0] == "h" else "lab"]
    listed = [one for one in watcher.in_order(watcher.video) if one.start > start - FRAME]
    first = next(one.start for one in listed if next(watcher.frames(one)).code >= 0)
    at = instant(_live_at(day, session))
    assert at == pytest.approx(max(first, start), abs=TRUE)
    assert at - start < SEGMENT + TRUE + 1


def test_what_is_not_streamed_is_live_from_the_first_kept_segment(day: Day) -> None:
    at, start = instant(_live_at(day.story("hall"), "h3")), day.at(WINDOWS["h3"][0])
    assert -0.002 < at - start < SEGMENT + TRUE


def _live_at(day: Day, session: str) -> str:
    [change] = [c for c in day.viewer.changes(session) if c["kind"] == "session.live"]
    return str(change["at"])


def test_the_last_snapshot(day: Day) -> None:
    """What a viewer who comes at the end is told."""
    sessions = {one["id"]: one for one in day.last["sessions"]}
    assert {one["state"] for one in sessions.values()} == {"ended"}
    assert not any(one["on_air"] for one in sessions.values())
    assert [sessions[id]["recording"] for id in ("h1", "l2", "s2")] == ["ready", "off", "erased"]
    assert {one["session"] for one in day.last["rooms"]} == {None}


def test_viewers_learn_nothing_that_is_the_crew_s(day: Day) -> None:
    told = json.dumps([heard.document for heard in day.viewer.all] + [day.last])
    for secret in ("srt:", "udp:", "tcp:", "test:", "pid", str(day.conference.folder), "capture:", "127.0.0.1"):
        assert secret not in told
    assert "capture:hall" in json.dumps([heard.document for heard in day.crew.all])


# -- the channel ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("room", ["hall", "lab"])
def test_a_player_meets_nothing_odd(day: Day, room: str) -> None:
    """Nothing that is listed is missing, no line changes afterwards, and all tracks have the same seams."""
    watcher = day.story(room).watchers[room]
    assert watcher.wrong == watcher.away == []
    lists = {track: watcher.in_order(track) for track in watcher.tracks}
    video, audio = lists[watcher.video], lists["audio"]
    assert [(one.sequence, one.seam) for one in video] == [(one.sequence, one.seam) for one in audio]
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


@pytest.mark.parametrize(("room", "spells"), [("hall", [(0, 27), (34, 40)]), ("lab", [(1, 29)])])
def test_live_is_seen_while_it_may_be(
    day: Day, pictures: dict[str, list[Picture]], room: str, spells: list[tuple[float, float]]
) -> None:
    """Never outside the sessions that may be streamed, and inside them throughout, but for a segment at the start."""
    day.story(room)
    seen = live(pictures[room])
    for picture in seen:
        assert any(start - FRAME < picture.at - day.at(0) < end + FRAME for start, end in spells)
    for start, end in spells:
        codes = [one.code for one in seen if start < one.at - day.at(0) < end]
        assert breaks(codes) == []
        assert len(codes) / RATES[room] > end - start - SEGMENT - 1


@pytest.mark.parametrize("room", ["lab", "studio"])
def test_the_wall_clock_in_the_picture_is_the_playlist_s(pictures: dict[str, list[Picture]], room: str) -> None:
    """The clock goes on by a second when the second begins by EXT-X-PROGRAM-DATE-TIME."""
    seconds = ticks(live(pictures[room]))
    assert len(seconds) > 10
    seams = 2  # where the picture comes from another second, it differs as well
    late = sorted(min(at % 1, 1 - at % 1) for at in seconds)
    assert late[-1 - seams] < TRUE, seconds


def test_nothing_that_is_not_published_has_a_name(day: Day) -> None:
    assert day.story("guesses").beyond == []


# -- the files ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("session", CLEAN)
def test_a_recording_is_whole(
    day: Day, pictures: dict[str, list[Picture]], codes: Callable[[str], list[int]], session: str
) -> None:
    """No frame is lost or repeated, and it reaches over the window, by a keyframe's distance at most."""
    recording = day.story("hall").recordings[session]
    assert (recording["state"], recording["coverage"], recording["gaps"]) == ("ready", 1.0, [])
    found = codes(session)
    assert breaks(found) == []
    assert found[0] >= 0
    wall = _wall(live(pictures["hall"]), RATES["hall"])
    start, end = (day.at(offset) for offset in WINDOWS[session])
    assert start - 1 - TRUE < wall + found[0] / RATES["hall"] < start + TRUE
    assert end - TRUE < wall + (found[-1] + 1) / RATES["hall"] < end + 1 + TRUE


def _wall(pictures: list[Picture], rate: int) -> float:
    """When frame 0 was, Unix seconds."""
    offsets = sorted(one.at - one.code / rate for one in pictures)
    return offsets[len(offsets) // 2]


def test_back_to_back_sessions_share_their_seam(day: Day, codes: Callable[[str], list[int]]) -> None:
    day.story("hall")
    first, second = codes("h1"), codes("h2")
    assert first[0] < second[0] <= first[-1] + 1 <= second[-1]
    assert sorted({*first, *second}) == list(range(first[0], second[-1] + 1))


@pytest.mark.parametrize("session", [*CLEAN, "l1", "l3"])
def test_sound_and_picture_belong_together(day: Day, session: str) -> None:
    beeps = out_of_sync(day.story("hall" if session in CLEAN else "lab").file(session), 30)
    assert len(beeps) >= 5
    assert max(map(abs, beeps)) < 0.04


def test_a_recording_says_what_it_is(day: Day) -> None:
    recording, path = day.story("hall").recordings["h1"], day.file("h1")
    with av.open(str(path)) as container:
        said = dict(container.metadata)
        assert container.duration is not None
        assert container.duration / 1e6 == pytest.approx(recording["duration"], abs=2)
    assert said["title"] == "Talk h1"
    assert said["artist"] == "Ada Løvelace (Analytical), Grace Hopper"
    assert said["album"] == "A conference"
    assert said["date"] == f"{day.start:%Y-%m-%d}" or said["date"] == recording["start"][:10]
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")
    assert [f["bytes"] for f in recording["files"] if f["kind"] == "mp4"] == [len(content)]


def test_what_may_not_be_recorded_is_nowhere(day: Day, pictures: dict[str, list[Picture]]) -> None:
    """Its neighbours' padding would reach into it; and viewers saw it, so there was something to be kept."""
    wall = _wall(live(pictures["lab"]), RATES["lab"])
    start, end = WINDOWS["l2"]
    private = range(
        round((day.at(start) + TRUE - wall) * RATES["lab"]), round((day.at(end) - TRUE - wall) * RATES["lab"])
    )
    assert len({one.code for one in live(pictures["lab"])} & set(private)) > 100
    found = {str(path): codes for path, codes in _on_disk(day, "lab")}
    assert any("takes" in path for path in found)
    assert {path: len(codes) for path, codes in found.items() if set(codes) & set(private)} == {}
    assert not (day.conference.data / "recordings" / "l2").exists()
    assert "l2" not in _listed(day)


def _on_disk(day: Day, room: str) -> Iterator[tuple[Path, list[int]]]:
    """Every file with pictures of a room, and the numbers of its frames."""
    data = day.conference.data
    for path in chain((data / "takes").glob(f"*-{room}-*/*.ts"), (data / "recordings").glob(f"*/*_{room}_*.mp4")):
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
    recording = day.story("lab").recordings[session]
    [gap] = recording["gaps"]
    assert recording["state"] == "partial"
    assert gap["cause"] == "it touches a session that may not be recorded"
    assert 0 < gap["duration"] < SEGMENT + TRUE
    assert breaks(read_codes(day.file(session))) == []


def _listed(day: Day) -> dict[str, Document]:
    assert day.listed is not None
    assert day.listed.status == 0, day.listed.err
    return {one["session"]: one for one in json.loads(day.listed.out)["recordings"]}


def test_the_command_line_lists_the_recordings(day: Day) -> None:
    listed = _listed(day)
    assert {*CLEAN, "l1", "l3", "s1"} <= listed.keys()
    assert listed["h1"] == day.recordings["h1"]


# -- the end --------------------------------------------------------------------------------------------------------


def test_stop_ends_everything(day: Day) -> None:
    assert day.stopped is not None
    assert day.stopped.status == 0, day.stopped.err
    assert day.status == 0
    assert day.left == {}

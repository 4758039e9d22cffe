"""Sources that send something else than steady H.264 and AAC: streamed with what they have, recorded whole."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Callable
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import av
import pytest
from aiohttp import web
from support.feeds.servers import serving
from support.media.peers import RATE, Encoder, sending
from support.service.audience import Audience, audience
from support.service.running import Conference, Document, running

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

SMALL = "-map 0 -map 1 -c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 25"
X265 = "log-level=none:keyint=25:bframes=0"
PAUSES = 0.44
"""Seconds by which the looped file's picture is shorter than its sound."""
SENT = {
    "loop": ("ts", f"-t 5.44 {SMALL} -bf 0 -vf trim=end=5 -c:a aac"),
    "camera": ("mkv", f"{SMALL} -c:a pcm_alaw -ar 8000"),
    "sound": ("ts", "-map 1 -c:a aac"),
    "hevc": (
        "ts",
        "-map 0 -map 1 -c:v libx265 -preset ultrafast -x265-params log-level=none:keyint=25:bframes=0 -c:a mp2",
    ),
}
FILES = [room for room in SENT if room != "loop"]
ROOMS = [*SENT, "bursts"]
BURST = 4
"""Seconds that a playlist's source delivers at once."""
STARTS_IN = 9.0
ENDS_AT = 16.0


@pytest.fixture(scope="module")
def seen(ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory) -> Audience:
    folder = tmp_path_factory.mktemp("foreign")
    rooms = []
    for name, (ending, options) in SENT.items():
        file = folder / f"{name}.{ending}"
        inputs = ("-f", "lavfi", "-i", "testsrc2=s=160x96:r=25:d=30", "-f", "lavfi", "-i", "sine=440:r=48000:d=30")
        argv = [ffmpeg, "-nostdin", "-loglevel", "error", *inputs, *options.split(), str(file)]
        subprocess.run(argv, check=True, timeout=60)
        rooms.append(f'[[rooms]]\nid = "{name}"\nsource = "{file}"\n')
    conference = Conference(folder=folder, port=free_ports(1)[0], rooms="\n".join(rooms))
    bursts = folder / "bursts"
    bursts.mkdir()
    sent = ("-f", "hls", "-hls_time", str(BURST), "-hls_flags", "delete_segments")
    return asyncio.run(_happens(conference, Encoder(ffmpeg, str(bursts / "live.m3u8"), format=sent)))


async def _happens(conference: Conference, bursts: Encoder) -> Audience:
    """``bursts`` writes an HLS playlist, which a server delivers to a room."""

    async def file(request: web.Request) -> web.StreamResponse:
        return web.FileResponse(Path(bursts.target).with_name(request.match_info["path"]))

    async with AsyncExitStack() as stack:
        await stack.enter_async_context(sending(bursts))
        url = await stack.enter_async_context(serving(file))
        conference.rooms += f'\n[[rooms]]\nid = "bursts"\nsource = "{url}live.m3u8"\n'
        conference.write()
        service = await stack.enter_async_context(running(conference))
        seen = await stack.enter_async_context(audience(conference, service, "bursts", starts_in=STARTS_IN))
        conference.publish(*(seen.talk(f"t-{room}", room, (0, ENDS_AT)) for room in ROOMS))
        await seen.finish(*(f"t-{room}" for room in ROOMS))
        await _gets(seen, "t-hevc", "playable")
        await conference.command("stop")
        await service.ended()
        return seen


async def _gets(seen: Audience, session: str, kind: str) -> None:
    async with asyncio.timeout(60):
        while kind not in kinds(seen.recordings[session]):
            await asyncio.sleep(0.2)
            seen.recordings[session] = await seen.crew.get(f"/api/v1/recordings/{session}")


def kinds(recording: Document) -> list[str]:
    return [file["kind"] for file in recording["files"]]


def loudest(ffmpeg: str, file: Path) -> float:
    """The highest level of a file's sound, in dBFS; the tone has about -18."""
    argv = (ffmpeg, "-nostdin", "-i", str(file), "-map", "0:a:0", "-af", "volumedetect", "-f", "null", "-")
    said = subprocess.run(argv, check=True, capture_output=True, text=True, timeout=30).stderr
    match = re.search(r"max_volume: (\S+) dB", said)
    assert match
    return float(match[1])


@pytest.mark.parametrize("room", [*FILES, "bursts"])
def test_it_is_recorded_whole_with_its_sound(seen: Audience, ffmpeg: str, room: str) -> None:
    recording = seen.recordings[f"t-{room}"]
    assert (recording["state"], recording["reason"]) == ("ready", "")
    assert loudest(ffmpeg, seen.file(f"t-{room}")) > -24


@pytest.mark.parametrize("room", ROOMS)
def test_viewers_see_it(seen: Audience, room: str) -> None:
    rooms = [change["room"] for change in seen.viewer.changes() if "room" in change]
    states = [one["state"] for one in rooms if one["id"] == room]
    assert "live" in states
    assert "fault" not in states
    jobs = [change["job"] for change in seen.desk.changes() if change["kind"] == "job.state"]
    livestream = [job for job in jobs if job["id"] == f"livestream:{room}"]
    assert not [job["error"] for job in livestream if job["error"]]
    assert len({job["since"] for job in livestream if job["state"] == "starting"}) == 1


@pytest.mark.parametrize(("room", "starts"), [("camera", 2), ("sound", 2), ("hevc", 1)])
def test_a_capture_is_started_again_only_for_what_it_can_not_copy(seen: Audience, room: str, starts: int) -> None:
    changes = [change["job"] for change in seen.desk.changes() if change["kind"] == "job.state"]
    began = {(job["state"], job["since"]) for job in changes if job["id"] == f"capture:{room}"}
    assert len([since for state, since in began if state == "starting"]) == starts, began


def test_a_source_that_delivers_in_bursts_is_shown_without_slate_between(seen: Audience) -> None:
    watcher = seen.watchers["bursts"]
    codes = [[picture.code for picture in watcher.frames(one)] for one in watcher.in_order(watcher.video)]
    shown = [first for first, *_ in codes if first >= 0]
    assert len(shown) > (ENDS_AT - 2 * BURST) / 2
    assert shown == pytest.approx(range(shown[0], shown[-1] + 1, 2 * RATE), abs=1), "each follows the one before"
    places = [n for n, (first, *_) in enumerate(codes) if first >= 0]
    assert places == list(range(places[0], places[-1] + 1)), "no slate between"
    [told] = [c["alarm"] for c in seen.desk.changes() if c["kind"] == "alarm" and c["alarm"]["id"] == "late bursts"][:1]
    assert "delivers in bursts" in told["message"]


def test_a_pause_of_the_picture_is_told_once_where_a_reader_of_the_file_finds_it(seen: Audience) -> None:
    recording = seen.recordings["t-loop"]
    [name] = [file["name"] for file in recording["files"] if file["kind"] == "report"]
    [path, *_] = (seen.conference.data / "recordings" / "t-loop").rglob(name)
    report = json.loads(path.read_text())
    [file] = [f for f in report["files"] if f["kind"] == "mp4"]
    begin = datetime.fromisoformat(file["timeline"][0]["start"])
    start, end = (datetime.fromisoformat(recording[edge]) for edge in ("start", "end"))
    with av.open(str(seen.file("t-loop"))) as container:
        times = sorted(
            float(p.pts * p.time_base) for p in container.demux(video=0) if p.pts is not None and p.time_base
        )
    found = [(begin + timedelta(seconds=a + 0.04), b - a - 0.04) for a, b in pairwise(times) if b - a > 0.3]
    pauses = [(at, length) for at, length in found if start < at < end - timedelta(seconds=PAUSES)]
    assert len(pauses) >= 2
    told = [(datetime.fromisoformat(gap["start"]), gap["duration"]) for gap in recording["gaps"]]
    assert [at.timestamp() for at, _ in told] == pytest.approx([at.timestamp() for at, _ in pauses], abs=0.1)
    assert sum(length for _, length in told) == pytest.approx(sum(length for _, length in pauses), abs=0.15)
    assert {gap["cause"] for gap in recording["gaps"]} == {"the picture paused, the sound went on"}


def test_what_browsers_do_not_play_has_another_file(seen: Audience) -> None:
    assert [kinds(seen.recordings[f"t-{room}"]).count("playable") for room in FILES] == [0, 0, 1]


def test_the_crew_is_told_what_is_encoded(seen: Audience) -> None:
    alarms = [c["alarm"] for c in seen.desk.changes() if c["kind"] == "alarm"]
    told = {alarm["room"]: alarm["message"] for alarm in alarms if alarm["id"].startswith("source ")}
    assert set(told) == {"camera", "sound"}
    assert "G.711 A-law" in told["camera"]
    assert "no picture" in told["sound"]

"""Sources that refuse, are silent, leave, or send nonsense: told in a sentence, and mended by themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from support.media.measuring import breaks
from support.media.peers import RATE, Encoder, noise_by_tcp, noise_by_udp, sending
from support.service.audience import Audience, audience
from support.service.running import Conference, Document, moment, running, seconds
from support.service.watching import Listener

from streamer.media.capture.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROOMS = """\
[[rooms]]
id = "refused"
source = "srt://127.0.0.1:{refused}"

[[rooms]]
id = "silent"
source = "udp://127.0.0.1:{silent}"

[[rooms]]
id = "leaving"
source = "srt://127.0.0.1:{leaving}?passphrase=right%20and%20long"
listen = true

[[rooms]]
id = "noise-udp"
source = "udp://127.0.0.1:{noise_udp}"

[[rooms]]
id = "noise-tcp"
source = "tcp://127.0.0.1:{noise_tcp}"

[[rooms]]
id = "good"
source = "test:?size=320x180&rate=25&code=1"
"""
SENTENCES = {
    "refused": "Nothing came from srt://127.0.0.1:",
    "silent": "Nothing came from udp://127.0.0.1:",
    "leaving": "The publisher of srt://127.0.0.1:",
    "noise-udp": "is not a media format that FFmpeg knows",
    "noise-tcp": "is not a media format that FFmpeg knows",
}
TROUBLED = tuple(SENTENCES)
STARTS_IN = 2.0
LEAVES_AT = 6.0
ENDS_AT = 22.0


@pytest.fixture(scope="module")
def seen(ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory) -> Audience:
    http_port, *ports = free_ports(6)
    at = dict(zip(("refused", "silent", "leaving", "noise_udp", "noise_tcp"), ports, strict=True))
    conference = Conference(folder=tmp_path_factory.mktemp("trouble"), port=http_port, rooms=ROOMS.format(**at))
    conference.write()
    encoders = {
        "refused": Encoder(ffmpeg, f"srt://127.0.0.1:{at['refused']}?mode=listener"),
        "silent": Encoder(ffmpeg, f"udp://127.0.0.1:{at['silent']}?pkt_size=1316"),
        "leaving": Encoder(ffmpeg, f"srt://127.0.0.1:{at['leaving']}?latency=1500000&passphrase=right%20and%20long"),
        "wrong": Encoder(ffmpeg, f"srt://127.0.0.1:{at['leaving']}?passphrase=wrong%20and%20long"),
        "noise-udp": Encoder(ffmpeg, f"udp://127.0.0.1:{at['noise_udp']}?pkt_size=1316"),
        "noise-tcp": Encoder(ffmpeg, f"tcp://127.0.0.1:{at['noise_tcp']}?listen=1"),
    }
    noises = {"noise-udp": noise_by_udp(at["noise_udp"]), "noise-tcp": noise_by_tcp(at["noise_tcp"])}
    return asyncio.run(_happens(conference, encoders, noises))


async def _happens(
    conference: Conference, encoders: dict[str, Encoder], noises: dict[str, Coroutine[Any, Any, None]]
) -> Audience:
    async with running(conference) as service, audience(conference, service, starts_in=STARTS_IN) as seen:
        rooms = (*TROUBLED, "good")
        conference.publish(*(seen.talk(f"t-{room}", room, (0, ENDS_AT), "stream = false") for room in rooms))
        await asyncio.gather(
            _comes_late(seen, "refused", encoders["refused"]),
            _comes_late(seen, "silent", encoders["silent"]),
            _leaves(seen, "leaving", encoders["leaving"], encoders["wrong"]),
            *(_is_mended(seen, room, noise, encoders[room]) for room, noise in noises.items()),
        )
        await seen.finish(*(f"t-{room}" for room in rooms))
        await conference.command("stop")
        await service.ended()
        return seen


async def _comes_late(seen: Audience, room: str, encoder: Encoder) -> None:
    """The encoder is switched on only when the crew has been told that it is missed."""
    desk = Listener(seen.desk)
    await desk.capture(room, _complains)
    await _sends(seen, desk, room, encoder)


async def _is_mended(seen: Audience, room: str, noise: Coroutine[Any, Any, None], encoder: Encoder) -> None:
    """Something sends what nobody understands, then somebody sets it right."""
    desk = Listener(seen.desk)
    task = asyncio.create_task(noise)
    try:
        await desk.capture(room, _complains)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await _sends(seen, desk, room, encoder)


async def _leaves(seen: Audience, room: str, encoder: Encoder, wrong: Encoder) -> None:
    """The publisher has the wrong passphrase at first. With the right one it leaves in the middle, and comes back."""
    desk = Listener(seen.desk)
    async with sending(wrong):
        await desk.hears("change", lambda change: change.get("alarm", {}).get("id") == f"refused {room}")
    async with sending(encoder):
        await desk.capture(room, _runs)
        await moment(seen.start + seconds(LEAVES_AT))
    await desk.capture(room, _complains)
    await _sends(seen, desk, room, encoder)


async def _sends(seen: Audience, desk: Listener, room: str, encoder: Encoder) -> None:
    async with sending(encoder):
        await desk.capture(room, _runs)
        await moment(seen.start + seconds(ENDS_AT + 3))


def _complains(job: Document) -> bool:
    return bool(job["error"])


def _runs(job: Document) -> bool:
    return bool(job["state"] == "running")


def jobs(seen: Audience, room: str) -> list[Document]:
    """The states of the room's capture, in order."""
    found = [c["job"] for c in seen.desk.changes() if c["kind"] == "job.state"]
    return [job for job in found if job["id"] == f"capture:{room}"]


@pytest.mark.parametrize("room", TROUBLED)
def test_the_crew_is_told_in_a_sentence(seen: Audience, room: str) -> None:
    errors = [job["error"] for job in jobs(seen, room) if job["error"]]
    assert SENTENCES[room] in errors[0]
    assert "\n" not in errors[0]
    alarms = [c["alarm"] for c in seen.desk.changes() if c["kind"] == "alarm"]
    [alarm] = [a for a in alarms if a["id"] == f"job capture:{room}"][:1]
    assert (alarm["severity"], alarm["room"]) == ("error", room)
    assert errors[0] in alarm["message"]


@pytest.mark.parametrize("room", TROUBLED)
def test_it_is_mended_by_itself(seen: Audience, room: str) -> None:
    states = jobs(seen, room)
    assert states[-1]["state"] in ("exited", "stopping")
    ran = [job for job in states if job["state"] == "running"]
    assert ran, states
    assert ran[-1]["restarts"] >= 1
    recording = seen.recordings[f"t-{room}"]
    assert recording["state"] in ("ready", "partial")
    assert [f["kind"] for f in recording["files"]][:1] == ["mp4"]


@pytest.mark.parametrize("room", TROUBLED)
def test_what_came_is_recorded_without_loss(seen: Audience, room: str) -> None:
    codes = read_codes(seen.file(f"t-{room}"))
    seams = breaks(codes)
    assert [again for _, again in seams] == ([0] if room == "leaving" else [])
    recording = seen.recordings[f"t-{room}"]
    assert len(codes) / RATE == pytest.approx(recording["coverage"] * recording["duration"], abs=2.5)


def test_a_publisher_with_another_passphrase_is_told_until_the_right_one_comes(seen: Audience) -> None:
    alarms = [c["alarm"] for c in seen.desk.changes() if c["kind"] == "alarm"]
    told = [alarm for alarm in alarms if alarm["id"] == "refused leaving"]
    assert [alarm.get("cleared", False) for alarm in told] == [False, True]
    assert "it uses another passphrase" in told[0]["message"]


def test_a_gap_says_why(seen: Audience) -> None:
    recording = seen.recordings["t-leaving"]
    gaps = [one for one in recording["gaps"] if SENTENCES["leaving"] in one["cause"]]
    assert gaps
    assert max(gap["duration"] for gap in gaps) > 1
    assert recording["state"] == "partial"


def test_nobody_else_suffers(seen: Audience) -> None:
    recording = seen.recordings["t-good"]
    assert breaks(read_codes(seen.file("t-good"))) == []
    assert all(gap["start"] == recording["start"] for gap in recording["gaps"]), "it began late at most"
    assert [job["restarts"] for job in jobs(seen, "good")] == [0] * len(jobs(seen, "good"))

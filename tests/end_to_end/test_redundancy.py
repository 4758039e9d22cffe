"""Two captures of one multicast: one is killed, the other one frozen, and the recording shows nothing of it.

The frames are numbered throughout, with a beep each second, so that what is lost, repeated or out of step is seen.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import pytest
from support.media.measuring import breaks, out_of_sync
from support.media.peers import RATE, Encoder, Multicast, sending
from support.service.running import Conference, Document, Talk, now, running, seconds, signed_in, until
from support.service.watching import Ears, Listener, ears

from streamer.media.capture.frame_code import read_timed_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(150)]

GROUP = "239.255.78.2"
FIRST, SECOND = "capture:stage", "capture:stage:2"
OVERLAP = 3.0
"""Seconds that both run side by side before one is lost: more than a segment."""


@dataclass(slots=True)
class Story:
    recording: Document = field(default_factory=dict)
    file: Path = Path()
    alarms: dict[str, str] = field(default_factory=dict)
    """Job: how serious its loss was said to be."""
    noticed: dict[str, float] = field(default_factory=dict)
    """Job: after how many seconds its loss was known."""


@pytest.fixture(scope="module")
def story(ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory) -> Story:
    http_port, port = free_ports(2)
    group = Multicast(address=GROUP, port=port)
    conference = Conference(
        folder=tmp_path_factory.mktemp("redundancy"), port=http_port, rooms=group.stage("redundancy = 2")
    )
    conference.write()
    return asyncio.run(_told(conference, Encoder(ffmpeg, group.target)))


async def _told(conference: Conference, encoder: Encoder) -> Story:
    story = Story()
    async with (
        sending(encoder),
        running(conference) as service,
        signed_in(service.link("crew")) as crew,
        ears(crew.url, "/crew", {"token": crew.secret}) as desk,
    ):
        await Listener(desk).hears("snapshot")
        conference.publish(Talk(id="one", room="stage", start=now(), end=now() + seconds(300), more="stream = false"))
        jobs = {id: await _runs(desk, id) for id in (FIRST, SECOND)}
        await _lose(story, desk, jobs[FIRST], signal.SIGKILL)
        await _runs(desk, FIRST, other_than=jobs[FIRST]["pid"])
        await _lose(story, desk, jobs[SECOND], signal.SIGSTOP)
        await until(lambda: jobs[SECOND]["pid"] not in conference.processes(), "the end of what is frozen", within=2)
        await crew.post("/api/v1/sessions/one/end", {})
        story.recording = await crew.finished("one")
        [name] = [str(f["name"]) for f in story.recording["files"] if f["kind"] == "mp4"]
        [story.file] = (conference.data / "recordings" / "one").rglob(name)
    return story


async def _lose(story: Story, desk: Ears, job: Document, number: signal.Signals) -> None:
    await asyncio.sleep(OVERLAP)
    lost, id = now(), job["id"]
    os.kill(job["pid"], number)
    await _changed(desk, id, lambda job: job["error"] or job["state"] == "stopping")
    story.noticed[id] = (now() - lost).total_seconds()
    alarm = await Listener(desk).hears("change", lambda change: change.get("alarm", {}).get("id") == f"job {id}")
    story.alarms[id] = alarm["alarm"]["severity"]


async def _runs(desk: Ears, id: str, other_than: int = 0) -> Document:
    return await _changed(desk, id, lambda job: job["state"] == "running" and job["pid"] != other_than)


async def _changed(desk: Ears, id: str, so: Callable[[Document], object]) -> Document:
    """The first time that a job was said to be so: in whichever order things happen."""

    def matches(change: Document) -> bool:
        job = change.get("job", {})
        return bool(job.get("id") == id and so(job))

    return dict((await Listener(desk).hears("change", matches))["job"])


def test_no_frame_is_lost_and_none_is_twice(story: Story) -> None:
    codes = [code for code, _ in read_timed_codes(story.file)]
    assert len(codes) > 10 * RATE
    assert breaks(codes) == []
    assert [gap["cause"] for gap in story.recording["gaps"]] == ["nothing had been captured yet"]


def test_picture_and_sound_go_on_evenly_over_the_splices(story: Story) -> None:
    times = [time for _, time in read_timed_codes(story.file)]
    assert max(abs(b - a - 1 / RATE) for a, b in pairwise(times)) < 0.005
    assert max(map(abs, out_of_sync(story.file, RATE))) < 0.04


def test_a_loss_is_noticed_and_no_error(story: Story) -> None:
    assert story.noticed[FIRST] < 1
    assert story.noticed[SECOND] < 5
    assert story.alarms == {FIRST: "warning", SECOND: "warning"}

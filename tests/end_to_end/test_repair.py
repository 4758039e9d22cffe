"""Whatever is killed comes back by itself: an encoder, a capture, the service. And what is told to end, ends.

The room is fed by a multicast whose frames are numbered throughout, so that each number that is missing in a file is a
frame that was really lost.
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
from support.service.audience import Audience, audience
from support.service.running import Conference, Document, Person, Talk, asked, instant, now, running, seconds, until
from support.service.watching import Listener, Picture, Segment, ears

from streamer.media.capture.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

GROUP = "239.255.78.1"
TEST_ROOM = """\
[[rooms]]
id = "stage"
source = "test:?size=320x180&rate=25"
"""
STARTS_IN = 8.0
REPORTED = 0.5
"""Seconds by which a gap may be misreported."""
SECOND_LASTS = 12.0
"""Seconds of the second session: a busy machine needs some of them to start a service."""


@dataclass(slots=True)
class Story:
    """What was seen. ``turn`` is when the second session began (Unix s)."""

    seen: Audience
    turn: float = 0.0
    killed: dict[str, tuple[float, int]] = field(default_factory=dict)
    """Kind of job: when it was killed (Unix s), and its process."""
    mended: dict[str, Document] = field(default_factory=dict)
    """Kind of job: how it runs again."""
    before: dict[str, Document] = field(default_factory=dict)
    """The snapshots of crew and viewer before the service was killed."""
    gone: float = 0.0
    """When the service was killed, and when the next was there (Unix s)."""
    back: float = 0.0
    had: int = 0
    """The last segment that viewers had been given before."""
    survivors: dict[int, str] = field(default_factory=dict)
    """What ran while there was no service."""
    after: dict[str, Document] = field(default_factory=dict)
    heard: list[str] = field(default_factory=list)
    """The events that the viewer heard after it came back, until it knew that the second session is live."""
    status: int | None = None
    took: float = 0.0
    left: dict[int, str] = field(default_factory=dict)

    def codes(self, session: str) -> list[int]:
        return read_codes(self.seen.file(session))


@pytest.fixture(scope="module")
def story(ffmpeg: str, free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory) -> Story:
    http_port, port = free_ports(2)
    group = Multicast(address=GROUP, port=port)
    conference = Conference(folder=tmp_path_factory.mktemp("repair"), port=http_port, rooms=group.stage())
    conference.write()
    return asyncio.run(_told(conference, Encoder(ffmpeg, group.target)))


async def _told(conference: Conference, encoder: Encoder) -> Story:
    async with (
        sending(encoder),
        running(conference) as service,
        audience(conference, service, "stage", starts_in=STARTS_IN) as seen,
    ):
        story = Story(seen)
        conference.publish(seen.talk("one", "stage", (0, 120)))
        await _live_again(story, since=0.0)
        for kind in ("livestream", "capture"):
            await _kill(story, kind)
        await _turn(story)
        watcher = story.seen.watchers["stage"]
        story.had, story.gone = max(watcher.tracks[watcher.video]), now().timestamp()
        service.send(signal.SIGKILL)
        await service.ended()
        await asyncio.sleep(max(0.0, story.turn + 1 - now().timestamp()))  # the next session has begun meanwhile
        story.survivors = conference.processes()
        async with running(conference) as again:
            story.back = now().timestamp()
            await _come_back(story)
            await seen.finish("one", "two")
            await until(conference.processes, "a capture that is there to be ended")
            begun = now()
            again.send(signal.SIGTERM)
            story.status = await again.ended()
            story.took = (now() - begun).total_seconds()
            story.left = conference.processes()
        return story


async def _snapshots(crew: Person) -> dict[str, Document]:
    """What the crew and the viewers are told who come now."""
    async with ears(crew.url, "/crew", {"token": crew.secret}) as desk:
        return {"crew": await Listener(desk).hears("snapshot"), "viewer": await crew.get("/api/v1/status")}


async def _live_again(story: Story, since: float) -> None:
    """Until viewers are given live segments that begin after ``since`` (Unix s)."""

    def live() -> bool:
        watcher = story.seen.watchers["stage"]
        if not watcher.tracks:
            return False
        fresh = [one for one in watcher.in_order(watcher.video) if one.start > since]
        firsts = [next(watcher.frames(one), None) for one in fresh[-2:]]
        return any(first is not None and first.code >= 0 for first in firsts)

    await until(live, "a live picture", within=45)


async def _kill(story: Story, kind: str) -> None:
    crew = story.seen.crew
    async with ears(crew.url, "/crew", {"token": crew.secret}) as desk:
        hearing = Listener(desk)
        snapshot = await hearing.hears("snapshot")
        [pid] = [job["pid"] for job in snapshot["jobs"] if job["id"] == f"{kind}:stage"]
        story.killed[kind] = (now().timestamp(), pid)
        os.kill(pid, signal.SIGKILL)

        def runs(change: Document) -> bool:
            job = change.get("job", {})
            return bool(job.get("id") == f"{kind}:stage" and job["state"] == "running" and job["pid"] != pid)

        story.mended[kind] = (await hearing.hears("change", runs))["job"]
    await _live_again(story, since=now().timestamp())


async def _turn(story: Story) -> None:
    """The first session is to end when the second begins; then the viewer's line is closed."""
    seen = story.seen
    start = now() + seconds(6)
    story.turn = start.timestamp()
    await seen.crew.post("/api/v1/sessions/one/end", {"at": start.isoformat()})
    two = Talk(id="two", room="stage", start=start, end=start + seconds(SECOND_LASTS))
    three = Talk(id="three", room="stage", start=two.end + seconds(1), end=two.end + seconds(300))
    seen.conference.publish(two, three)
    hearing = Listener(seen.viewer)
    await hearing.change("session.moved", "one")
    await hearing.change("session.changed", "three")
    seen.viewer.tell("disconnect")
    story.before = await _snapshots(seen.crew)


async def _come_back(story: Story) -> None:
    seen = story.seen
    story.after = await _snapshots(seen.crew)

    async def is_live() -> bool:
        sessions = (await seen.crew.get("/api/v1/status"))["sessions"]
        return any(one["id"] == "two" and one["state"] == "live" for one in sessions)

    await asked(is_live, "the second session's being live")
    known = len(seen.viewer.all)
    seen.viewer.tell("connect")
    await Listener(seen.viewer).change("session.live", "two")
    story.heard = [one.event for one in seen.viewer.all[known:]]


# -- what was killed ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["livestream", "capture"])
def test_a_job_runs_again_by_itself(story: Story, kind: str) -> None:
    job = story.mended[kind]
    assert job["pid"] != story.killed[kind][1]
    assert job["restarts"] >= 1
    assert "killed from outside (SIGKILL)" in job["error"]


def test_the_channel_goes_on(story: Story) -> None:
    """Slate while there is no picture, then live again, and nothing that a player would trip over."""
    watcher = story.seen.watchers["stage"]
    assert watcher.wrong == []
    assert watcher.away, "there was a time without a service"
    pictures = list(watcher.pictures())
    for kind in ("livestream", "capture"):
        at, _ = story.killed[kind]
        shown = [p for p in pictures if at < p.at < at + 25]
        kinds = [a.code >= 0 for a, b in zip(shown, [*shown[1:], None], strict=True) if b is None or _other(a, b)]
        assert kinds[:2] in ([True, False], [False, True]), (kind, kinds)
        assert True in kinds


def _other(one: Picture, other: Picture) -> bool:
    return (one.code >= 0) != (other.code >= 0)


def test_a_gap_is_reported_as_it_was(story: Story) -> None:
    recording = story.seen.recordings["one"]
    [gap] = recording["gaps"]
    [(last, first)] = breaks(story.codes("one"))
    assert first > last
    assert gap["duration"] == pytest.approx((first - last - 1) / RATE, abs=REPORTED)
    assert instant(gap["start"]) == pytest.approx(story.killed["capture"][0], abs=REPORTED + 0.5)
    assert "killed" in gap["cause"]
    assert recording["state"] == "partial"
    assert recording["coverage"] == pytest.approx(1 - gap["duration"] / recording["duration"], abs=0.001)
    assert max(map(abs, out_of_sync(story.seen.file("one"), RATE))) < 0.04


# -- the service was killed -----------------------------------------------------------------------------------------


def media(crew: Document) -> dict[str, int]:
    """The processes that outlive the service, by job: a monitor does not, because only the service listens to it."""
    return {job["id"]: job["pid"] for job in crew["jobs"] if job["kind"] != "monitor"}


def test_media_goes_on_without_the_service(story: Story) -> None:
    pids = set(media(story.before["crew"]).values())
    assert len(pids) == 2
    assert pids <= story.survivors.keys()


def test_the_next_service_adopts_what_runs(story: Story) -> None:
    before, after = (media(one["crew"]) for one in (story.before, story.after))
    assert before == {id: pid for id, pid in after.items() if id in before}


def test_nothing_is_lost_at_a_seam_without_a_service(story: Story) -> None:
    recording = story.seen.recordings["two"]
    assert (recording["state"], recording["gaps"]) == ("ready", [])
    first, second = story.codes("one"), story.codes("two")
    assert breaks(second) == []
    assert second[0] <= first[-1] + 1 <= second[-1]


def test_viewers_playlists_go_on_without_a_seam(story: Story) -> None:
    """The last segment before the service was killed and those after: one picture, frame by frame."""
    watcher = story.seen.watchers["stage"]
    for track in watcher.tracks:
        around = _around(story, track)
        assert around[0].end < story.gone < story.back < around[-1].end, (story.gone, story.back, around)
        assert {one.seam for one in around} == {around[0].seam}, (story.gone, story.back, watcher.in_order(track))
        assert {one.init for one in around} == {around[0].init}
        for one, other in pairwise(around):
            assert other.sequence == one.sequence + 1
            assert abs(other.start - one.end) < 0.25, "its encoder has just come, and is placed ever better"
    codes = [picture.code for one in _around(story, watcher.video) for picture in watcher.frames(one)]
    assert codes == list(range(codes[0], codes[0] + len(codes)))
    assert codes[0] > 0


def _around(story: Story, track: str) -> list[Segment]:
    """From the last segment that viewers had when the service was killed until some seconds after the next one came.

    The slate that follows the second session is not among them, however long the service took to come.
    """
    until = min(story.back + 4, story.turn + SECOND_LASTS - 0.5)
    known = story.seen.watchers["stage"].in_order(track)
    return [one for one in known if one.sequence >= story.had and one.end < until]


def test_epoch_and_revision_survive(story: Story) -> None:
    for before, after in ((story.before[who], story.after[who]) for who in ("crew", "viewer")):
        assert before["epoch"] == after["epoch"]
        assert before["revision"] <= after["revision"]


def test_who_comes_back_is_given_what_it_missed(story: Story) -> None:
    assert story.heard[0] == "connect"
    assert set(story.heard[1:]) == {"change"}
    assert story.seen.viewer.gaps() == []
    assert story.seen.viewer.kinds("one").count("session.ended") == 1
    assert story.seen.viewer.kinds("two").count("session.live") == 1
    [ended] = [c for c in story.seen.viewer.changes("one") if c["kind"] == "session.ended"]
    assert instant(ended["at"]) == pytest.approx(story.turn, abs=0.01)


# -- what is told to end --------------------------------------------------------------------------------------------


def test_sigterm_ends_a_running_session_s_media(story: Story) -> None:
    assert story.status == 0
    assert story.took < 15
    assert story.left == {}


def _running_talk() -> Talk:
    return Talk(id="one", room="stage", start=now() - seconds(5), end=now() + seconds(300))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
async def test_other_signals_end_it_as_well(tmp_path: Path, free_port: int, number: signal.Signals) -> None:
    conference = Conference(folder=tmp_path, port=free_port, rooms=TEST_ROOM, talks=[_running_talk()])
    conference.write()
    async with running(conference) as service:
        await until(lambda: len(conference.processes()) >= 2, "a capture")
        service.send(number)
        assert await service.ended() == 0
        assert conference.processes() == {}
        assert list((tmp_path / "data" / "takes").iterdir())


async def test_detached_media_stays_and_is_taken_up_again(tmp_path: Path, free_port: int) -> None:
    """As under systemd: SIGTERM leaves running sessions alone, ``streamer stop`` ends them even without a service."""
    conference = Conference(folder=tmp_path, port=free_port, rooms=TEST_ROOM, talks=[_running_talk()])
    conference.settings = conference.settings.replace("[capture]", "detach = true\n\n[capture]")
    conference.write()
    async with running(conference) as service:
        await until(lambda: len(conference.processes()) >= 2, "a capture")
        service.send(signal.SIGTERM)
        assert await service.ended() == 0
        assert len(conference.processes()) >= 2
        stopped = await conference.command("stop")
        assert stopped.status == 0, stopped.err
        assert "media" in stopped.out
        assert conference.processes() == {}

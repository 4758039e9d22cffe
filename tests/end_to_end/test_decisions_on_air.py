"""Decisions about running sessions, taken through interface and command line: what follows of them everywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from support.media.measuring import breaks, out_of_sync
from support.service.audience import Audience, audience, first_frame, live
from support.service.running import MONITORED, Conference, Document, Said, instant, moment, running, seconds
from support.service.watching import Listener, Picture, segments

from streamer.core.monitor.conditions import SILENT
from streamer.media.capture.frame_code import read_codes

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

ROOM = """\
[[rooms]]
id = "studio"
name = "Studio"
source = "test:?size=320x180&rate=25&code=1"
"""
RATE = 25
JPEG = b"\xff\xd8\xff"
STARTS_IN = 8.0
WINDOWS = {"s1": (0, 14), "s2": (22, 60)}
ENDED = 17
"""When the first session is ended, after it was extended."""
HALF_A_MINUTE = 30
TRUE = 0.2


class Studio:
    """What everybody saw and was answered."""

    def __init__(self, seen: Audience) -> None:
        self.seen = seen
        self.told: dict[str, Any] = {}

    async def happens(self) -> None:
        seen, crew, told = self.seen, self.seen.crew, self.told
        viewer = Listener(seen.viewer)
        await viewer.change("session.live", "s1")
        told["meter"] = await Listener(seen.desk).hears("meter", lambda meter: meter["momentary"] > SILENT)
        told["picture"] = await _picture(seen)
        told["preview"] = await crew.post("/api/v1/sessions/s1/extend?preview=1", {"minutes": 0.5})
        told["extend"] = await crew.post("/api/v1/sessions/s1/extend", {"minutes": 0.5}, Idempotency_Key="once")
        told["again"] = await crew.post("/api/v1/sessions/s1/extend", {"minutes": 0.5}, Idempotency_Key="once")
        told["extended"] = await viewer.change("session.moved", "s1")
        told["stale"] = await crew.post("/api/v1/sessions/s1/end", {"if_revision": 0}, status=409)
        told["undo"] = await crew.post(f"/api/v1/overrides/{told['extend']['override']['id']}/undo", {})
        told["undone"] = await viewer.change("session.moved", "s1")
        told["command"] = await seen.conference.command("session", "extend", "s1", "0.1", "--json")
        told["commanded"] = await viewer.change("session.moved", "s1")
        await moment(seen.start + seconds(ENDED))
        told["beyond its end"] = (await crew.get("/api/v1/status"))["sessions"]
        told["end"] = await crew.post("/api/v1/sessions/s1/end", {})
        told["ended"] = await viewer.change("session.ended", "s1")
        await viewer.change("session.live", "s2")
        await self._consents(viewer)
        await seen.finish("s1", "s2")

    async def _consents(self, viewer: Listener) -> None:
        """The second session loses the right to be streamed, and then to be recorded."""
        seen, told = self.seen, self.told
        watcher = seen.watchers["studio"]
        begun = seen.at(WINDOWS["s2"][0])
        await moment(seen.start + seconds(WINDOWS["s2"][0] + 7))
        shown = [one for one in watcher.in_order(watcher.video) if one.start > begun and _is_live(one, watcher.frames)]
        told["before"] = {one.uri: (await watcher.fetch(one.uri))[0] for one in shown}
        told["no stream"] = await seen.conference.command("session", "consent", "s2", "--stream", "no")
        told["after"] = {one.uri: (await watcher.fetch(one.uri))[0] for one in shown}
        told["consent"] = await viewer.hears("change", lambda c: _is_not_streamed(c, "s2"))
        told["playlist"] = (await watcher.fetch(f"{watcher.video}.m3u8"))[1].decode()
        told["kept"] = await asyncio.to_thread(self.on_disk)
        told["no record"] = await seen.crew.post("/api/v1/sessions/s2/consent", {"record": False})
        await moment(seen.start + seconds(WINDOWS["s2"][0] + 12))
        told["end of s2"] = await seen.crew.post("/api/v1/sessions/s2/end", {})
        await viewer.change("session.ended", "s2")

    def on_disk(self) -> list[int]:
        """The numbers of all frames that lie in segments."""
        found: list[int] = []
        for path in sorted((self.seen.conference.data / "takes").rglob("*.ts")):
            found += read_codes(path)
        return found


async def _picture(seen: Audience) -> tuple[bytes, str]:
    """The room's newest picture, and when it was taken."""
    async with seen.crew.http.get(f"{seen.crew.url}/api/v1/rooms/studio/thumbnail.jpg") as answer:
        assert answer.status == 200, await answer.text()
        return await answer.read(), answer.headers["Last-Modified"]


def _is_live(one: Any, frames: Callable[[Any], Any]) -> bool:
    first = next(iter(frames(one)), None)  # none while it is being fetched
    return first is not None and bool(first.code >= 0)


def _is_not_streamed(change: Document, session: str) -> bool:
    return change.get("session", {}).get("id") == session and change["session"]["stream"] is False


@pytest.fixture(scope="module")
def studio(free_ports: Callable[[int], list[int]], tmp_path_factory: pytest.TempPathFactory) -> Studio:
    """A story that is over; its service has been stopped."""
    conference = Conference(
        folder=tmp_path_factory.mktemp("studio"), port=free_ports(1)[0], rooms=ROOM, settings=MONITORED
    )
    conference.write()
    return asyncio.run(_happens(conference))


async def _happens(conference: Conference) -> Studio:
    async with running(conference) as service, audience(conference, service, "studio", starts_in=STARTS_IN) as seen:
        conference.publish(*(seen.talk(id, "studio", window) for id, window in WINDOWS.items()))
        studio = Studio(seen)
        await studio.happens()
        await seen.leave()
        await conference.command("stop")
        await service.ended()
        return studio


@pytest.fixture
def told(studio: Studio) -> dict[str, Any]:
    return studio.told


def test_the_crew_hears_and_sees_the_room(studio: Studio, told: dict[str, Any]) -> None:
    meter, (picture, taken) = told["meter"], told["picture"]
    assert (meter["room"], len(meter["peak"]), meter["black"]) == ("studio", 2, False)
    assert meter["short_term"] < 0
    assert picture.startswith(JPEG)
    assert taken.endswith("GMT")
    assert not any(heard.event == "meter" for heard in studio.seen.viewer.all)
    assert any(change["job"]["id"] == "monitor:studio" for change in studio.seen.desk.changes() if "job" in change)
    assert list((studio.seen.conference.data / "meters").glob("s1*")), "a session that may be recorded has a timeline"
    assert not list((studio.seen.conference.data / "meters").glob("s2*")), "its consent was withdrawn"


@pytest.fixture
def seen(studio: Studio) -> Audience:
    return studio.seen


@pytest.fixture(scope="module")
def pictures(studio: Studio) -> list[Picture]:
    """All frames that viewers were given."""
    return list(studio.seen.watchers["studio"].pictures())


def window(document: Document, seen: Audience) -> tuple[float, float]:
    return instant(document["start"]) - seen.at(0), instant(document["end"]) - seen.at(0)


def test_a_preview_changes_nothing(seen: Audience, told: dict[str, Any]) -> None:
    start, end = WINDOWS["s1"]
    [session] = told["preview"]["sessions"]
    assert told["preview"]["override"] is None
    assert window(session, seen) == pytest.approx((start, end + HALF_A_MINUTE), abs=0.002)
    moved = [c for c in seen.viewer.changes("s1") if c["kind"] == "session.moved"]
    assert len(moved) == 3, "extended, undone, extended from the command line"


def test_extending_is_answered_and_announced(seen: Audience, told: dict[str, Any]) -> None:
    start, end = WINDOWS["s1"]
    [session] = told["extend"]["sessions"]
    for one in (session, told["extended"]["session"]):
        assert window(one, seen) == pytest.approx((start, end + HALF_A_MINUTE), abs=0.002)
        assert instant(one["scheduled_end"]) == pytest.approx(seen.at(end), abs=0.002)
    assert told["extend"]["override"]["description"]
    assert told["extend"]["conflicts"][0]["with"] == "s2"


def test_the_same_request_is_answered_the_same(told: dict[str, Any]) -> None:
    assert told["again"] == told["extend"]


def test_somebody_who_saw_an_older_state_is_refused(told: dict[str, Any]) -> None:
    assert "revision" in told["stale"]["detail"]


def test_undo_gives_the_old_end_back(seen: Audience, told: dict[str, Any]) -> None:
    assert told["undo"]["override"]["undone"]
    assert window(told["undone"]["session"], seen) == pytest.approx(WINDOWS["s1"], abs=0.002)


def test_the_command_line_takes_the_same_door(seen: Audience, told: dict[str, Any]) -> None:
    command: Said = told["command"]
    assert command.status == 0, command.err
    answer = json.loads(command.out)
    start, end = WINDOWS["s1"]
    for one in (answer["sessions"][0], told["commanded"]["session"]):
        assert window(one, seen) == pytest.approx((start, end + 6), abs=0.002)
    assert answer["override"]["by"] == "command line"


def test_an_extended_session_goes_on_beyond_its_end(told: dict[str, Any]) -> None:
    [session] = [one for one in told["beyond its end"] if one["id"] == "s1"]
    assert (session["state"], session["on_air"]) == ("live", True)


def test_ending_ends_channel_and_recording(seen: Audience, told: dict[str, Any], pictures: list[Picture]) -> None:
    [session] = told["end"]["sessions"]
    end = instant(session["end"])
    assert session["state"] == told["ended"]["session"]["state"] == "ended"
    assert ENDED <= end - seen.at(0) < ENDED + 2
    assert instant(told["ended"]["at"]) == pytest.approx(end, abs=0.002)
    shown = [one.at for one in live(pictures) if one.at < seen.at(WINDOWS["s2"][0]) - TRUE]
    assert end - 2.5 < max(shown) < end + TRUE
    assert seen.recordings["s1"]["state"] == "ready"
    assert instant(seen.recordings["s1"]["end"]) == pytest.approx(end, abs=0.002)
    codes = read_codes(seen.file("s1"))
    assert breaks(codes) == []
    assert len(codes) / RATE == pytest.approx(end - seen.at(0), abs=2.2)
    assert max(map(abs, out_of_sync(seen.file("s1"), RATE))) < 0.04


def test_a_withdrawn_chunk_has_no_name_any_more(told: dict[str, Any]) -> None:
    """Viewers had fetched it; now it is gone, and the playlist shows the slate."""
    assert told["no stream"].status == 0, told["no stream"].err
    assert "no longer streamed" in told["no stream"].out
    assert len(told["before"]) >= 1
    assert set(told["before"].values()) == {200}
    assert set(told["after"].values()) == {404}
    listed = segments(told["playlist"])
    assert listed
    assert not {one.uri for one in listed} & told["before"].keys()


def test_nobody_sees_what_may_not_be_streamed_any_more(
    seen: Audience, told: dict[str, Any], pictures: list[Picture]
) -> None:
    """The channel shows slate at once, and no player trips over it."""
    withdrawn = instant(told["consent"]["at"])
    assert max(one.at for one in live(pictures)) < withdrawn + TRUE
    after = [one for one in pictures if one.code < 0 and one.at > withdrawn + TRUE]
    assert len(after) / RATE > 1
    assert seen.viewer.gaps() == []
    watcher = seen.watchers["studio"]
    assert watcher.wrong == watcher.away == []


def test_nothing_stays_of_a_recording_without_consent(
    studio: Studio, seen: Audience, told: dict[str, Any], pictures: list[Picture]
) -> None:
    """Its segments had been kept; the file system has none of them, and no file."""
    begun, ended = seen.at(WINDOWS["s2"][0]), instant(told["end of s2"]["sessions"][0]["end"])
    assert (seen.recordings["s2"]["state"], seen.recordings["s2"]["files"]) == ("erased", [])
    first = first_frame(pictures, RATE)
    private = set(range(round((begun + TRUE - first) * RATE), round((ended - TRUE - first) * RATE)))
    assert private & set(told["kept"])
    assert not private & set(studio.on_disk())
    assert not list((seen.conference.data / "recordings" / "s2").rglob("*.mp4"))

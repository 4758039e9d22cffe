"""Everybody who follows a conference: an attendee, the crew, and players in its rooms, all from outside.

Everything takes as long as it takes, so what they see happens once a module, and its tests look at what was seen.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import aiohttp

from support.service.running import Conference, Document, Person, Running, Talk, now, seconds, signed_in
from support.service.watching import Ears, Listener, Picture, Watcher, ears


@dataclass(slots=True, kw_only=True)
class Audience:
    """``start`` is the instant that a test's seconds count from."""

    conference: Conference
    crew: Person
    viewer: Ears
    desk: Ears
    """What the crew hears."""
    watchers: dict[str, Watcher]
    start: datetime
    players: list[asyncio.Task[None]]
    recordings: dict[str, Document] = field(default_factory=dict)

    def at(self, offset: float) -> float:
        """Unix seconds, from seconds after the start."""
        return self.start.timestamp() + offset

    def talk(self, id: str, room: str, window: tuple[float, float], more: str = "") -> Talk:
        begin, end = window
        return Talk(id=id, room=room, start=self.start + seconds(begin), end=self.start + seconds(end), more=more)

    async def finish(self, *sessions: str) -> None:
        """Wait for their recordings."""
        for session in sessions:
            self.recordings[session] = await self.crew.finished(session, within=90)

    async def leave(self) -> None:
        """The players close: what comes now is not for them."""
        for player in self.players:
            player.cancel()
        await asyncio.gather(*self.players, return_exceptions=True)

    def file(self, session: str) -> Path:
        """A session's MP4, where it lies."""
        [name] = [str(f["name"]) for f in self.recordings[session]["files"] if f["kind"] == "mp4"]
        [path] = (self.conference.data / "recordings" / session).rglob(name)
        return path


@asynccontextmanager
async def audience(
    conference: Conference, service: Running, *rooms: str, starts_in: float = 0.0
) -> AsyncIterator[Audience]:
    """Players follow ``rooms``, as long as this lasts."""
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(aiohttp.ClientSession())
        crew = await stack.enter_async_context(signed_in(service.link("crew")))
        viewer = await stack.enter_async_context(ears(conference.url))
        desk = await stack.enter_async_context(ears(conference.url, "/crew", {"token": crew.secret}))
        for one in (viewer, desk):
            await Listener(one).hears("snapshot")
        watchers = {room: Watcher(http=http, url=conference.url, room=room) for room in rooms}
        all_of_them = Audience(
            conference=conference,
            crew=crew,
            viewer=viewer,
            desk=desk,
            watchers=watchers,
            start=now() + seconds(starts_in),
            players=[asyncio.create_task(watcher.follow()) for watcher in watchers.values()],
        )
        try:
            yield all_of_them
        finally:
            await all_of_them.leave()


def live(pictures: list[Picture]) -> list[Picture]:
    """Those that come from a room; the slate has no code."""
    return [one for one in pictures if one.code >= 0]


def first_frame(pictures: list[Picture], rate: int) -> float:
    """When a room's frame 0 was, Unix seconds: what the playlists say, in the middle."""
    offsets = sorted(one.at - one.code / rate for one in live(pictures))
    return offsets[len(offsets) // 2]

"""Messages through apprise to a real server of this machine."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from support.feeds.servers import serving
from support.service.running import until

from streamer.core.base.errors import ConfigError
from streamer.outside.messages.messenger import WAITING, Messenger


@contextlib.asynccontextmanager
async def sending(messenger: Messenger) -> AsyncIterator[None]:
    work = asyncio.create_task(messenger.run())
    try:
        yield
    finally:
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)


class Hook:
    """A webhook that refuses the first ``refusals`` messages."""

    def __init__(self, refusals: int = 0) -> None:
        self.refusals = refusals
        self.got: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def answer(self, request: web.Request) -> web.Response:
        if self.refusals > 0:
            self.refusals -= 1
            return web.Response(status=500)
        await self.got.put((request.path, await request.json()))
        return web.Response()

    async def next(self) -> tuple[str, Any]:
        async with asyncio.timeout(20):
            return await self.got.get()


def address(url: str, path: str) -> str:
    return url.replace("http://", "json://") + path


async def test_a_message_goes_to_all_and_one_about_a_room_also_to_the_room() -> None:
    hook = Hook()
    async with serving(hook.answer) as url:
        messenger = Messenger([address(url, "crew")], {"main": [address(url, "hall")]})
        async with sending(messenger):
            messenger.send("DNGC: an alarm", "no sound", ["main"])
            both = [await hook.next(), await hook.next()]
            assert {path for path, _ in both} == {"/crew", "/hall"}
            assert all((body["title"], body["message"]) == ("DNGC: an alarm", "no sound") for _, body in both)
            messenger.send("DNGC: an alarm", "no picture", ["side"])
            path, body = await hook.next()
            assert (path, body["message"]) == ("/crew", "no picture")
            messenger.send("DNGC: 2 alarms", "both", ["side", "main"])
            assert {(await hook.next())[0] for _ in range(2)} == {"/crew", "/hall"}


async def test_a_message_that_is_refused_is_sent_again() -> None:
    hook = Hook(refusals=2)
    async with serving(hook.answer) as url:
        messenger = Messenger([address(url, "crew")], {}, again_after=0.01)
        async with sending(messenger):
            messenger.send("DNGC", "no sound", ())
            assert (await hook.next())[1]["message"] == "no sound"


async def test_a_service_that_never_takes_a_message_stops_nothing_and_is_not_named(
    caplog: pytest.LogCaptureFixture, free_port: int
) -> None:
    hook = Hook()
    async with serving(hook.answer) as url:
        dead = f"json://user:hunter2@127.0.0.1:{free_port}/"
        messenger = Messenger([dead, address(url, "crew")], {}, again_after=0.01)
        async with sending(messenger):
            for number in range(2):
                messenger.send("DNGC", f"message {number}", ())
            assert [(await hook.next())[1]["message"] for _ in range(2)] == ["message 0", "message 1"]
            await until(lambda: "a message was not sent" in caplog.text, "the line of the log")
    assert "hunter2" not in caplog.text


async def test_what_can_not_be_sent_does_not_pile_up() -> None:
    hook = Hook()
    async with serving(hook.answer) as url:
        messenger = Messenger([address(url, "crew")], {})
        for number in range(WAITING + 1):
            messenger.send("DNGC", f"message {number}", ())
        async with sending(messenger):
            assert (await hook.next())[1]["message"] == "message 1", "the oldest was dropped"


@pytest.mark.parametrize(
    ("urls", "rooms", "where"),
    [(["nothing://secret@host"], {}, r"\[alarms\] urls"), ([], {"main": ["nothing://secret"]}, r"\[\[rooms\]\] main")],
)
def test_a_url_of_no_service_is_named_by_its_place_and_not_by_its_secret(
    urls: list[str], rooms: dict[str, list[str]], where: str
) -> None:
    with pytest.raises(ConfigError, match=where) as refused:
        Messenger(urls, rooms)
    assert "secret" not in str(refused.value)

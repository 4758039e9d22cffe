"""A keeper with short timings on a folder of the test, and clients whose news can be awaited."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from streamer.media.processes.guard import anything_to_keep
from streamer.media.processes.keeper_client import KeeperClient, KeeperLost
from streamer.media.processes.keeper_server import Timings

FAST = Timings(idle=0.4, again=0.2, kill=0.8, tick=0.05, log_limit=20_000)
DEADLINE = 15.0


class Visitor:
    """A client of the folder's keeper, and the ends of processes it heard of."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.ends: dict[str, dict[str, Any]] = {}
        self._heard = asyncio.Condition()
        self._tasks: set[asyncio.Task[None]] = set()
        self.client: KeeperClient

    async def enter(self, timings: Timings = FAST) -> Visitor:
        self.client = await KeeperClient.join(self.data, self._hear, timings)
        return self

    def _hear(self, end: dict[str, Any]) -> None:
        self.ends[end["run"]] = end
        task = asyncio.create_task(self._tell())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _tell(self) -> None:
        async with self._heard:
            self._heard.notify_all()

    async def end_of(self, run: str) -> dict[str, Any]:
        async with asyncio.timeout(DEADLINE), self._heard:
            await self._heard.wait_for(lambda: run in self.ends)
            return self.ends[run]

    async def start(self, run: str, *argv: str, ends_by: float = 9e9, **more: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {
            "run": run,
            "job": f"job-{run}",
            "kind": "capture",
            "room": "hall",
            "session": None,
            "digest": "d",
            **more,
        }
        answer = await self.client.request("start", **fields, argv=argv, ends_by=ends_by)
        return dict(answer["process"])

    def stored(self, run: str, name: str) -> dict[str, Any]:
        return dict(json.loads((self.data / "run" / run / name).read_text()))


async def eventually(condition: Callable[[], bool]) -> None:
    """Looks again and again, for what can't be awaited: files that another process writes."""
    async with asyncio.timeout(DEADLINE):
        while not condition():  # noqa: ASYNC110  # there is no event to wait for
            await asyncio.sleep(0.01)


async def keeper_of(visitor: Visitor) -> int:
    return int((await visitor.client.state())["pid"])


def guard_of(keeper: int) -> int:
    """The process that started a keeper, and would start another."""
    parent = int(Path(f"/proc/{keeper}/stat").read_text().rpartition(") ")[2].split()[1])
    assert Path(f"/proc/{parent}/comm").read_text().strip() == "streamer-guard"
    return parent


async def end_keeper(data: Path) -> None:
    """End the folder's keeper, and all that it keeps, if there is one."""
    with suppress(KeeperLost):
        client = await KeeperClient.connect(data, lambda end: None)
        try:
            with suppress(KeeperLost):
                await client.request("shutdown", within=3)
                await client.gone(5)
            client.kill()
        finally:
            await client.close()
    if anything_to_keep(str(data)):  # the keeper was killed, and the next is on its way
        client = await KeeperClient.join(data, lambda end: None, FAST)
        await client.request("shutdown")
        await client.gone(5)
        await client.close()


@asynccontextmanager
async def kept_folder(parent: Path) -> AsyncIterator[Path]:
    """A data folder, of whose keeper and processes nothing is left afterwards."""
    folder = parent / "data"
    await asyncio.to_thread((folder / "run").mkdir, parents=True)
    try:
        yield folder
    finally:
        await end_keeper(folder)

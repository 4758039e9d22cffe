"""Sends messages through apprise: webhooks, Matrix, Slack, mail, and what else it knows.

apprise blocks, so it runs in a thread. A message that can't be sent is tried again a few times and then dropped with a
line in the log; nothing waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import structlog
from apprise import Apprise

from streamer.core.base.errors import ConfigError

TRIES = 3
AGAIN_AFTER = 5.0
"""Seconds before a message is tried again; twice as long before each further try."""
WAITING = 100
"""Messages that wait at most; more are dropped, the oldest first."""

log = structlog.stdlib.get_logger(__name__)


class Messenger:
    """Sends to all ``urls``; a message about a room also to the room's own, ``by_room``. Each URL has its own queue, so
    that none waits for another."""

    def __init__(
        self, urls: Sequence[str], by_room: Mapping[str, Sequence[str]], *, again_after: float = AGAIN_AFTER
    ) -> None:
        """Raises ConfigError for a URL of no service that apprise knows, without the URL, which may have a secret."""
        logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its lines have URLs
        _check("[alarms] urls", urls)
        for room, own in by_room.items():
            _check(f"[[rooms]] {room} alarms", own)
        self._urls = tuple(urls)
        self._by_room = {room: tuple(own) for room, own in by_room.items()}
        self._again_after = again_after
        targets = dict.fromkeys([*self._urls, *(url for own in self._by_room.values() for url in own)])
        self._queues: dict[str, asyncio.Queue[tuple[str, str]]] = {url: asyncio.Queue(WAITING) for url in targets}

    @property
    def urls(self) -> list[str]:
        """Every URL that something is sent to."""
        return list(self._queues)

    def send(self, title: str, text: str, rooms: Sequence[str]) -> None:
        """Queue a message about these rooms, or about none; returns at once."""
        own = [url for room in rooms for url in self._by_room.get(room, ())]
        for url in dict.fromkeys([*self._urls, *own]):
            queue = self._queues[url]
            if queue.full():
                queue.get_nowait()
                log.warning("too many messages wait: the oldest is dropped", service=urlsplit(url).scheme)
            queue.put_nowait((title, text))

    async def run(self) -> None:
        """Send what is queued, until it is cancelled."""
        await asyncio.gather(*(self._serve(url) for url in self._queues))

    async def _serve(self, url: str) -> None:
        while True:
            title, text = await self._queues[url].get()
            await self._deliver(url, title, text)

    async def _deliver(self, url: str, title: str, text: str) -> None:
        service = urlsplit(url).scheme
        for attempt in range(TRIES):
            try:
                if await asyncio.to_thread(_notify, url, title, text):
                    return
            except Exception as error:
                log.warning("a message can't be sent", service=service, error=type(error).__name__)
            await asyncio.sleep(self._again_after * 2**attempt)
        log.error("a message was not sent, after several tries", service=service)


def _check(where: str, urls: Sequence[str]) -> None:
    for number, url in enumerate(urls, start=1):
        if not Apprise().add(url):
            hint = "write it as apprise has it, such as json://host/path or mailto://user:password@host"
            raise ConfigError(f"URL {number} is of no known service", where=where, hint=hint)


def _notify(url: str, title: str, text: str) -> bool:
    """Whether the service took the message. Blocks."""
    target = Apprise()
    target.add(url)
    return bool(target.notify(title=title, body=text))

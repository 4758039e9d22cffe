"""Notifies systemd of readiness, watchdog signs of life, the stop and the status.

Sends datagrams as in sd_notify(3), without a library, and only if systemd set the variables. A sign of life means that
turns complete: a service whose event loop runs without turns should be restarted, and its media continues meanwhile.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections import Counter
from collections.abc import Mapping, MutableMapping
from typing import Any, Protocol

import structlog

from streamer.core.base.errors import StreamerError
from streamer.core.base.words import counted
from streamer.core.records.journal import Audience

STATUS_EVERY = 5.0
"""Seconds between two status messages, where no watchdog needs a shorter interval."""

_SOCKET, _USEC, _PID = "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"

log = structlog.stdlib.get_logger(__name__)


class Alive(Protocol):
    """The parts of a service that are read here."""

    def lag(self) -> float:
        """Seconds since its last turn completed."""

    def snapshot(self, audience: Audience) -> Mapping[str, Any]: ...


class Notifier:
    """One service's connection to systemd. Empty ``address``: none. ``watchdog`` in s; 0: no watchdog."""

    def __init__(self, address: str = "", watchdog: float = 0.0) -> None:
        self.watchdog = watchdog
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._status = ""

    @classmethod
    def taken_from(cls, environ: MutableMapping[str, str]) -> Notifier:
        """Removes the variables from the environment, so that child processes do not notify systemd in our name."""
        address, usec, pid = (environ.pop(name, "") for name in (_SOCKET, _USEC, _PID))
        ours = pid in ("", str(os.getpid()))
        watchdog = int(usec) / 1e6 if ours and usec.isdecimal() else 0.0
        return cls(address if address[:1] in ("/", "@") else "", watchdog)

    def ready(self) -> None:
        self._say("READY=1")

    def stopping(self) -> None:
        self._say("STOPPING=1", "STATUS=stopping")

    async def keep_telling(self, service: Alive) -> None:
        """Until cancelled, sends the status, and signs of life while turns complete."""
        if not self._address:
            return
        while True:
            if not self.watchdog:
                self._tell(service)
            elif service.lag() < self.watchdog:
                self._tell(service, "WATCHDOG=1")
            else:
                log.error("the turns have stopped: systemd will restart the service", seconds=round(service.lag()))
            await asyncio.sleep(min(STATUS_EVERY, self.watchdog / 3) if self.watchdog else STATUS_EVERY)

    def _tell(self, service: Alive, *words: str) -> None:
        try:
            status = standing(service.snapshot(Audience.VIEWER))
        except StreamerError as error:
            status = str(error)
        if status != self._status:
            words = (*words, f"STATUS={status}")
            self._status = status
        self._say(*words)

    def _say(self, *words: str) -> None:
        if not self._address or not words:
            return
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
            line.setblocking(False)  # the receiver may be slow; we do not wait
            line.sendto("\n".join(words).encode(), self._address)


def standing(snapshot: Mapping[str, Any]) -> str:
    """A viewer's snapshot in a sentence: ``rehearsal: 2 of 3 rooms on air, 2 sessions live, 5 ahead``."""
    rooms = snapshot["rooms"]
    on_air = sum(room["state"] == "live" for room in rooms)
    states = Counter(session["state"] for session in snapshot["sessions"])
    live, ahead = states["live"] + states["held"], states["scheduled"]
    sentence = f"{on_air} of {counted(len(rooms), 'room')} on air, {counted(live, 'session')} live, {ahead} ahead"
    return f"rehearsal: {sentence}" if snapshot["rehearsal"] else sentence

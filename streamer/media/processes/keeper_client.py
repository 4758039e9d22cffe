"""The keeper's client: finds or starts the keeper, sends requests, receives events.

:class:`KeeperLost` means that the connection is lost and the request may or may not have been carried out. Every
request can be repeated safely.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import socket
import struct
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from streamer.core.base.errors import MediaError
from streamer.media.processes.guard import BUSY
from streamer.media.processes.keeper_server import LINE_LIMIT, LOG, PROTOCOL, SOCKET, Timings

ANSWER_WITHIN = 10.0
"""A keeper that leaves a request unanswered for this long (s) hangs, and is replaced."""
START_WITHIN = 15.0

Heard = Callable[[dict[str, Any]], None]


class KeeperLost(MediaError):
    """The connection to the keeper is lost, or could not be made."""

    temporary = True


class KeeperRefused(MediaError):
    """The keeper could not carry out a request; a repetition may succeed."""

    temporary = True


class KeeperClient:
    """One connection to a keeper. ``heard`` receives the ends of processes
    (:class:`streamer.media.processes.children.Ended`)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, pidfd: int, heard: Heard) -> None:
        self.lost = asyncio.Event()
        self._reader = reader
        self._writer = writer
        self._pidfd = pidfd
        self._heard = heard
        self._ids = itertools.count(1)
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self._listener = asyncio.create_task(self._listen(), name="keeper")

    @classmethod
    async def connect(cls, data: Path, heard: Heard) -> KeeperClient:
        """Raises KeeperLost if no keeper answers."""
        endpoint = socket.socket(socket.AF_UNIX)
        endpoint.setblocking(False)
        # through the folder's descriptor, because a socket's address is limited to 108 bytes
        try:
            folder = os.open(data / SOCKET.parent, os.O_PATH | os.O_DIRECTORY)
            try:
                await asyncio.get_running_loop().sock_connect(endpoint, f"/proc/self/fd/{folder}/{SOCKET.name}")
            finally:
                os.close(folder)
            reader, writer = await asyncio.open_unix_connection(sock=endpoint, limit=LINE_LIMIT)
            try:
                pidfd = os.pidfd_open(_peer(endpoint))
            except OSError:  # it has just died
                writer.close()
                raise
        except OSError as error:
            endpoint.close()
            raise KeeperLost(f"no keeper answers: {error}", where=str(data / SOCKET)) from error
        return cls(reader, writer, pidfd, heard)

    @classmethod
    async def join(cls, data: Path, heard: Heard, timings: Timings) -> KeeperClient:
        """Connect to the folder's keeper, starting one if none runs."""
        deadline = time.monotonic() + START_WITHIN
        while True:
            try:
                return await cls.connect(data, heard)
            except KeeperLost:
                if time.monotonic() > deadline:
                    raise
            if await _spawn(data, timings) == BUSY:  # one is starting or ending
                await asyncio.sleep(0.05)

    async def request(self, operation: str, *, within: float = ANSWER_WITHIN, **fields: Any) -> dict[str, Any]:
        """The keeper's answer. Raises KeeperLost, KeeperRefused (try again later) or MediaError (permanent)."""
        if self.lost.is_set():
            raise KeeperLost("the keeper is gone")
        id = next(self._ids)
        self._answers[id] = asyncio.get_running_loop().create_future()
        try:
            self._writer.write(json.dumps({"id": id, "op": operation, **fields}).encode() + b"\n")
            async with asyncio.timeout(within):
                answer = await self._answers[id]
        except TimeoutError:
            self.kill()
            raise KeeperLost(f"the keeper did not answer {operation!r} within {within:g} s") from None
        finally:
            del self._answers[id]
        if "error" not in answer:
            return answer
        if answer.get("closing"):
            raise KeeperLost(answer["error"])
        raise (KeeperRefused if answer["temporary"] else MediaError)(answer["error"])

    async def state(self) -> dict[str, Any]:
        """Running and ended processes. Raises MediaError for a keeper of an incompatible version."""
        answer = await self.request("list")
        if answer["protocol"] != PROTOCOL:
            raise MediaError(
                "the media of another version of this program is still running",
                hint="end it with that version's 'streamer stop'",
            )
        return answer

    async def _listen(self) -> None:
        try:
            while line := await self._reader.readline():
                message = json.loads(line)
                if message.get("event") == "exit":
                    self._heard(message)
                    continue
                answer = self._answers.get(message["id"])
                if answer is not None and not answer.done():
                    answer.set_result(message)
        except (OSError, ValueError):
            pass  # the connection broke, or brought invalid data: in both cases it is lost
        finally:
            self.lost.set()
            self._writer.close()
            for answer in self._answers.values():
                if not answer.done():
                    answer.set_exception(KeeperLost("the keeper is gone"))

    def kill(self) -> None:
        """End a keeper that hangs. Its processes continue, and the next keeper adopts them."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    async def gone(self, within: float) -> bool:
        """Wait for the keeper to end; False if it is still running after ``within`` seconds."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self._pidfd, ended.set)
        try:
            async with asyncio.timeout(within):
                await ended.wait()
                await self.lost.wait()
        except TimeoutError:
            return False
        finally:
            loop.remove_reader(self._pidfd)
        return True

    async def close(self) -> None:
        """Disconnect; the keeper and its processes continue."""
        self._listener.cancel()
        await asyncio.gather(self._listener, return_exceptions=True)
        if self._pidfd >= 0:
            os.close(self._pidfd)
            self._pidfd = -1


async def _spawn(data: Path, timings: Timings) -> int:
    """Start a keeper with its guard and wait until it listens; its exit status, 0 or BUSY."""
    options = [f"--{name.replace('_', '-')}={value}" for name, value in asdict(timings).items()]
    starter = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "streamer.media.processes.guard", str(data), *options),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )
    _, said = await starter.communicate()
    if starter.returncode in (0, BUSY):
        return starter.returncode
    words = said.decode(errors="replace").strip().splitlines()
    raise KeeperLost(
        f"the keeper could not be started: {words[-1] if words else 'it gave no reason'}",
        where=str(data / LOG),
        hint="check that the data folder is writable",
    )


def _peer(endpoint: socket.socket) -> int:
    """The process that listens at the other end (unix(7), SO_PEERCRED)."""
    pid, _, _ = struct.unpack("3i", endpoint.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i")))
    return int(pid)

"""The keeper's work: the processes of a data folder, and its clients.

A request is one line of JSON with an ``id`` and an ``op`` (``start``, ``stop``, ``stop_all``, ``lease``, ``list``,
``ack``, ``syncing``, ``shutdown``), an answer one with the same ``id``. The end of a process is sent to all
connected clients as ``{"event": "exit", …}``, and kept until one acknowledges it. Standard library only and light.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import logging
import os
import signal
import socket
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from streamer.media.processes.children import Child, Ended, Entry, acknowledge, bound_log, ended, read_end, read_entry
from streamer.media.processes.syncing import Syncer

PROTOCOL = 1
RUNS = Path("run")
SOCKET = RUNS / "keeper.sock"
LOCK = RUNS / "keeper.lock"
LOG = RUNS / "keeper.log"
CAPTURE = "capture"
"""The kind of process whose output must survive a power cut."""
LINE_LIMIT = 4 << 20
"""Longest line of the protocol, in bytes."""
UNREAD_LIMIT = 1 << 20
"""A client with more unread bytes is disconnected; it gets the ends of processes when it returns."""

_HOPELESS = frozenset({errno.ENOENT, errno.EACCES, errno.ENOEXEC, errno.ENOTDIR, errno.E2BIG})

log = logging.getLogger("keeper")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """Seconds: idle without a client before it ends; from SIGTERM to the second, and to SIGKILL; between checks.

    ``log_limit`` in bytes.
    """

    idle: float = 30.0
    again: float = 1.5
    kill: float = 5.0
    tick: float = 1.0
    log_limit: int = 1 << 20


class Keeper:
    """All processes of the data folder that is the working directory; ``lock`` is the descriptor of its lock."""

    def __init__(self, timings: Timings, lock: int) -> None:
        self._timings = timings
        self._lock = lock
        self._children: dict[str, Child] = {}
        self._ends: dict[str, Ended] = {}
        self._clients: set[asyncio.StreamWriter] = set()
        self._closing = False
        self._quiet_since = time.monotonic()
        self._look = asyncio.Event()
        self._syncer = Syncer()

    async def run(self, alive: Callable[[], None]) -> None:
        """Serve until no process is left to keep. ``alive`` is called once it listens, and at every check."""
        self._take_over()
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, self._shut_down)
        for number in (signal.SIGINT, signal.SIGHUP):  # a handler, not SIG_IGN, which FFmpeg would inherit
            loop.add_signal_handler(number, lambda: None)
        server = await asyncio.start_unix_server(self._serve, sock=_bind(SOCKET), limit=LINE_LIMIT)
        self._syncer.start()
        alive()
        try:
            while not self._done():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._look.wait(), self._timings.tick)
                self._look.clear()
                self._tick()
                alive()
        finally:
            self._syncer.close()
            server.close()
            if self._owns_folder():
                SOCKET.unlink(missing_ok=True)
            for writer in list(self._clients):
                writer.close()

    def _take_over(self) -> None:
        """Adopt the processes of a killed keeper, and record those that have ended since."""
        for folder in sorted(path for path in RUNS.iterdir() if path.is_dir()):
            end = read_end(folder)
            entry = read_entry(folder)
            if end is not None:
                if not end.acknowledged:
                    self._ends[end.run] = end
            elif entry is not None:
                child = Child.adopt(folder, entry)
                if child is None:
                    self._ends[entry.run] = ended(folder, entry, None)
                else:
                    log.info("adopted %s (pid %d)", entry.run, entry.pid)
                    self._watch(child)

    def _watch(self, child: Child) -> None:
        self._children[child.entry.run] = child
        asyncio.get_running_loop().add_reader(child.pidfd, self._ended, child)

    def _ended(self, child: Child) -> None:
        asyncio.get_running_loop().remove_reader(child.pidfd)
        del self._children[child.entry.run]
        end = child.reap()
        self._ends[end.run] = end
        for writer in list(self._clients):
            self._send(writer, {"event": "exit", **asdict(end)})
        self._look.set()

    def _tick(self) -> None:
        if not self._owns_folder():
            log.error("the data folder has been deleted: ending all processes")
            self._shut_down()
        if not self._clients:
            due = [c for c in self._children.values() if c.entry.ends_by <= time.time() and not c.reason]
            for child in due:
                log.info("no service returned before the lease ended: ending %s", child.entry.run)
                self._stop(child, "deadline")
        running = [child.entry for child in self._children.values()]
        self._syncer.follow({one.run: one.output for one in running if one.kind == CAPTURE and one.output})
        for child in self._children.values():
            child.bound(self._timings.log_limit)
        bound_log(LOG, self._timings.log_limit)
        if self._children or self._clients:
            self._quiet_since = time.monotonic()

    def _done(self) -> bool:
        if self._children:
            return False
        return self._closing or time.monotonic() - self._quiet_since >= self._timings.idle

    def _owns_folder(self) -> bool:
        try:
            return os.path.samestat(LOCK.stat(), os.fstat(self._lock))
        except OSError:
            return False

    def _stop(self, child: Child, reason: str) -> None:
        child.stop(reason, self._timings.again, self._timings.kill)

    def _shut_down(self) -> None:
        self._closing = True
        for child in self._children.values():
            self._stop(child, "shutdown")
        self._look.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            while line := await reader.readline():
                self._send(writer, self._answer(line))
        except (OSError, ValueError, asyncio.CancelledError) as error:
            log.info("a client left: %r", error)
        finally:
            self._clients.discard(writer)
            self._quiet_since = time.monotonic()
            writer.close()

    def _send(self, writer: asyncio.StreamWriter, message: dict[str, Any]) -> None:
        if writer.transport.get_write_buffer_size() > UNREAD_LIMIT:
            log.warning("a client does not read and is disconnected")
            self._clients.discard(writer)
            writer.transport.abort()
            return
        writer.write(json.dumps(message).encode() + b"\n")

    def _answer(self, line: bytes) -> dict[str, Any]:
        id = None
        try:
            request = json.loads(line)
            id = request.pop("id", None)
            operation = self._operations()[request.pop("op")]
            return {"id": id, **operation(**request)}
        except OSError as error:
            return {"id": id, "error": str(error), "temporary": error.errno not in _HOPELESS}
        except Exception as error:  # an invalid request must not affect other clients' processes
            log.exception("request failed")
            return {"id": id, "error": f"{type(error).__name__}: {error}", "temporary": False}

    def _operations(self) -> dict[str, Callable[..., dict[str, Any]]]:
        return {
            "start": self._do_start,
            "stop": self._do_stop,
            "stop_all": self._do_stop_all,
            "lease": self._do_lease,
            "list": self._do_list,
            "ack": self._do_ack,
            "syncing": self._syncer.report,
            "shutdown": self._do_shutdown,
        }

    def _do_start(self, *, env: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
        """Idempotent: a client whose answer was lost may repeat the request."""
        entry = Entry(**fields)
        folder = RUNS / entry.run
        if self._closing:
            return {"error": "the keeper is ending", "temporary": True, "closing": True}
        if folder.parent != RUNS or folder.name != entry.run or read_end(folder) is not None:
            return {"error": f"{entry.run} can't be a run's name, or has ended already", "temporary": False}
        child = self._children.get(entry.run)
        if child is None:
            child = Child.spawn(folder, entry, env or {})
            self._watch(child)
        return {"process": _public(child.entry)}

    def _do_stop(self, *, run: str) -> dict[str, Any]:
        child = self._children.get(run)
        if child is not None:
            self._stop(child, "stop")
        return {"known": child is not None}

    def _do_stop_all(self) -> dict[str, Any]:
        for child in self._children.values():
            self._stop(child, "stop")
        return {}

    def _do_lease(self, *, ends_by: dict[str, float]) -> dict[str, Any]:
        for run in ends_by.keys() & self._children.keys():
            self._children[run].lease(ends_by[run])
        return {}

    def _do_list(self) -> dict[str, Any]:
        return {
            "pid": os.getpid(),
            "protocol": PROTOCOL,
            "processes": [_public(child.entry) for child in self._children.values()],
            "exits": [asdict(end) for end in self._ends.values()],
        }

    def _do_ack(self, *, run: str) -> dict[str, Any]:
        end = self._ends.pop(run, None)
        if end is not None:
            acknowledge(RUNS / run, end)
        return {}

    def _do_shutdown(self) -> dict[str, Any]:
        self._shut_down()
        return {}


def _public(entry: Entry) -> dict[str, Any]:
    """Without the command, which may hold keys and is known to the process's starter."""
    return {name: value for name, value in asdict(entry).items() if name != "argv"}


def _bind(path: Path) -> socket.socket:
    """A relative path: an absolute one may exceed the 108 bytes of a socket's address."""
    path.unlink(missing_ok=True)  # left by a killed keeper; the lock proves that it has ended
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    return listener

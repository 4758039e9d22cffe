"""Runs background work: few pieces at a time, urgent ones first.

Captures have priority on the machine, so all other work shares a bounded number of places. The outcome of a piece of
work, or its error, is a value; the worker wakes the reconciler, and a turn takes the outcome.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Generic, TypeVar

import structlog

from streamer.core.base.errors import StreamerError

log = structlog.stdlib.get_logger(__name__)

T = TypeVar("T")


class Priority(IntEnum):
    """The order in which waiting work begins."""

    PROBING = 1
    DRAWING = 2
    FINISHING = 3
    ANALYSING = 4
    CONVERTING = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """At most ``most`` pieces of one priority run at a time; one begins only while fewer than ``beside`` run in
    total."""

    most: int
    beside: int


SHARES: Mapping[Priority, Share] = {
    Priority.PROBING: Share(most=2, beside=4),
    Priority.DRAWING: Share(most=1, beside=4),
    Priority.FINISHING: Share(most=3, beside=3),
    Priority.ANALYSING: Share(most=1, beside=2),
    Priority.CONVERTING: Share(most=1, beside=2),
}
"""Four places. Finishing, analysing and converting, which take minutes, leave one place for short work."""


class Unexpected(StreamerError):
    """Work failed because of a bug; the log has the details."""


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    value: T


@dataclass(frozen=True, slots=True)
class Failed:
    error: StreamerError


class Piece(Generic[T]):
    """A submitted piece of work. ``subject`` is what it is about, such as a session."""

    def __init__(self, name: str, priority: Priority, subject: str) -> None:
        self.name = name
        self.priority = priority
        self.subject = subject
        self.outcome: Done[T] | Failed | None = None
        """None until it has ended; stays None if it was cancelled."""
        self.ended = False

    @property
    def is_cancelled(self) -> bool:
        """Whether it ended without an outcome, or never began."""
        return self.ended and self.outcome is None


class Worker:
    """``wake`` is called when a piece has ended."""

    def __init__(self, wake: Callable[[], None], shares: Mapping[Priority, Share] = SHARES) -> None:
        self._wake = wake
        self._shares = shares
        self._waiting: list[tuple[Piece[Any], Callable[[], Awaitable[Any]]]] = []
        self._running: dict[Piece[Any], asyncio.Task[None]] = {}
        self._closed = False

    def submit(self, work: Callable[[], Awaitable[T]], *, name: str, priority: Priority, subject: str) -> Piece[T]:
        """Do ``work`` when a place is free. Work that is cancelled deletes the files that it has written."""
        piece: Piece[T] = Piece(name, priority, subject)
        if self._closed:
            piece.ended = True
            return piece
        self._waiting.append((piece, work))
        self._waiting.sort(key=lambda one: one[0].priority)  # stable: first come, first served within a priority
        self._begin()
        return piece

    def cancel(self, subject: str) -> None:
        """Drop the waiting work of a subject, and cancel its running work."""
        for piece in [*(piece for piece, _ in self._waiting), *self._running]:
            if piece.subject == subject:
                self.drop(piece)

    def drop(self, piece: Piece[Any]) -> None:
        """As :meth:`cancel`, one piece."""
        task = self._running.get(piece)
        if task is None:
            piece.ended = True
            self._waiting = [one for one in self._waiting if one[0] is not piece]
        else:
            task.cancel()

    async def wait(self, pieces: Iterable[Piece[Any]], within: float) -> None:
        """Return when these pieces have ended, after ``within`` seconds at the latest."""
        tasks = [task for piece in pieces if (task := self._running.get(piece)) is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=within)

    async def close(self) -> None:
        """Cancel everything; waiting and later work is not begun."""
        self._closed = True
        for piece, _ in self._waiting:
            piece.ended = True
        self._waiting = []
        tasks = list(self._running.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self) -> None:
        running = Counter(piece.priority for piece in self._running)
        for one in list(self._waiting):
            piece, work = one
            share = self._shares[piece.priority]
            if running[piece.priority] < share.most and running.total() < share.beside:
                self._waiting.remove(one)
                running[piece.priority] += 1
                task = asyncio.create_task(self._do(piece, work), name=piece.name)
                self._running[piece] = task
                task.add_done_callback(lambda _, piece=piece: self._end(piece))  # type: ignore[misc]

    async def _do(self, piece: Piece[T], work: Callable[[], Awaitable[T]]) -> None:
        try:
            piece.outcome = Done(await work())
        except StreamerError as error:
            piece.outcome = Failed(error)
        except Exception:
            log.exception("work in the background ended by an unexpected error", work=piece.name)
            piece.outcome = Failed(Unexpected("an unexpected error, see the log"))

    def _end(self, piece: Piece[Any]) -> None:
        del self._running[piece]
        piece.ended = True
        self._begin()
        self._wake()

"""Collects remarks about a feed, and limits their number."""

from __future__ import annotations

from collections import Counter

from streamer.core.base.ids import SessionId
from streamer.core.timetable.sessions import Remark

_EACH = 10


class RemarkList:
    """Remarks in order. Keeps the first ten different ones of each topic and counts the others."""

    def __init__(self) -> None:
        self._kept: list[Remark] = []
        self._count: Counter[str] = Counter()
        self._said: set[tuple[str, str]] = set()

    def add(self, topic: str, message: str, *, where: str = "", session: SessionId | None = None) -> None:
        if (message, where) in self._said:
            return
        self._count[topic] += 1
        if self._count[topic] <= _EACH:
            self._said.add((message, where))
            self._kept.append(Remark(message=message, where=where, session=session))

    def as_tuple(self) -> tuple[Remark, ...]:
        """The remarks, and the number of omitted ones for each topic."""
        rest = [
            Remark(message=f"{count - _EACH} more remarks of this kind: {topic}")
            for topic, count in self._count.items()
            if count > _EACH
        ]
        return (*self._kept, *rest)

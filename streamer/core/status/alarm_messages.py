"""The words of messages about alarms: raised and over, together where they come together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streamer.core.base.json import Document

TOGETHER = 2.0
"""Seconds for which alarms are collected into one message: one dead switch is one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message about one room, or about several or none (``room`` None)."""

    title: str
    text: str
    room: str | None


@dataclass(slots=True)
class AlarmMessages:
    """Which alarms were told, so that each is told once when it is raised and once when it is over.

    ``least`` is the least severity that is told: "error" or "warning".
    """

    conference: str
    least: str = "error"
    _told: set[str] = field(default_factory=set)

    def messages(self, changes: Iterable[Document], rooms: Mapping[str, str]) -> list[Message]:
        """The messages about ``alarm`` changes that came together. ``rooms`` are the rooms' names by their ids."""
        raised: dict[str, Document] = {}
        over: dict[str, Document] = {}
        for alarm in changes:
            id = alarm["id"]
            if alarm.get("cleared"):
                if raised.pop(id, None) is None and id in self._told:
                    self._told.discard(id)
                    over[id] = alarm
            elif over.pop(id, None) is not None:
                self._told.add(id)
            elif self._is_told(alarm) and id not in self._told:
                raised[id] = alarm
        self._told |= raised.keys()
        return [*self._said(list(raised.values()), rooms, ""), *self._said(list(over.values()), rooms, "Over: ")]

    def _is_told(self, alarm: Document) -> bool:
        return alarm["acknowledged"] is None and (alarm["severity"] == "error" or self.least == "warning")

    def _said(self, alarms: list[Document], rooms: Mapping[str, str], before: str) -> list[Message]:
        if not alarms:
            return []
        places = list(dict.fromkeys(alarm["room"] for alarm in alarms))
        room = places[0] if len(places) == 1 else None
        named = ", ".join(rooms.get(place, place) for place in places if place is not None)
        count = f"{len(alarms)} alarms" if len(alarms) > 1 else "an alarm"
        title = f"{self.conference}: {before}{count}{f' in {named}' if named else ''}"
        lines = [_line(alarm, with_hint=not before) for alarm in alarms]
        return [Message(title=title, text="\n".join(lines), room=room)]


def _line(alarm: Document, *, with_hint: bool) -> str:
    hint = f" ({alarm['hint']})" if with_hint and alarm["hint"] else ""
    return f"{alarm['message']}{hint}"

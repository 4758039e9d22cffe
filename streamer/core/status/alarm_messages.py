"""The words of messages about alarms: raised and over, together where they come together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from streamer.core.base.json import Document

TOGETHER = 2.0
"""Seconds for which alarms are collected into one message: one dead switch is one message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message about alarms of some rooms, or of none."""

    title: str
    text: str
    rooms: tuple[str, ...]


@dataclass(slots=True)
class AlarmMessages:
    """Which alarms were told, so that each is told once when it is raised and once when it is over.

    ``least`` is the least severity that is told: "error" or "warning". The end of an alarm that a former run of the
    service has raised is told too.
    """

    conference: str
    least: str = "error"
    _told: dict[str, bool] = field(default_factory=dict)
    """Whether each open alarm of this run was told."""

    def messages(self, changes: Iterable[Document], rooms: Mapping[str, str]) -> list[Message]:
        """The messages about ``alarm`` changes that came together. ``rooms`` are the rooms' names by their ids."""
        raised: dict[str, Document] = {}
        over: dict[str, Document] = {}
        for alarm in changes:
            id = alarm["id"]
            if alarm.get("cleared"):
                was_told = self._told.pop(id, self._is_severe(alarm))
                if raised.pop(id, None) is None and was_told:
                    over[id] = alarm
            elif over.pop(id, None) is not None:
                self._told[id] = True
            elif not self._told.get(id) and self._is_severe(alarm) and alarm["acknowledged"] is None:
                self._told[id] = True
                raised[id] = alarm
            else:
                self._told.setdefault(id, False)
        return [*self._said(list(raised.values()), rooms, ""), *self._said(list(over.values()), rooms, "Over: ")]

    def _is_severe(self, alarm: Document) -> bool:
        return bool(alarm["severity"] == "error" or self.least == "warning")

    def _said(self, alarms: list[Document], rooms: Mapping[str, str], before: str) -> list[Message]:
        if not alarms:
            return []
        places = tuple(dict.fromkeys(alarm["room"] for alarm in alarms if alarm["room"] is not None))
        named = ", ".join(rooms.get(place, place) for place in places)
        count = f"{len(alarms)} alarms" if len(alarms) > 1 else "an alarm"
        title = f"{self.conference}: {before}{count}{f' in {named}' if named else ''}"
        lines = [_line(alarm, with_hint=not before) for alarm in alarms]
        return [Message(title=title, text="\n".join(lines), rooms=places)]


def _line(alarm: Document, *, with_hint: bool) -> str:
    hint = f" ({alarm['hint']})" if with_hint and alarm["hint"] else ""
    return f"{alarm['message']}{hint}"

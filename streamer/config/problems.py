"""Errors in a config.toml as text: where, what, and what to write instead."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from streamer.config.model import Config, FeedRules, Room
from streamer.core.base.errors import ConfigError
from streamer.core.base.ids import room_id
from streamer.core.base.toml_lines import Location, TomlLines

_ARRAYS: Mapping[str, type[BaseModel]] = {"rooms": Room, "feeds": FeedRules}
"""Sections that may occur several times, and what one of them describes."""
_SENTENCES = {
    "string_type": "write a text in quotes",
    "bool_type": "write true or false, without quotes",
    "tuple_type": "write a list in brackets",
    "missing": "it is missing",
    "too_short": "it is empty",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A configuration before validation."""

    path: Path
    lines: TomlLines
    document: Mapping[str, Any]

    def problem(self, location: Location, message: str, hint: str = "") -> ConfigError:
        """``location`` names the key; the file and the line are added."""
        line = self.lines.line_of(location)
        file = f"{self.path}:{line}" if line else str(self.path)
        return ConfigError(message, where=f"{file}: {self._name(location)}", hint=hint)

    def _name(self, location: Location) -> str:
        """``[capture] lead``; a room by its id, a feed by its name."""
        head, *rest = location
        if head in _ARRAYS:
            name = f"[[{head}]]"
            if rest and isinstance(rest[0], int):
                name = f"[[{head}]] {self._one(str(head), rest.pop(0))}"
        elif rest or head in Config.model_fields:
            name = f"[{head}]"
        else:
            return str(head)
        keys = ".".join(str(step) for step in rest if isinstance(step, str))
        return f"{name} {keys}".strip()

    def _one(self, array: str, index: Any) -> str:
        given = self.document.get(array)
        one = given[index] if isinstance(given, list) and isinstance(given[index], dict) else {}
        called = one.get("id" if array == "rooms" else "name")
        return called if isinstance(called, str) else f"number {index + 1}"


def problems_of(error: ValidationError, written: Text) -> list[ConfigError]:
    """The errors with the file's own keys, in the order of its lines."""
    details = sorted(error.errors(include_url=False), key=lambda detail: written.lines.line_of(detail["loc"]) or 0)
    return [_problem(detail, written) for detail in details]


def collisions(config: Config, written: Text) -> Iterator[ConfigError]:
    """Rooms that a timetable could not tell apart (one's id, name or alias is another's too), and feeds of one name."""
    owners: dict[str, str] = {}
    for index, room in enumerate(config.rooms):
        called = (("id", room.id), ("name", room.name), *(("aliases", alias) for alias in room.aliases))
        for key, name in called:
            owner = owners.get(room_id(name))
            if owner is not None:
                message = f"“{name}” is also the id, name or alias of room {owner}"
                yield written.problem(("rooms", index, key), message, "give each room different names")
        owners |= {room_id(name): room.id for _, name in called}
    named: set[str] = set()
    for index, feed in enumerate(config.feeds):
        if feed.name.casefold() in named:
            yield written.problem(
                ("feeds", index, "name"),
                f"“{feed.name}” is also another feed's name",
                "give each feed a different name",
            )
        named.add(feed.name.casefold())


def _problem(detail: ErrorDetails, written: Text) -> ConfigError:
    location: Location = detail["loc"]
    if detail["type"] == "extra_forbidden":
        return written.problem(location, "this key does not exist", _suggestion(location))
    if len(location) == 1 and location[0] in _ARRAYS:
        what = f"{location[0]} are written as {_header(str(location[0]))}, once for each"
        return written.problem(location, what, "with two pairs of brackets")
    field = _field(location)
    if detail["type"] == "model_type":
        name = location[0]
        return written.problem(location, "write it as a table", f"write [{name}] on a line of its own, once")
    match detail["type"]:
        case "value_error":
            message, _, advice = str(detail["ctx"]["error"]).partition("; ")
            return written.problem(location, message, advice)
        case "literal_error":
            message = f"{_shown(detail['input'])} is not possible; it has to be {detail['ctx']['expected']}"
        case kind:
            message = _SENTENCES.get(kind, detail["msg"])
    return written.problem(location, message, _example(location, field))


def _shown(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)[:60]


def _example(location: Location, field: FieldInfo | None) -> str:
    if field is None or not field.examples:
        return ""
    key = next(step for step in reversed(location) if isinstance(step, str) and step in _names(location))
    return f"for example {key} = {field.examples[0]}"


def _names(location: Location) -> set[str]:
    model = _model(location[0])
    return set(model.model_fields) if model is not None else set()


def _field(location: Location) -> FieldInfo | None:
    model = _model(location[0])
    keys = [step for step in location[1:] if isinstance(step, str)]
    return model.model_fields.get(keys[0]) if model is not None and keys else None


def _model(section: str | int) -> type[BaseModel] | None:
    if section in _ARRAYS:
        return _ARRAYS[str(section)]
    field = Config.model_fields.get(str(section))
    annotation = field.annotation if field is not None else None
    return annotation if isinstance(annotation, type) and issubclass(annotation, BaseModel) else None


def _suggestion(location: Location) -> str:
    """For an unknown key: a similar one of its section, the section it belongs to, or all keys."""
    wrong = str(location[-1])
    section = location[0] if len(location) > 1 else None
    model = _model(section) if section is not None else Config
    known = list(model.model_fields) if model is not None else []
    if section is None and wrong in Config.model_fields:
        return ""
    if close := difflib.get_close_matches(wrong.lower().replace("-", "_"), known, n=1):
        return f"did you mean {close[0]}?" if section is not None else f"did you mean {_header(close[0])}?"
    homes = [name for name in Config.model_fields if name != section and wrong in _names((name,))]
    if homes:
        return f"it belongs to {' or '.join(map(_header, homes))}"
    return f"possible are {', '.join(known if section is not None else map(_header, known))}"


def _header(section: str) -> str:
    return f"[[{section}]]" if section in _ARRAYS else f"[{section}]"

"""JSON bytes to values, and values to texts, for feeds that deviate from their schemas.

Values are read by their actual type, not by the schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator

from streamer.core.base.errors import TimetableError

Object = dict[str, object]

_MOST_CONTAINERS = 1_000_000
_MOST_VALUES = 5_000_000
_WHOLE = 1e15
_SHOWN = 60
_OPT_OUTS = frozenset({"do_not_record", "do_not_stream", "optout"})


def read_json(data: bytes) -> object:
    """The value. Raises TimetableError with line and column."""
    if data.count(b"{") + data.count(b"[") > _MOST_CONTAINERS or data.count(b",") > _MOST_VALUES:
        raise TimetableError("not usable JSON: it has more values than any timetable", hint="check the address")
    try:
        text = data.decode(json.detect_encoding(data))
        return json.loads(text.removeprefix("\ufeff"), object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        cut = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
        raise TimetableError(
            f"not JSON: {error.msg}",
            where=f"line {error.lineno}, column {error.colno}",
            hint="the file may be cut short: export it again" if cut else "",
        ) from error
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise TimetableError("not UTF-8 text", where=f"line {number}") from error
    except (ValueError, RecursionError) as error:  # beyond the parser's own limits
        raise TimetableError(
            "not usable JSON: a number is too long or values are nested too deep", hint="check the address"
        ) from error


def _object(pairs: list[tuple[str, object]]) -> Object:
    """An object. Of duplicate names, lists are joined and an opt-out wins, else the last value counts."""
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    whole: Object = {}
    for name, value in pairs:
        earlier = whole.get(name)
        if isinstance(earlier, list) and isinstance(value, list):
            earlier.extend(value)
        elif earlier is not True or name not in _OPT_OUTS:
            whole[name] = value
    return whole


def text_of(value: object, language: str = "") -> str:
    """A string or whole number as text; a translated text in ``language``, else its first non-empty translation."""
    if isinstance(value, dict):
        said = [value.get(language), *value.values()]
        value = next((one for one in said if isinstance(one, str) and one.strip()), None)
    if isinstance(value, str):
        return value.strip()
    if (
        isinstance(value, float) and value.is_integer() and abs(value) < _WHOLE
    ):  # tables convert whole numbers to floats
        value = int(value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else ""


def written(value: object) -> str:
    """Any value as text, for a field that is a text or a number if it is right; empty for none."""
    return "" if value is None or value == "" else text_of(value) or str(value)[:_SHOWN]


def name_of(value: object) -> str:
    """The name in an object with a name, in a translated name, or in the name itself."""
    if isinstance(value, dict) and "name" in value:
        return text_of(value["name"])
    return text_of(value)


def object_of(value: object) -> Object:
    """The object, or an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def objects_in(value: object) -> Iterator[Object]:
    """The objects of a list, or the values of an object of objects; empty for anything else."""
    members: Iterable[object] = value if isinstance(value, list) else object_of(value).values()
    return (member for member in members if isinstance(member, dict))

"""Holds documents against the description of the interface."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from streamer.web.api.openapi import document

DESCRIPTION = document()


def faults(value: Any, schema: dict[str, Any], place: str = "$") -> Iterator[str]:
    """Where a document does not fit its schema: of JSON Schema, the part that is used here."""
    if "$ref" in schema:
        yield from faults(value, DESCRIPTION["components"]["schemas"][schema["$ref"].rpartition("/")[2]], place)
        return
    for part in schema.get("allOf", []):
        yield from faults(value, part, place)
    if "oneOf" in schema:
        found = [list(faults(value, part, place)) for part in schema["oneOf"]]
        if all(found):
            yield from found[0]
        return
    types = {"object": dict, "array": list, "string": str, "boolean": bool, "integer": int, "null": type(None)}
    wanted = schema.get("type", [])
    wanted = [wanted] if isinstance(wanted, str) else wanted
    fits = [
        isinstance(value, types.get(name, int | float))
        and not (isinstance(value, bool) and name in ("integer", "number"))
        for name in wanted
    ]
    if wanted and not any(fits):
        yield f"{place}: {value!r} is no {' or '.join(wanted)}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{place}: {value!r} is none of {schema['enum']}"
    if schema.get("format") == "date-time" and isinstance(value, str) and datetime.fromisoformat(value).tzinfo is None:
        yield f"{place}: {value!r} has no offset"
    if isinstance(value, dict):
        for name in schema.get("required", []):
            if name not in value:
                yield f"{place}: {name} is missing"
        for name, inner in schema.get("properties", {}).items():
            if name in value:
                yield from faults(value[name], inner, f"{place}.{name}")
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from faults(item, schema.get("items", {}), f"{place}[{number}]")


def component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}

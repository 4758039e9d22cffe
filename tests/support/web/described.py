"""Holds documents against the description of the interface. Here, objects have no keys but those that are described."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker

from streamer.web.access.perimeter import Perimeter
from streamer.web.api.control import Outside
from streamer.web.operations.operation import Operation
from streamer.web.pages.pages import Site
from streamer.web.server import OPERATIONS, control_application, description, public_application
from support.web.small_service import SmallService

_FORMATS = FormatChecker(formats=())


@_FORMATS.checks("date-time", raises=ValueError)
def _has_offset(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


def public_operations() -> tuple[Operation, ...]:
    service = SmallService(Path()).as_service()
    pages = Site(title="DNGC", rehearsal=False)
    return public_application(service, pages=pages, perimeter=Perimeter())[OPERATIONS]


def control_operations() -> tuple[Operation, ...]:
    """Those of the Unix socket."""
    service = SmallService(Path()).as_service()
    outside = Outside(stop=lambda: None, revoked=lambda: None, addresses=lambda: [])
    return control_application(service, outside=outside, connections=dict)[OPERATIONS]


DESCRIPTION = description(public_operations())
CONTROL_DESCRIPTION = description(control_operations())


def _closed(node: Any) -> Any:
    """The schema, with no keys allowed but its own."""
    if isinstance(node, list):
        return [_closed(one) for one in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(one) for key, one in node.items()}
    return {**closed, "additionalProperties": False} if isinstance(node.get("properties"), dict) else closed


_CLOSED = _closed(CONTROL_DESCRIPTION["components"])


def faults(value: Any, schema: dict[str, Any]) -> Iterator[str]:
    """Where a document does not fit its schema, which may refer to components."""
    validator = Draft202012Validator({**_closed(schema), "components": _CLOSED}, format_checker=_FORMATS)
    for error in validator.iter_errors(value):
        yield f"{error.json_path}: {error.message}"


def component(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def event(namespace: str, name: str) -> dict[str, Any]:
    """The schema of an event of Socket.IO."""
    schema: dict[str, Any] = DESCRIPTION["x-socket-io"][namespace][name]
    return schema

"""A decision as the JSON object in the store: its action, its target, and the given fields."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from streamer.core.base.errors import StoreError
from streamer.core.base.json import Document
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.fields import attributes, fields_of
from streamer.core.decisions.registry import BY_ACTION


def given_fields(decision: Decision) -> Document:
    """The given fields as JSON: the body of its request. Raises ValueError for an instant without a zone."""
    values = {field.name: getattr(decision, field.attribute) for field in fields_of(type(decision))}
    return {name: _json(name, value) for name, value in values.items() if value is not None}


def stored_decision(decision: Decision) -> Document:
    """The decision as JSON. Raises ValueError for an instant without a zone."""
    target = {decision.target: getattr(decision, decision.target)} if decision.target else {}
    return {"action": decision.offer.action, **target, **given_fields(decision)}


def decision_of(document: Document) -> Decision:
    """The decision in a document of ``stored_decision``. Raises StoreError."""
    kind = BY_ACTION.get(document["action"])
    if kind is None:
        raise StoreError(
            f"this version of the program knows no decision {document['action']!r}",
            where="overrides",
            hint="run the version that stored it",
        )
    instants = {field.name for field in fields_of(kind) if field.type is datetime}
    values = {n: datetime.fromisoformat(v) if n in instants else v for n, v in document.items() if n != "action"}
    return kind(**attributes(kind, values))


def _json(name: str, value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        raise ValueError(f"{name} {value.isoformat()} has no time zone")
    return value.astimezone(UTC).isoformat()

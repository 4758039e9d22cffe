"""The bodies of requests for decisions, as strict pydantic models that are derived from the decisions' fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, create_model

from streamer.core.base.ids import OverrideId
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.fields import Field as DecisionField
from streamer.core.decisions.fields import attributes, fields_of
from streamer.core.decisions.registry import BY_ACTION
from streamer.engine.programme.requests import UNDO, DecisionRequest, Undo
from streamer.web.http.request_bodies import AN_INSTANT, Body, Count, Flag, Number, Text, Wanted, not_blank, validated


class SessionBody(Body):
    """The body of what is about a session; ``undo`` has no other field."""

    if_revision: Count = Field(default=0, description="Refuse (409) if the session's revision is another")


def _instant(value: object) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else None
    if found is None or found.tzinfo is None:
        raise ValueError
    return found


_TYPES: Mapping[type, Any] = {
    bool: Flag,
    datetime: Annotated[
        datetime,
        BeforeValidator(_instant),
        WithJsonSchema({"type": "string", "format": "date-time"}),
        Wanted(AN_INSTANT),
    ],
    float: Number,
    int: Count,
    str: Text,
}


@cache
def body_model(kind: type[Decision] | None) -> type[Body]:
    """The body of a kind of decision; None is undo."""
    if kind is None:
        return SessionBody
    base = SessionBody if kind.target == "session" else Body
    definitions: dict[str, Any] = {field.name: _definition(field) for field in fields_of(kind)}
    return create_model(f"{kind.__name__}Body", __base__=base, **definitions)


def _definition(field: DecisionField) -> tuple[Any, Any]:
    """What is left out is None, and None can't be said."""
    kind: Any = _TYPES[field.type]
    if field.within is not None:
        least, most = field.within.least, field.within.most
        number = "a whole number" if field.type is int else "a number"
        words = Wanted(number, limits=f"between {least:g} and {most:g} {field.within.unit}")
        kind = Annotated[field.type, Field(allow_inf_nan=False, ge=least, le=most), words]
    if field.longest is not None:
        words = Wanted("a text", limits=f"{field.longest} characters long at most")
        kind = Annotated[str, AfterValidator(not_blank), Field(min_length=1, max_length=field.longest), words]
    if field.required:
        return kind, Field(description=field.words)
    return kind, Field(default=None, description=field.words)


def decision_request(
    action: str, target: str, body: Mapping[str, Any], *, by: str, preview: bool = False, key: str | None = None
) -> DecisionRequest:
    """What a JSON object asks for. ``action`` has to be a known one. Raises Invalid."""
    kind = None if action == UNDO else BY_ACTION[action]
    return request_of(kind, target, validated(body, body_model(kind)), by=by, preview=preview, key=key)


def request_of(
    kind: type[Decision] | None, target: str, body: Body, *, by: str, preview: bool = False, key: str | None = None
) -> DecisionRequest:
    """What a body asks for; ``kind`` None is undo. Raises Invalid."""
    said = body.model_dump(exclude_unset=True)
    revision = said.pop("if_revision", None)
    wanted = Undo(override=OverrideId(target)) if kind is None else _decision(kind, target, said)
    return DecisionRequest(wanted=wanted, by=by, if_revision=revision, preview=preview, key=key)


def _decision(kind: type[Decision], target: str, said: Mapping[str, Any]) -> Decision:
    of = {kind.target: target} if kind.target else {}
    return kind(**of, **attributes(kind, said))

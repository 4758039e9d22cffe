"""The bodies of requests for decisions, as strict pydantic models that are derived from the decisions' fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, WithJsonSchema, create_model
from pydantic_core import ErrorDetails

from streamer.core.base.errors import Invalid
from streamer.core.base.ids import OverrideId
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.fields import Field as DecisionField
from streamer.core.decisions.fields import fields_of
from streamer.core.decisions.registry import BY_ACTION
from streamer.engine.programme.requests import UNDO, DecisionRequest, Undo
from streamer.web.http.request_bodies import LARGEST, Kind, unknown_name

Schema = dict[str, Any]


class Body(BaseModel):
    """What every body may say."""

    model_config = ConfigDict(strict=True, extra="forbid")


class SessionBody(Body):
    """The body of what is about a session; ``undo`` has no other field."""

    if_revision: int = Field(
        default=0, ge=0, le=int(LARGEST), description="Refuse (409) if the session's revision is another"
    )


def _instant(value: object) -> datetime:
    found = datetime.fromisoformat(value) if isinstance(value, str) else None
    if found is None or found.tzinfo is None:
        raise ValueError
    return found


_TYPES: Mapping[type, Any] = {
    bool: bool,
    datetime: Annotated[datetime, BeforeValidator(_instant), WithJsonSchema({"type": "string", "format": "date-time"})],
    float: Annotated[float, Field(allow_inf_nan=False)],
    int: int,
    str: Annotated[str, Field(pattern=r"\S")],
}
_KINDS: Mapping[type, Kind] = {
    bool: Kind.FLAG,
    datetime: Kind.INSTANT,
    float: Kind.NUMBER,
    int: Kind.COUNT,
    str: Kind.TEXT,
}
"""What to call them in a refusal."""


@cache
def body_model(kind: type[Decision] | None) -> type[Body]:
    """The body of a kind of decision; None is undo."""
    if kind is None:
        return SessionBody
    base = SessionBody if kind.target == "session" else Body
    definitions: dict[str, Any] = {field.name: _definition(field) for field in fields_of(kind)}
    return create_model(f"{kind.__name__}Body", __base__=base, **definitions)


def body_models() -> dict[str, type[Body]]:
    """By action, undo included."""
    return {action: body_model(kind) for action, kind in BY_ACTION.items()} | {UNDO: body_model(None)}


def _definition(field: DecisionField) -> tuple[Any, Any]:
    """What is left out is None, and None can't be said."""
    limits = {"ge": field.within.least, "le": field.within.most} if field.within else {}
    if field.type is int:
        limits = {"ge": 0, **limits}
    given: dict[str, Any] = {"description": field.words, **limits}
    return _TYPES[field.type], Field(**given) if field.required else Field(default=None, **given)


def body_schema(kind: type[Decision] | None) -> Schema:
    """The body as JSON Schema."""
    whole = body_model(kind).model_json_schema()
    properties = {
        name: {key: value for key, value in one.items() if key not in ("title", "default")}
        for name, one in whole["properties"].items()
    }
    required = {"required": whole["required"]} if "required" in whole else {}
    return {"type": "object", "properties": properties, "additionalProperties": False, **required}


def decision_request(
    action: str, target: str, body: Mapping[str, Any], *, by: str, preview: bool = False, key: str | None = None
) -> DecisionRequest:
    """What a body asks for. ``action`` has to be a known one. Raises Invalid."""
    kind = None if action == UNDO else BY_ACTION[action]
    try:
        said = body_model(kind).model_validate(dict(body)).model_dump(exclude_unset=True)
    except ValidationError as error:
        raise _invalid(kind, error.errors(include_url=False, include_context=False)[0]) from None
    revision = said.pop("if_revision", None)
    wanted = Undo(override=OverrideId(target)) if kind is None else kind(**_target(kind, target), **said)
    return DecisionRequest(wanted=wanted, by=by, if_revision=revision, preview=preview, key=key)


def _target(kind: type[Decision], target: str) -> dict[str, Any]:
    return {kind.target: target} if kind.target else {}


def _invalid(kind: type[Decision] | None, error: ErrorDetails) -> Invalid:
    name, problem = str(error["loc"][0]), error["type"]
    fields = {field.name: field for field in fields_of(kind)} if kind is not None else {}
    if problem == "extra_forbidden":
        return unknown_name(name, body_model(kind).model_fields, "body")
    field = fields.get(name)
    words = (_KINDS[field.type] if field is not None else Kind.COUNT).value
    if problem == "missing":
        return Invalid(f"{name!r} is missing", where=name, hint=f"give {words}")
    if field is not None and field.within is not None and problem in ("greater_than_equal", "less_than_equal"):
        limits = field.within
        return Invalid(f"{name!r} has to be between {limits.least:g} and {limits.most:g} {limits.unit}", where=name)
    return Invalid(f"{name!r} is not {words}", where=name)

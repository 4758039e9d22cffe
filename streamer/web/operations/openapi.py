"""The description of the programming interface (OpenAPI 3.1), made from the operations and the types of documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import TypeAdapter
from pydantic.json_schema import DEFAULT_REF_TEMPLATE, GenerateJsonSchema
from pydantic_core import core_schema

import streamer
from streamer.core.records.tokens import Role
from streamer.web.access.tokens import COOKIE
from streamer.web.http.problems import ProblemDocument
from streamer.web.operations.operation import Answer, Operation

_PROBLEMS = {
    400: "The request is malformed",
    401: "There is no token, or an unknown one",
    403: "The token's role is not enough, or a page of another site asks",
    404: "There is no such thing",
    408: "The body did not arrive in time",
    409: "It contradicts the present state; the hint says what is possible instead",
    413: "The body is larger than 64 KiB",
    416: "The range lies outside of the file",
    429: "Too many failed attempts",
    503: "The service has not started yet, or has stopped",
}
_TOKEN: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
_ABOUT = (
    "Status, decisions and recordings of a conference's rooms. Durations are in seconds, minutes in requests are "
    "numbers, times ISO 8601 with offset. Socket.IO announces changes on the namespaces /viewer and /crew: `snapshot`, "
    "then `change` events; their documents are under `x-socket-io`."
)
Events = Mapping[str, Mapping[str, Any]]
"""The types of Socket.IO's events, by namespace and name."""


class _Schemas(GenerateJsonSchema):
    """Short: components without the suffix that types carry, no titles, and no defaults, which only mean "left out"."""

    def normalize_name(self, name: str) -> str:
        return super().normalize_name(name).removesuffix("Document")

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> dict[str, Any]:
        return self.generate_inner(schema["schema"])


class _Types:
    """The types of a description and their schemas; each that has a name is a component."""

    def __init__(self, types: Sequence[Any]) -> None:
        adapters = {repr(one): TypeAdapter(one) for one in types}
        template = DEFAULT_REF_TEMPLATE.replace("$defs", "components/schemas")
        self._found, whole = TypeAdapter.json_schemas(
            [(name, "validation", adapter) for name, adapter in adapters.items()],
            ref_template=template,
            schema_generator=_Schemas,
        )
        self.components: dict[str, Any] = whole.get("$defs", {})
        for schema in self.components.values():
            schema.pop("title", None)

    def of(self, one: Any) -> dict[str, Any]:
        return self._found[repr(one), "validation"]


def describe(operations: Sequence[Operation], events: Events, files: Sequence[Any] = ()) -> dict[str, Any]:
    """The whole description. ``files`` are the types of JSON files that an operation hands out."""
    types = _Types(
        [
            ProblemDocument,
            *files,
            *(answer.document for one in operations for answer in one.gives if answer.media is not None),
            *(one.body for one in operations if one.body is not None),
            *(parameter.type for one in operations for parameter in one.parameters),
            *(event for namespace in events.values() for event in namespace.values()),
        ]
    )
    paths: dict[str, dict[str, Any]] = {}
    for one in operations:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, types)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "streamer",
            "version": streamer.__version__,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": paths,
        "components": {
            "schemas": types.components,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
        "x-socket-io": {
            namespace: {name: types.of(event) for name, event in named.items()} for namespace, named in events.items()
        },
    }


def _operation(one: Operation, types: _Types) -> dict[str, Any]:
    described: dict[str, Any] = {"operationId": one.id, "summary": one.summary}
    if one.description or one.role is not None:
        described["description"] = " ".join(filter(None, (_who(one), one.description)))
    described["security"] = [*([{}] if one.role is None or one.or_loopback else []), *(_TOKEN if one.role else [])]
    parameters = [_part(name, one) for name in one.parts]
    parameters += [
        {
            "name": p.name,
            "in": p.place,
            "description": p.description,
            **({"required": True} if p.required else {}),
            "schema": types.of(p.type),
        }
        for p in one.parameters
    ]
    if parameters:
        described["parameters"] = parameters
    if one.body is not None:
        needed = any(field.is_required() for field in one.body.model_fields.values())
        described["requestBody"] = {
            "required": needed,
            "content": {"application/json": {"schema": types.of(one.body)}},
        }
    problem = {"application/problem+json": {"schema": types.of(ProblemDocument)}}
    described["responses"] = {
        **{str(answer.status.value): _response(answer, types) for answer in one.gives},
        **{str(status): {"description": _PROBLEMS[status], "content": problem} for status in one.refuses},
    }
    return described


def _who(one: Operation) -> str:
    match one.role:
        case None:
            return ""
        case Role.CREW:
            return "For the crew." if not one.or_loopback else "For the crew, and for everybody on the machine itself."
        case Role.ORGANISER:
            return "For organisers and the crew."


def _part(name: str, one: Operation) -> dict[str, Any]:
    words = {
        "id": one.target,
        "file": "The file's name",
        "room": "The room's id",
        "name": "The token's name",
        "take": "The take's id",
        "number": "The segment's number",
    }
    return {"name": name, "in": "path", "required": True, "description": words[name], "schema": {"type": "string"}}


def _response(answer: Answer, types: _Types) -> dict[str, Any]:
    if answer.media is None:
        return {"description": answer.description}
    return {"description": answer.description, "content": {answer.media: {"schema": types.of(answer.document)}}}

"""The addresses of decisions, as the description of the interface has them; derived from the decisions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamer.core.decisions.decision import Decision
from streamer.core.decisions.registry import DECISIONS
from streamer.web.api.decision_models import Schema, body_schema
from streamer.web.api.schemas import ref, text

_PROBLEMS = (400, 401, 403, 404, 409, 413, 429, 503)
_PREVIEW: Schema = {
    "name": "preview",
    "in": "query",
    "description": "1: say what would happen, change nothing",
    "schema": text(enum=["0", "1", "true", "false"]),
}
_KEY: Schema = {
    "name": "Idempotency-Key",
    "in": "header",
    "description": "The same key repeats the first answer instead of deciding again; with another request it is a 409",
    "schema": text(minLength=1, maxLength=200),
}


def decision_paths(operation: Callable[..., dict[str, Any]], security: list[dict[str, list[str]]]) -> dict[str, Any]:
    """``operation`` describes one, as in :mod:`streamer.web.api.openapi`."""

    def post(id: str, summary: str, description: str, target: str, body: Schema) -> dict[str, Any]:
        answer = {"application/json": {"schema": ref("Decided")}}
        good = {"200": {"description": "What was decided and what follows from it", "content": answer}}
        parameters = [_in_path(target)] if target else []
        described = {"parameters": [*parameters, _PREVIEW, _KEY], "body": body, "description": description}
        return {"post": operation(id, summary, good, security=security, problems=_PROBLEMS, **described)}

    def of(kind: type[Decision]) -> dict[str, Any]:
        offer = kind.offer
        who = "For organisers too, and so is its undo." if offer.organisers else ""
        description = " ".join(filter(None, [who, offer.description]))
        return post(offer.operation, offer.summary, description, kind.target, body_schema(kind))

    undo = post(
        "undo",
        "Drop a decision and plan again from now",
        "What was sent or has evaporated stays so.",
        "decision",
        body_schema(None),
    )
    paths = {f"/api/v1/{kind.offer.path}": of(kind) for kind in DECISIONS}
    return paths | {"/api/v1/overrides/{id}/undo": undo}


def _in_path(target: str) -> Schema:
    return {
        "name": "id",
        "in": "path",
        "required": True,
        "description": f"The {target}'s id",
        "schema": {"type": "string"},
    }

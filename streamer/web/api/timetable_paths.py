"""The addresses of the timetable's versions, as the description of the interface has them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from streamer.web.api.schemas import Schema, count, ref, text

_READING = (401, 403, 429, 503)
_PREVIEW: Schema = {
    "name": "preview",
    "in": "query",
    "description": "1: say what would change, change nothing",
    "schema": text(enum=["0", "1", "true", "false"]),
}
_DECIDING = (400, 401, 403, 404, 409, 413, 429, 503)


def timetable_paths(operation: Callable[..., dict[str, Any]], security: list[dict[str, list[str]]]) -> dict[str, Any]:
    """``operation`` describes one, as in :mod:`streamer.web.api.openapi`."""

    def ok(name: str, description: str) -> dict[str, Any]:
        return {"200": {"description": description, "content": {"application/json": {"schema": ref(name)}}}}

    def read(id: str, summary: str, name: str, description: str, **more: Any) -> dict[str, Any]:
        problems = (*_READING, *more.pop("problems", ()))
        return {"get": operation(id, summary, ok(name, description), security=security, problems=problems, **more)}

    def decide(id: str, summary: str, body: Schema, description: str, **more: Any) -> dict[str, Any]:
        good = ok("TimetableStatus", "How things stand afterwards")
        whole = {"security": security, "problems": _DECIDING, "body": body, "description": description, **more}
        return {"post": operation(id, summary, good, **whole)}

    def follow(id: str, summary: str, body: Schema, description: str) -> dict[str, Any]:
        described = decide(id, summary, body, description, parameters=[_PREVIEW])
        either = {"oneOf": [ref("TimetableStatus"), ref("TimetablePreview")]}
        described["post"]["responses"]["200"] = {
            "description": "How things stand afterwards, or with preview what would change",
            "content": {"application/json": {"schema": either}},
        }
        return described

    at = "/api/v1/timetable"
    number: Schema = {"name": "id", "in": "path", "required": True, "schema": count("The version's number", 1)}
    one = _body({"id": text("What is meant; all that is held back if left out")})
    version = {"version": count("The version's number", 1)}
    return {
        at: read("getTimetable", "What of the feed counts, is held back, is asked", "TimetableStatus", "As it is now"),
        f"{at}/versions": read("listVersions", "The versions that were seen", "TimetableVersions", "Newest first"),
        f"{at}/versions/{{id}}": read(
            "getVersion",
            "One version with its changes",
            "TimetableVersion",
            "The version",
            parameters=[number],
            problems=(404,),
        ),
        f"{at}/approve": decide("approveTimetable", "Apply what is held back", one, "It counts from now on."),
        f"{at}/refuse": decide(
            "refuseTimetable",
            "Never apply what is held back",
            one,
            "As long as the feed says the same. The rest of the version counts, unless all of it is suspicious.",
        ),
        f"{at}/pin": follow(
            "pinTimetable",
            "Follow one version, whatever the feed says",
            _body(version),
            "Without a number, or with that of the version that counts, what is followed now and nothing that waits."
            " Consent that the feed withdraws counts all the same.",
        ),
        f"{at}/unpin": decide("unpinTimetable", "Follow the feed again", _body({}), "From its newest version on."),
        f"{at}/rollback": follow(
            "rollbackTimetable",
            "Go back to a version",
            _body(version, ("version",)),
            "It is pinned, or the feed would undo it at once. A session that runs keeps running.",
        ),
    }


def _body(properties: dict[str, Schema], required: tuple[str, ...] = ()) -> Schema:
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": list(required)} if required else schema

"""The description of the programming interface that /api/openapi.json serves (OpenAPI 3.1).

Written by hand beside the handlers; a test holds it against the routes and against real answers.
"""

from __future__ import annotations

from typing import Any

import streamer
from streamer.web.api.decision_paths import decision_paths
from streamer.web.api.report_schemas import REPORT_SCHEMAS
from streamer.web.api.schemas import SCHEMAS, Schema, instant, ref, text
from streamer.web.api.timetable_paths import timetable_paths
from streamer.web.api.timetable_schemas import TIMETABLE_SCHEMAS

_PROBLEMS = {
    400: "The request is malformed",
    401: "No token, or one that nobody knows",
    403: "The token's role is not enough, or the page that asks is of another site",
    404: "There is no such thing",
    409: "It contradicts the present state; the hint says what is possible instead",
    413: "The body is larger than 64 KiB",
    416: "The range lies outside of the file",
    429: "Too many failed attempts",
    503: "The service is not ready, or no longer",
}
_TOKEN: list[dict[str, list[str]]] = [{"bearer": []}, {"cookie": []}]
_ANYBODY: list[dict[str, list[str]]] = [{}]


def _json(schema: Schema, kind: str = "application/json") -> dict[str, Any]:
    return {kind: {"schema": schema}}


def _operation(
    id: str,
    summary: str,
    good: dict[str, Any],
    *,
    security: list[dict[str, list[str]]],
    problems: tuple[int, ...] = (),
    parameters: list[Schema] | None = None,
    body: Schema | None = None,
    description: str = "",
) -> dict[str, Any]:
    bad = {
        str(code): {"description": _PROBLEMS[code], "content": _json(ref("Problem"), "application/problem+json")}
        for code in problems
    }
    operation: dict[str, Any] = {
        "operationId": id,
        "summary": summary,
        "security": security,
        "responses": {**good, **bad},
    }
    if description:
        operation["description"] = description
    if parameters:
        operation["parameters"] = parameters
    if body is not None:
        operation["requestBody"] = {"required": "required" in body, "content": _json(body)}
    return operation


def _ok(schema: Schema, description: str) -> dict[str, Any]:
    return {"200": {"description": description, "content": _json(schema)}}


def _in_path(name: str, description: str) -> Schema:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": {"type": "string"}}


def _paths() -> dict[str, Any]:
    session = _in_path("session", "The session's id")
    file = _in_path("file", "The file's name")
    binary = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    paths: dict[str, Any] = {
        "/healthz": {
            "get": _operation(
                "health",
                "Whether the service is well",
                {
                    **_ok(ref("Health"), "It runs; degraded: somebody should look"),
                    "503": {"description": "It does not run yet, or no longer", "content": _json(ref("Health"))},
                },
                security=_ANYBODY,
            )
        },
        "/metrics": {
            "get": _operation(
                "metrics",
                "Figures in the text format of Prometheus",
                {"200": {"description": "The figures", "content": {"text/plain": {"schema": text()}}}},
                security=[*_ANYBODY, *_TOKEN],
                problems=(401, 403, 429),
                description="For the crew, and for whoever asks from the machine itself.",
            )
        },
        "/live/{room}/index.m3u8": {
            "get": _operation(
                "channel",
                "The multivariant playlist of a room's channel (RFC 8216)",
                {
                    "200": {
                        "description": "All day for every configured room; media playlists and media follow from it",
                        "content": {"application/vnd.apple.mpegurl": {"schema": text()}},
                    }
                },
                security=_ANYBODY,
                problems=(404, 503),
                parameters=[_in_path("room", "The room's id")],
            )
        },
        "/api/v1/status": {
            "get": _operation(
                "status",
                "Rooms and sessions as viewers see them",
                _ok(ref("Snapshot"), "The snapshot"),
                security=_ANYBODY,
                problems=(503,),
            )
        },
        "/api/v1/me": {
            "get": _operation(
                "me", "Whom the token belongs to", _ok(ref("Me"), "Name and role"), security=_TOKEN, problems=(401, 429)
            )
        },
        "/api/v1/recordings": {
            "get": _operation(
                "listRecordings",
                "All recordings",
                _ok(ref("Recordings"), "In order of start"),
                security=_TOKEN,
                problems=(401, 429, 503),
            )
        },
        "/api/v1/recordings/{session}": {
            "get": _operation(
                "getRecording",
                "One recording",
                _ok(ref("Recording"), "The recording"),
                security=_TOKEN,
                problems=(401, 404, 429, 503),
                parameters=[session],
            )
        },
        "/api/v1/recordings/{session}/frame": {
            "get": _operation(
                "getFrame",
                "The picture at an instant",
                {"200": {"description": "At most 640 pixels wide", "content": {"image/jpeg": {"schema": text()}}}},
                security=_TOKEN,
                problems=(400, 401, 404, 409, 429, 503),
                parameters=[
                    session,
                    {
                        "name": "at",
                        "in": "query",
                        "required": True,
                        "description": "An instant within reach of the recording's bounds",
                        "schema": instant("The instant"),
                    },
                ],
            )
        },
        "/api/v1/recordings/{session}/{file}": {
            "get": _operation(
                "getRecordingFile",
                "A file of a recording, or a segment that its playlist names",
                {
                    "200": {"description": "The whole file; its ETag is its SHA-256", "content": binary},
                    "206": {"description": "The part that Range asks for", "content": binary},
                    "304": {"description": "Unchanged"},
                },
                security=_TOKEN,
                problems=(401, 404, 416, 429, 503),
                parameters=[session, file],
            )
        },
        "/api/v1/recordings/{id}/bounds": {
            "get": _operation(
                "getBounds",
                "Where a recording begins and ends, and how far that can be moved",
                _ok(ref("Bounds"), "The bounds"),
                security=_TOKEN,
                problems=(401, 404, 409, 429, 503),
                parameters=[_in_path("id", "The session's id")],
            )
        },
        **timetable_paths(_operation, _TOKEN),
    }
    for path, methods in decision_paths(_operation, _TOKEN).items():
        paths.setdefault(path, {}).update(methods)
    return paths


def document() -> dict[str, Any]:
    """The whole description; a fresh one at each call."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "streamer",
            "version": streamer.__version__,
            "description": (
                "Status, decisions and recordings of a conference's rooms. Durations are in seconds, minutes in "
                "requests are numbers, times ISO 8601 with offset. Changes are announced by Socket.IO on the "
                "namespaces /viewer and /crew: `snapshot`, then `change` events."
            ),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "paths": _paths(),
        "components": {
            "schemas": SCHEMAS | REPORT_SCHEMAS | TIMETABLE_SCHEMAS,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "streamer_token"},
            },
        },
    }

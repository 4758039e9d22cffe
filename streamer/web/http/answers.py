"""JSON documents as answers, which must not be cached."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from aiohttp import web

FRESH = {"Cache-Control": "no-store"}


def answer(document: Mapping[str, Any], status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    """A JSON document that must not be cached."""
    return web.Response(
        status=status.value, body=json.dumps(document).encode(), content_type="application/json", headers=FRESH
    )

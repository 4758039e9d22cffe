"""JSON documents: their type, and how instants are written in them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo


def as_json(document: Mapping[str, object]) -> bytes:
    """A document as the text of a file, readable for people."""
    return json.dumps(document, ensure_ascii=False, indent=2).encode() + b"\n"


def iso(instant: datetime, zone: ZoneInfo) -> str:
    """ISO 8601 with offset in the venue's zone; milliseconds only where there are any."""
    local = instant.astimezone(zone)
    return local.isoformat(timespec="milliseconds" if local.microsecond else "seconds")


def iso_unix(unix: float, zone: ZoneInfo) -> str:
    return iso(datetime.fromtimestamp(unix, UTC), zone)


Document = dict[str, Any]
"""A JSON object as clients see it."""

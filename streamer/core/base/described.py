"""Documents as types: JSON objects as typed dictionaries whose annotations also say units, formats and bounds.

``TypedDict`` comes from typing_extensions, the backport of the standard library's newer typing: pydantic makes schemas
from it at the edge, and reads the standard library's own only from Python 3.12 on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from typing_extensions import TypedDict

__all__ = ["Described", "Digest", "Instant", "Seconds", "Share", "TypedDict"]


class Described:
    """What a value means, and JSON Schema keywords that its type does not imply. For use in ``Annotated``."""

    __slots__ = ("_keywords", "_text")

    def __init__(self, text: str = "", **keywords: Any) -> None:
        self._text = text
        self._keywords = keywords

    def __get_pydantic_json_schema__(self, schema: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Pydantic's hook: the schema of the annotated type, with these words and keywords."""
        described = {"description": self._text} if self._text else {}
        return {**handler(schema), **described, **self._keywords}


Instant = Annotated[str, Described("ISO 8601 with offset", format="date-time")]
"""A point in time."""
Seconds = Annotated[float, Described("Seconds")]
"""A length of time."""
Share = Annotated[float, Described("0 to 1", minimum=0, maximum=1)]
"""A part of a whole."""
Digest = Annotated[str, Described("SHA-256 of the whole file, in hex", pattern="^[0-9a-f]{64}$")]

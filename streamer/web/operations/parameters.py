"""Parameters that several operations take."""

from __future__ import annotations

from typing import Literal

from streamer.web.operations.operation import Parameter

PREVIEW = Parameter(
    name="preview",
    place="query",
    type=Literal["0", "1", "true", "false"],
    description="1: say what would happen, change nothing",
)

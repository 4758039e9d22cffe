"""The result of a check: good, warning or error, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from streamer.core.base.errors import StreamerError
from streamer.core.base.redact import redact


class Status(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """``name`` is the subject, such as ``disk``; ``room`` the id of the room it is about."""

    name: str
    message: str
    status: Status = Status.OK
    hint: str = ""
    room: str | None = None

    def redacted(self, secrets: tuple[str, ...]) -> Finding:
        return replace(self, message=redact(self.message, secrets), hint=redact(self.hint, secrets))


def warning(name: str, message: str, hint: str = "", room: str | None = None) -> Finding:
    return Finding(name=name, message=message, status=Status.WARNING, hint=hint, room=room)


def wrong(name: str, message: str, hint: str = "", room: str | None = None) -> Finding:
    return Finding(name=name, message=message, status=Status.ERROR, hint=hint, room=room)


def of_error(name: str, error: StreamerError, room: str | None = None, status: Status = Status.ERROR) -> Finding:
    """An error as a finding; its place comes before its message."""
    message = f"{error.where}: {error.message}" if error.where else error.message
    return Finding(name=name, message=message, status=status, hint=error.hint, room=room)

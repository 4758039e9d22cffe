"""The log on standard error: short lines on a terminal, one JSON object a line anywhere else.

Formats the lines of this program and of its libraries in the same way. Masks secrets in all values, exceptions
included. Other modules get a logger from ``structlog.stdlib.get_logger`` and bind it to the room, session, job and take
that a line is about.
"""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import Any, TextIO
from urllib.parse import quote

import structlog
from structlog.contextvars import merge_contextvars
from structlog.stdlib import BoundLogger, LoggerFactory, ProcessorFormatter, filter_by_level
from structlog.typing import EventDict

from streamer.core.base.redact import MASK, redact

FIRST_KEYS = ("timestamp", "level", "event", "logger", "room", "session", "job", "take")
"""The order of a line's keys; others follow as they were given, an exception's text at the end."""

_CHATTY = ("apscheduler", "alembic", "socketio", "engineio", "streamer.web.sockets.namespaces.wire")
"""Libraries whose log lines below warning repeat our own."""


def log_to_stderr(level: int, secrets: Iterable[str] = ()) -> None:
    """Log to standard error, from ``level`` on, with ``secrets`` masked. A further call replaces the earlier settings.

    Times are of the local zone, which ``streamer run`` sets to the venue's.
    """
    structlog.configure(
        processors=[filter_by_level, merge_contextvars, ProcessorFormatter.wrap_for_formatter],
        logger_factory=LoggerFactory(),
        wrapper_class=BoundLogger,
    )
    root = logging.getLogger()
    for former in [handler for handler in root.handlers if isinstance(handler, _StandardError)]:
        root.removeHandler(former)
    handler = _StandardError()
    handler.setFormatter(formatter(terminal=sys.stderr.isatty(), secrets=secrets))
    root.addHandler(handler)
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    sys.excepthook = _log_uncaught


def formatter(*, terminal: bool, secrets: Iterable[str] = ()) -> logging.Formatter:
    """Formats the records of structlog and of plain ``logging``."""
    return ProcessorFormatter(
        foreign_pre_chain=[merge_contextvars],
        processors=[
            _add_record,
            structlog.processors.format_exc_info,
            ProcessorFormatter.remove_processors_meta,
            Redaction(secrets),
            _in_order,
            _short_line if terminal else _json_line,
        ],
    )


class Redaction:
    """Masks known secrets, and values that look like secrets, in all values of a line."""

    def __init__(self, known: Iterable[str]) -> None:
        given = {secret for secret in known if secret}
        self._known = given | {quote(secret, safe="") for secret in given}

    def __call__(self, logger: Any, method: str, line: EventDict) -> EventDict:
        return {key: self._masked(key, value) for key, value in line.items()}

    def _masked(self, key: str, value: object) -> object:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, Mapping):
            return {str(name): self._masked(str(name), each) for name, each in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._masked(key, each) for each in value]
        if redact(named := f"{key}=x") != named:  # the value of a key such as "password"
            return MASK
        return redact(str(value), self._known)


def _add_record(logger: Any, method: str, line: EventDict) -> EventDict:
    record: logging.LogRecord = line["_record"]
    instant = datetime.fromtimestamp(record.created).astimezone()
    line["timestamp"] = instant.isoformat(timespec="milliseconds")
    line["level"] = record.levelname.lower()
    line["logger"] = record.name
    return line


def _in_order(logger: Any, method: str, line: EventDict) -> EventDict:
    """Keys without a value are left out."""
    given = {key: value for key, value in line.items() if value is not None}
    first = {key: given.pop(key) for key in FIRST_KEYS if key in given}
    last = {key: given.pop(key) for key in ("exception",) if key in given}
    return first | given | last


def _json_line(logger: Any, method: str, line: EventDict) -> str:
    return json.dumps(line, ensure_ascii=False, default=str)


def _short_line(logger: Any, method: str, line: EventDict) -> str:
    instant = datetime.fromisoformat(line.pop("timestamp"))
    del line["logger"]
    level, event, exception = line.pop("level"), line.pop("event"), line.pop("exception", "")
    pairs = "".join(f"  {key}={_quoted(value)}" for key, value in line.items())
    first = f"{instant:%Y-%m-%d %H:%M:%S} {level:<7} {_printable(str(event))}{pairs}"
    return "\n".join([first, *map(_printable, exception.splitlines())])


def _quoted(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return _printable(json.dumps(text, ensure_ascii=False) if not text or " " in text else text)


def _printable(text: str) -> str:
    """Text that is safe for a terminal: control characters are escaped."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


class _StandardError(logging.StreamHandler[TextIO]):
    """Writes to the current standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Replaces the handler of ``logging``, which would print the record with its secrets."""
        message = "a line of the log could not be formatted or written"
        with suppress(Exception):
            told = logging.LogRecord(record.name, logging.ERROR, record.pathname, record.lineno, message, (), None)
            self.stream.write(self.format(told) + self.terminator)


def _log_uncaught(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)
        return
    logging.getLogger(__name__).critical("an unexpected error", exc_info=(kind, error, traceback))

"""What happens at the door, in the log and as figures: sign-ins, refusals, sign-outs, revocations. Never a secret."""

from __future__ import annotations

import logging
from collections import Counter
from enum import StrEnum
from typing import Any

import structlog

from streamer.engine.service.metrics import Metric

_log = structlog.stdlib.get_logger(__name__)


class AccessEvent(StrEnum):
    """The value is the event in the log."""

    SIGNED_IN = "a browser was signed in"
    SIGNED_OUT = "a browser was signed out"
    SIGNED_OUT_EVERYWHERE = "all browsers were signed out"
    REFUSED = "a sign-in was refused"
    HELD_OFF = "a sign-in was refused after too many others"
    FORBIDDEN = "a request was forbidden"
    UNKNOWN_HOST = "a request for another host was refused"
    TOKEN_MADE = "a token was made"  # noqa: S105  # words, no secret
    LINK_MADE = "a one-time link was made"
    REVOKED = "a token was revoked"


_LEVELS = {
    AccessEvent.REFUSED: logging.WARNING,
    AccessEvent.FORBIDDEN: logging.WARNING,
    # strangers can cause any number of these: they are counted
    AccessEvent.HELD_OFF: logging.DEBUG,
    AccessEvent.UNKNOWN_HOST: logging.DEBUG,
}


class AccessLog:
    """Logs and counts. One serves the public application and the one for the command line."""

    def __init__(self) -> None:
        self._counts: Counter[AccessEvent] = Counter()

    def tell(self, event: AccessEvent, **keys: Any) -> None:
        """``keys`` say who, from which address, and why."""
        self._counts[event] += 1
        _log.log(_LEVELS.get(event, logging.INFO), event.value, **keys)

    def metric(self) -> Metric:
        return Metric(
            name="streamer_access_events_total",
            help="Sign-ins, refusals, sign-outs and revocations since the start.",
            kind="counter",
            samples=[({"event": event.name.lower()}, self._counts[event]) for event in AccessEvent],
        )

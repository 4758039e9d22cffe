"""All decisions. HTTP, OpenAPI, the command line, the store and docs/decisions.md are derived from this list."""

from __future__ import annotations

from collections.abc import Mapping

from streamer.core.decisions.bounds import Bounds
from streamer.core.decisions.cancel import Cancel
from streamer.core.decisions.consent import Consent
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.delay import Delay
from streamer.core.decisions.end import End
from streamer.core.decisions.extend import Extend
from streamer.core.decisions.hold import Hold
from streamer.core.decisions.move import Move
from streamer.core.decisions.start import Start

DECISIONS: tuple[type[Decision], ...] = (
    Start,
    End,
    Extend,
    Hold,
    Cancel,
    Move,
    Delay,
    Consent,
    Bounds,
)
"""The tagged union of decisions; the tag is ``offer.action``."""

BY_ACTION: Mapping[str, type[Decision]] = {kind.offer.action: kind for kind in DECISIONS}

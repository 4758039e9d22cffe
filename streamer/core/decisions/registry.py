"""All decisions. HTTP, OpenAPI, the command line, the store and docs/decisions.md are derived from this list."""

from __future__ import annotations

from collections.abc import Mapping

from streamer.core.decisions.decision import Decision
from streamer.core.decisions.notice import Notice
from streamer.core.decisions.recordings.bounds import Bounds
from streamer.core.decisions.recordings.cut import Cut
from streamer.core.decisions.rooms.delay import Delay
from streamer.core.decisions.rooms.mute import Mute
from streamer.core.decisions.rooms.unmute import Unmute
from streamer.core.decisions.sessions.add import Add
from streamer.core.decisions.sessions.cancel import Cancel
from streamer.core.decisions.sessions.consent import Consent
from streamer.core.decisions.sessions.end import End
from streamer.core.decisions.sessions.extend import Extend
from streamer.core.decisions.sessions.hold import Hold
from streamer.core.decisions.sessions.move import Move
from streamer.core.decisions.sessions.start import Start
from streamer.core.decisions.sessions.swap import Swap

DECISIONS: tuple[type[Decision], ...] = (
    Start,
    End,
    Extend,
    Hold,
    Cancel,
    Move,
    Swap,
    Add,
    Delay,
    Mute,
    Unmute,
    Consent,
    Bounds,
    Cut,
    Notice,
)
"""The tagged union of decisions; the tag is ``offer.action``."""

BY_ACTION: Mapping[str, type[Decision]] = {kind.offer.action: kind for kind in DECISIONS}

"""The settings of distrust: how long sessions are protected, and what counts as a mass change."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from streamer.core.timetable.diff import ChangeKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Distrust:
    """``soon`` is how long before its start a session is protected, ``patience`` how long a mass change must stay
    unchanged to count; ``share`` of a day's sessions makes it one. ``ask_running`` and ``ask_soon`` are
    the kinds of change that the crew is asked about; what would end a session that runs is asked in any case."""

    soon: timedelta = timedelta(minutes=30)
    patience: timedelta = timedelta(minutes=10)
    share: float = 0.25
    ask_running: frozenset[ChangeKind] = frozenset({ChangeKind.RETIMED, ChangeKind.REROOMED})
    ask_soon: frozenset[ChangeKind] = frozenset()

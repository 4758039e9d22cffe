"""A timetable without what a written one can't say: what was doubtful when it was read."""

from __future__ import annotations

from dataclasses import replace

from streamer.core.timetable.sessions import Timetable


def certain(timetable: Timetable) -> Timetable:
    return replace(timetable, unread=(), sessions=tuple(replace(s, doubt=None) for s in timetable.sessions))

"""Timetables: one module a format, bytes in, sessions and remarks out.

Nothing here fetches, watches or stores: a feed's bytes are complete, and the same bytes always give the same
:class:`~streamer.core.timetable.sessions.Parsed`. All instants are UTC, so that arithmetic on them gives elapsed time;
the venue's zone is a name beside them, for display. Unusable input raises TimetableError with the line or element; an
oddity becomes a remark. Titles and names are untrusted text: control characters are removed here, escaping is the
writer's task.
"""

from __future__ import annotations

from streamer.timetables.detect import FORMATS, parse

__all__ = ["FORMATS", "parse"]

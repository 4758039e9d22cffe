"""Timetables: one module a format, bytes in, sessions and remarks out.

Nothing here fetches, watches or remembers: a feed's bytes arrive whole, and the same bytes always give the same
:class:`~streamer.core.timetable.sessions.Parsed`. All instants come out in UTC, so that arithmetic on them is about
elapsed time; the venue's zone is a name beside them, for whoever shows them. What can't be used raises TimetableError
with the line or element; what is merely odd becomes a remark. Titles and names are hostile text: control characters
are taken out here, escaping is up to whoever writes them somewhere.
"""

from __future__ import annotations

from streamer.timetables.detect import FORMATS, parse

__all__ = ["FORMATS", "parse"]

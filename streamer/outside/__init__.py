"""Connections to other servers: fetches and watches timetables.

Knows how servers behave, but not what their answers are used for. It has no clock of its own: callers pass in ``sleep``
and ``now``.
"""

"""Speaks to the world outside: fetches and watches timetables.

Knows other servers' moods and nothing of what is done with what they say. Never the engine's clock: whoever waits here
is given what to wait with.
"""

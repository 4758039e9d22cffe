"""The pure floor: values and functions of a conference's video.

Standard library only. Nothing here does I/O, starts a task, or reads a clock:
callers pass the time as ``now``.
"""

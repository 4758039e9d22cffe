"""Everything that knows FFmpeg: its arguments, its processes and their files, what it captured and packaged.

Imports core only, and is reached by the engine through :mod:`streamer.core.ports`. Decides nothing about sessions.
"""

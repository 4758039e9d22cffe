"""Everything that knows FFmpeg: its arguments, its processes and their files, the media that it captured and packaged.

Imports core only; the engine uses it through Protocols beside their consumers. Decides nothing about sessions.
"""

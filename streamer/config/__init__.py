"""config.toml: each key with its type, its default and its bounds; secrets and relative paths resolved.

Reads the file and the secrets that it names, nothing else; ``check`` tests sources and folders. The shipped config.toml
explains every key, and a test compares it with this package.
"""

from __future__ import annotations

from streamer.config.context import is_reference
from streamer.config.model import Config, Room
from streamer.config.reading import load, problems

__all__ = ["Config", "Room", "is_reference", "load", "problems"]

"""config.toml: each key with its type, its default and its bounds; secrets and relative paths resolved.

Reads the file and what the file names for a secret, nothing else: whether a source answers or a folder can be written
is for ``check`` and for those who use them. The shipped config.toml explains every key and is tested against this.
"""

from __future__ import annotations

from streamer.config.model import Config, Room
from streamer.config.reading import load, problems

__all__ = ["Config", "Room", "load", "problems"]

"""Defines which fields of each type make two job specs the same job.

The keeper stores the digest of the spec that a process was started with. A service that starts later adopts the
process if the digests agree, and replaces it if they differ. A field that is added to a type must not change the
digest of running processes, so only the fields that are listed here count.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields
from functools import cache

IDENTITY: Mapping[str, tuple[str, ...]] = {
    "JobSpec": ("id", "kind", "room", "settings", "session"),
    "CaptureSettings": (
        *("source", "listen", "input_options", "room_name", "tap", "analyze_seconds", "to_disk"),
        "coding",
    ),
    "Coding": ("picture", "sounds", "unpacks"),
    "LivestreamSettings": ("tap", "format", "has_audio"),
    "LiveFormat": ("rate", "renditions", "audio_bitrate"),
    "Rendition": ("name", "width", "height", "bitrate"),
    "ExportSettings": ("pieces", "target", "metadata", "duration", "sound", "index"),
    "Piece": ("path", "start", "end"),
}
"""Type → the fields that count, in the order in which they are written. Only append. An appended
field restarts running processes when a service of the new version starts, unless it is in LATER."""

LATER: Mapping[str, frozenset[str]] = {"CaptureSettings": frozenset({"coding"})}
"""Type → appended fields that are written only where they differ from their default, which means what the versions
before did."""


def digest(spec: object) -> str:
    """Identifies a spec across restarts and upgrades of the service."""
    return hashlib.sha256(identity(spec).encode()).hexdigest()[:16]


def identity(value: object) -> str:
    """The text that the digest is made of: types with their listed fields, other values by ``repr``."""
    if isinstance(value, tuple):
        inside = ", ".join(map(identity, value))
        return f"({inside},)" if len(value) == 1 else f"({inside})"
    base = next((base for base in type(value).__mro__ if base.__name__ in IDENTITY), None)
    if base is None:
        return repr(value)
    defaults = _defaults(base)
    written = [(name, getattr(value, name)) for name in IDENTITY[base.__name__]]
    listed = [f"{name}={identity(one)}" for name, one in written if name not in defaults or one != defaults[name]]
    return f"{base.__name__}({', '.join(listed)})"


@cache
def _defaults(base: type) -> Mapping[str, object]:
    """The defaults of the fields that are left out where they have them."""
    later = LATER.get(base.__name__)
    return {field.name: field.default for field in fields(base) if field.name in later} if later else {}

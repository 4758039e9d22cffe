"""Identifiers: their alphabet, and how a foreign id becomes a local one.

An id is safe in a URL, in a file name on every file system, and in a log line.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from typing import NewType

RoomId = NewType("RoomId", str)
SessionId = NewType("SessionId", str)
JobId = NewType("JobId", str)
TakeId = NewType("TakeId", str)
OverrideId = NewType("OverrideId", str)

_VERBATIM = re.compile(r"[A-Za-z0-9._~-]{1,64}")
_SPECIAL_LETTERS = str.maketrans(
    {"ø": "o", "Ø": "O", "æ": "ae", "Æ": "Ae", "å": "aa", "Å": "Aa", "ß": "ss", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D"}
)


RunId = NewType("RunId", str)
"""One start of one job: names its folder, its log and, for a capture, its take. Globally unique."""


def slug(text: str, limit: int = 48) -> str:
    """Lower-case ASCII words joined by hyphens; empty when ``text`` has none."""
    plain = unicodedata.normalize("NFKD", text.translate(_SPECIAL_LETTERS)).encode("ascii", "ignore").decode()
    return re.sub(r"[^a-z0-9]+", "-", plain.lower()).strip("-")[:limit].rstrip("-")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def session_id(foreign: str, occurrence: int = 1) -> SessionId:
    """The id of a feed's item: verbatim if that is safe, else slug plus hash.

    ``occurrence`` counts from 1 the times the same foreign id appears in one timetable; a suffix marks the
    second and later ones.
    """
    if occurrence > 1:
        foreign_base = foreign if _VERBATIM.fullmatch(foreign) else _hashed(foreign)
        return SessionId(f"{foreign_base[:60]}~{occurrence}")
    return SessionId(foreign if _is_safe(foreign) else _hashed(foreign))


def room_id(name: str) -> RoomId:
    """The id of a room that config does not name: the slug of its name."""
    return RoomId(slug(name) or f"room-{_digest(name)}")


def _is_safe(foreign: str) -> bool:
    return bool(_VERBATIM.fullmatch(foreign)) and foreign.strip(".") != ""


def _hashed(foreign: str) -> str:
    stem = slug(foreign)
    return f"{stem}-{_digest(foreign)}" if stem else _digest(foreign)

"""FFmpeg's logs: their last lines for people, and the lines that can say why it ended.

A log is bounded by the keeper, which moves the older half to ``log.1``. What leaves this module is redacted.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path

from streamer.core.base.redact import redact

_TAIL_BYTES = 64 << 10
_CONTEXT = re.compile(r"\[(?P<name>[\w.#:/-]+) @ 0x[0-9a-f]+\] ")
_INFORMATION = re.compile(r"(?:\[[^\]]+ @ 0x[0-9a-f]+\] )*\[info\] ")
_LEVEL = re.compile(r"\[(?:panic|fatal|error|warning|info|verbose|debug|trace)\] ")
_CODECS = re.compile(
    r"(?:lib)?(?:x?26[45]|h26[345]|hevc|vvc|av1|aac|ac3|mp[123]\w*|mpeg[124]\w*|opus|swscaler|swresampl\w*)$"
)
_CHATTER = re.compile(
    r"frame=|size=|\s|Input #|Output #|Stream mapping|Press \[q\]|Parsed 'usable only'|Consider increasing|$"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One line of a log: its component (``tcp``, ``in#0/mpegts``; empty: FFmpeg itself), and its message."""

    speaker: str
    text: str


def tail(log: Path, lines: int) -> list[str]:
    """The last lines of a log as they stand in it, redacted; from its older half too where it was just cut."""
    return [redact(line) for line in _last_lines(log, lines)]


def telling(log: Path, lines: int = 30) -> list[Line]:
    """The last lines that can say why a process ended; not yet redacted.

    Information, decoders' complaints, statistics and what the tap reports are left out: none of that ends FFmpeg.
    """
    parsed = [_parse(text) for text in _last_lines(log, 400) if not is_information(text)]
    kept: list[Line] = []
    for line, following in zip_longest(parsed, parsed[1:]):
        is_tap = "fifo" in (line.speaker, following and following.speaker)
        if not is_tap and not _CODECS.match(line.speaker) and not _CHATTER.match(line.text):
            kept.append(line)
    return kept[-lines:]


def is_information(text: str) -> bool:
    """Whether a line of a log says something that is not a warning or an error."""
    return _INFORMATION.match(text) is not None


def parse(texts: Iterable[str]) -> list[Line]:
    """Lines of a log, without levels and addresses."""
    return [_parse(text) for text in texts]


def _parse(text: str) -> Line:
    text = _LEVEL.sub("", text, count=1)
    context = _CONTEXT.match(text)
    return Line(speaker=context["name"] if context else "", text=text[context.end() :] if context else text)


def _last_lines(log: Path, count: int) -> list[str]:
    lines = _split(_last_bytes(log))
    if len(lines) < count:
        lines = [*_split(_last_bytes(log.with_name(log.name + ".1"))), *lines]
    return lines[-count:]


def _split(raw: bytes) -> list[str]:
    text = raw.replace(b"\0", b"").decode(errors="replace").replace("\r", "\n")
    return [line.rstrip() for line in text.split("\n") if line.strip()]


def _last_bytes(path: Path) -> bytes:
    """Whole lines only; nothing where there is no file."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - _TAIL_BYTES))
            raw = file.read(_TAIL_BYTES)
    except OSError:
        return b""
    return raw.partition(b"\n")[2] if size > _TAIL_BYTES else raw

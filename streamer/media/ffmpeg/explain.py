"""Explains FFmpeg's last log lines in one sentence that a person can act on."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from streamer.core.base.redact import redact
from streamer.core.jobs.processes import ExitCause
from streamer.core.jobs.specs import JobKind
from streamer.media.ffmpeg.exit_reasons import RULES, Rule
from streamer.media.ffmpeg.logs import Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why a process ended. An empty ``sentence``: as intended."""

    sentence: str = ""
    cause: ExitCause = ExitCause.NONE
    permanent: bool = False


_SIGNALLED = 255
"""FFmpeg's exit status after a signal that it handled, and after the system's error EPERM (-1)."""
_REFUSED_PEER = re.compile(r"^[\d:.]+/SRT:.*(?:BADSECRET|REJECT|reject)")
_EPERM = re.compile(r"Operation not permitted$")
_BEHIND_THE_TAP = (JobKind.LIVESTREAM, JobKind.MONITOR)
_INPUT = re.compile(r"Error opening input file (?P<url>.+)\.$")
_OUTPUT = re.compile(r"Error opening output (?:file )?(?P<url>[^\[].*?)(?:: .*|\.)$")
_PEER = re.compile(r"Connection to (?P<url>\S+) failed")
_WAITING = re.compile(
    r"mode=listener|[?&]listen(?:=1)?(?:[&\s]|$)|(?:^|\s)-(?:listen 1|mode listener|rtsp_flags listen)(?:\s|$)"
)


def explain(
    lines: Sequence[Line], status: int | None, *, kind: JobKind, argv: Sequence[str] = (), stopped: bool = False
) -> Verdict:
    """Why a process ended, from its log's telling lines (:func:`streamer.media.ffmpeg.logs.telling`) and its
    exit status.

    ``stopped``: it was asked to end, so the end needs no reason. ``argv`` names the source where the log doesn't.
    """
    if stopped:
        if status == -signal.SIGKILL:
            return Verdict(sentence="It did not end on SIGTERM and was killed", cause=ExitCause.KILLED)
        return Verdict()
    if status == 0 and kind is JobKind.EXPORT:
        return Verdict()
    if status is not None and status < 0:
        return _killed(-status)
    if _WAITING.search(" ".join(argv)):
        lines = [line for line in lines if not _REFUSED_PEER.search(line.text)]  # it went on waiting for another
    if status == _SIGNALLED and not _is_refused(lines):
        return Verdict(sentence="It was ended from outside (SIGTERM or SIGINT)", cause=ExitCause.KILLED)
    for rule in RULES:
        for line in reversed(lines):
            match = rule.pattern.search(line.text)
            if match:
                return _said(rule, match, line, lines, kind=kind, argv=argv)
    return _unsaid(lines, status, kind=kind, argv=argv)


def _is_refused(lines: Sequence[Line]) -> bool:
    """Whether the last lines say that FFmpeg ended with EPERM."""
    return any(_EPERM.search(line.text) for line in lines[-3:])


def _said(
    rule: Rule, match: re.Match[str], line: Line, lines: Sequence[Line], *, kind: JobKind, argv: Sequence[str]
) -> Verdict:
    place = _place(lines, argv)
    sentence = rule.sentence
    if rule.cause in (ExitCause.SILENT, ExitCause.ENDED) and kind in _BEHIND_THE_TAP:
        sentence = "The room's capture stopped sending to it"
    elif rule.cause is ExitCause.SILENT and _WAITING.search(" ".join(argv)):
        sentence = "The publisher of {place} stopped sending, or never began: check the publisher"
    what = next((group for group in match.groupdict().values() if group), "")
    text = sentence.format(place=place, Place=_opening(place), what=what, line=line.text)
    return Verdict(sentence=redact(text), cause=rule.cause, permanent=kind in rule.final)


def _unsaid(lines: Sequence[Line], status: int | None, *, kind: JobKind, argv: Sequence[str]) -> Verdict:
    """If no rule matches the log: the status may be an error number of the system."""
    if status is not None and 0 < 256 - status < 134:
        message = os.strerror(256 - status)
        told = Line(speaker="", text=f"Error opening input: {message}")
        for rule in RULES:
            match = rule.pattern.search(told.text)
            if match:
                return _said(rule, match, told, lines, kind=kind, argv=argv)
    if lines and status != 0:
        return Verdict(sentence=redact(f"FFmpeg ended: {lines[-1].text}"), cause=ExitCause.UNKNOWN)
    if status == 0:
        return _over(kind, _place(lines, argv), waiting=bool(_WAITING.search(" ".join(argv))))
    if status is None:
        return Verdict(sentence="It ended while the service was not running", cause=ExitCause.UNKNOWN)
    return Verdict(sentence=f"FFmpeg ended with status {status} and said nothing", cause=ExitCause.UNKNOWN)


def _over(kind: JobKind, place: str, *, waiting: bool) -> Verdict:
    """A clean end of a process that should have continued."""
    if waiting and kind is JobKind.CAPTURE:
        return Verdict(sentence=f"The publisher of {place} left", cause=ExitCause.ENDED)
    if kind is JobKind.CAPTURE:
        return Verdict(sentence=f"{_opening(place)} ended", cause=ExitCause.ENDED)
    return Verdict(sentence="The room's capture stopped sending to it", cause=ExitCause.ENDED)


def _killed(number: int) -> Verdict:
    try:
        name = signal.Signals(number).name
    except ValueError:
        name = f"signal {number}"
    if number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE):
        return Verdict(
            sentence=f"FFmpeg crashed ({name}): if it crashes again, use the bundled one", cause=ExitCause.KILLED
        )
    return Verdict(
        sentence=f"It was killed from outside ({name}): if it happens again, check whether memory is short",
        cause=ExitCause.KILLED,
    )


def _place(lines: Sequence[Line], argv: Sequence[str]) -> str:
    """What was opened or read, without secrets: scheme and address, or a file's name."""
    for pattern in (_OUTPUT, _INPUT, _PEER):
        for line in reversed(lines):
            match = pattern.match(line.text)
            if match:
                return _address(match["url"])
    return _address(argv[argv.index("-i") + 1]) if "-i" in argv[:-1] else "the source"


def _address(url: str) -> str:
    if "://" not in url:
        known = url.startswith(("/", ".")) or "." in url.rpartition("/")[2]
        return redact(url) if known and len(url) < 120 else "the source"
    try:
        parts = urlsplit(url)
        port = f":{parts.port}" if parts.port else ""
    except ValueError:
        return "the source"
    return f"{parts.scheme}://{parts.hostname or ''}{port}"


def _opening(place: str) -> str:
    """At the beginning of a sentence; an address keeps its spelling."""
    return place if "/" in place or "." in place else place[:1].upper() + place[1:]

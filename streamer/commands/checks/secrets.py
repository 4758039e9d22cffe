"""Secrets that other users of this machine can see: in files, and in the list of processes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from streamer.commands.checks.finding import Finding, warning
from streamer.config import Config, Room
from streamer.config.exposure import close_to_others, exposed_files
from streamer.core.base.redact import redact

_NAME = "secrets"
_HIDDEN = re.compile(r"^\S+ \S+ \S+ \S+ /proc \S+ .*- proc \S+ \S*\bhidepid=(?!0|off)", re.MULTILINE)


def examine(config: Config, mounts: Path = Path("/proc/self/mountinfo")) -> Iterator[Finding]:
    """``mounts`` lists the mounted file systems, as proc(5) describes it."""
    for path in exposed_files(config):
        yield warning(_NAME, f"other users of this machine can read {path}, which has a secret", close_to_others(path))
    rooms = [room.id for room in config.rooms if _shows_a_secret(room)]
    if rooms and not hides_processes(mounts.read_text()):
        what = (
            f"other users of this machine can see the secret of a source in the list of processes: {', '.join(rooms)}"
        )
        hint = "FFmpeg takes it from its command line only; mount /proc with hidepid=2 where others have accounts here"
        yield warning(_NAME, what, hint)


def hides_processes(mounts: str) -> bool:
    """Whether /proc shows a user only their own command lines."""
    return _HIDDEN.search(mounts) is not None


def _shows_a_secret(room: Room) -> bool:
    """Whether the arguments that FFmpeg gets for the source have a secret in them."""
    arguments = [room.source or "", *(f"-{name} {value}" for name, value in room.input_options)]
    return any(redact(argument) != argument for argument in arguments)

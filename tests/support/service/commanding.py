"""The command line, called inside the tests' own process: quick, and what is printed is at hand."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from click.testing import CliRunner, Result

from streamer.cli import main
from streamer.commands.terminal.invocation import PATIENCE, Invocation, Patience
from support.service.running import Conference

SMALL = "test:?size=320x180&rate=25"
"""A source that costs next to nothing."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Calls commands with one configuration."""

    config: Path
    patience: Patience = PATIENCE

    def __call__(self, *arguments: str, status: int = 0) -> Result:
        """What came of it; the exit status has to be ``status``."""
        group, *rest = arguments
        given = Invocation(config=self.config, patience=self.patience)
        argv = [group, *rest, "--config", str(self.config)]
        result = CliRunner().invoke(main, argv, obj=given, catch_exceptions=False)
        assert result.exit_code == status, (arguments, result.exit_code, result.output)
        return result

    def said(self, *arguments: str, status: int = 0) -> str:
        return self(*arguments, status=status).stdout

    def refused(self, *arguments: str, status: int = 1) -> str:
        """What it says on standard error, having printed nothing else."""
        result = self(*arguments, status=status)
        assert result.stdout == ""
        return result.stderr

    def json(self, *arguments: str, status: int = 0) -> Any:
        return json.loads(self.said(*arguments, "--json", status=status))


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What a service left that was killed in the middle of a session, ``talk``, whose first seconds are captured.

    ``before`` captures ran on, ``said`` is what ``streamer stop`` said to that, ``left`` what was running afterwards.
    """

    conference: Conference
    pristine: Path
    """A copy of its folder, before anybody does anything with it."""
    start: datetime
    before: int
    said: str
    left: dict[int, str]


def caller(conference: Conference, patience: Patience = PATIENCE) -> Caller:
    return Caller(conference.config, patience)


def room(id: str, source: str | None = SMALL, *more: str) -> str:
    """A [[rooms]] table as TOML."""
    lines = ["[[rooms]]", f'id = "{id}"', *([f'source = "{source}"'] if source is not None else []), *more]
    return "\n".join(lines) + "\n\n"


def wait_for(condition: Callable[[], object], what: str, within: float = 90.0) -> None:
    """Look again and again; for conditions that call commands, which run a loop of their own."""
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {within:g} s"
        time.sleep(0.1)


def captures(conference: Conference) -> list[int]:
    """The processes that capture rooms."""
    return [pid for pid, line in conference.processes().items() if "ffmpeg" in line and "tee" in line.split()]

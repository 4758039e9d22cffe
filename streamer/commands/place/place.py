"""Which service a command means: the conference's, or a rehearsal, which works in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import update_wrapper
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from streamer.commands.terminal.invocation import PATIENCE, Invocation, Patience
from streamer.config import Config
from streamer.core.base.layout import REHEARSAL

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A data folder and its configuration."""

    config: Config
    rehearsal: bool = False
    patience: Patience = PATIENCE

    @property
    def data(self) -> Path:
        folder = self.config.storage.data
        return folder / REHEARSAL if self.rehearsal else folder

    @property
    def exists(self) -> bool:
        return self.data.is_dir()

    @property
    def other(self) -> Place:
        """The rehearsal's place for the conference's, and vice versa."""
        return replace(self, rehearsal=not self.rehearsal)


def placed(command: Callable[Concatenate[Place, P], R]) -> Callable[P, R]:
    """Gives a click command the option ``--rehearsal`` and, as its first argument, the chosen place."""

    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        rehearsal = bool(kwargs.pop("rehearsal"))
        invocation = click.get_current_context().find_object(Invocation)
        assert invocation is not None
        place = Place(config=invocation.load(), rehearsal=rehearsal, patience=invocation.patience)
        return command(place, *args, **kwargs)

    option = click.option("--rehearsal", is_flag=True, help="Use the running rehearsal.")
    return option(update_wrapper(called, command))

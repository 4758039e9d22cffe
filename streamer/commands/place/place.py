"""Which service a command means: the conference's, or a rehearsal, which works in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import update_wrapper
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

import click

from streamer.commands.terminal.invocation import PATIENCE, Invocation, Patience
from streamer.config import Config, is_reference
from streamer.core.base.layout import REHEARSAL

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A data folder and its configuration. ``secretless`` is the part that needs no secret; ``whole`` reads them."""

    secretless: Config
    whole: Callable[[], Config]
    rehearsal: bool = False
    patience: Patience = PATIENCE

    @property
    def config(self) -> Config:
        """The whole configuration. Raises ConfigError, for example where a secret is missing."""
        return self.whole()

    @property
    def data(self) -> Path:
        folder = self.secretless.storage.data
        return folder / REHEARSAL if self.rehearsal else folder

    @property
    def exists(self) -> bool:
        return self.data.is_dir()

    @property
    def database(self) -> str | None:
        """Where the store is, if not in the data folder. Raises ConfigError where a secret says it and is missing."""
        database = self.secretless.storage.database
        return self.config.storage.database if database is not None and is_reference(database) else database

    @property
    def other(self) -> Place:
        """The rehearsal's place for the conference's, and vice versa."""
        return replace(self, rehearsal=not self.rehearsal)


def place_of(invocation: Invocation, *, rehearsal: bool) -> Place:
    """Raises ConfigError."""
    patience = invocation.patience
    if rehearsal and invocation.plays_shipped_day:
        shipped = invocation.load_shipped_day()
        return Place(secretless=shipped, whole=lambda: shipped, rehearsal=True, patience=patience)
    config = invocation.load_without_secrets()
    return Place(secretless=config, whole=invocation.load, rehearsal=rehearsal, patience=patience)


def placed(command: Callable[Concatenate[Place, P], R]) -> Callable[P, R]:
    """Gives a click command the option ``--rehearsal`` and, as its first argument, the chosen place."""

    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        rehearsal = bool(kwargs.pop("rehearsal"))
        invocation = click.get_current_context().find_object(Invocation)
        assert invocation is not None
        return command(place_of(invocation, rehearsal=rehearsal), *args, **kwargs)

    option = click.option("--rehearsal", is_flag=True, help="Use the running rehearsal.")
    return option(update_wrapper(called, command))

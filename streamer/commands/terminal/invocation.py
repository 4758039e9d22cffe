"""The context of every command: the configuration, and how an error is printed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamer.core.base.errors import StreamerError
from streamer.core.base.redact import redact

if TYPE_CHECKING:
    from streamer.config import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a command waits, in seconds."""

    service: float = 15.0
    """For a service to open its socket, to release the folder's lock, or to end."""
    publisher: float = 4.0
    """For an encoder to connect to a source that listens."""


PATIENCE = Patience()


@dataclass(frozen=True, kw_only=True)
class Invocation:
    """Click's context object. ``config`` is the path of config.toml as it was given."""

    config: Path
    patience: Patience = PATIENCE

    def load(self) -> Config:
        """The configuration, read once. Raises ConfigError."""
        return self._loaded

    def secrets(self) -> tuple[str, ...]:
        """The configuration's secrets, if it has been read."""
        loaded: Config | None = self.__dict__.get("_loaded")
        return loaded.secrets if loaded is not None else ()

    @cached_property
    def _loaded(self) -> Config:
        from streamer.config import load  # a quick answer, such as --help, needs no pydantic

        return load(self.config)


def speak(error: StreamerError, invocation: Invocation) -> int:
    """Print an error on standard error as ``where: message (hint)``, without secrets; returns the exit status."""
    click.echo(f"Error: {redact(str(error), invocation.secrets())}", err=True)
    return 1

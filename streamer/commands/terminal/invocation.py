"""The context of every command: the configuration, and how an error is printed."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from streamer.core.base.errors import StreamerError
from streamer.core.base.redact import redact
from streamer.shipped import CONFIG, shipped_folder

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
    """Click's context object. ``config`` is the path of config.toml; ``named`` says that the user gave it."""

    config: Path
    named: bool = True
    patience: Patience = PATIENCE

    def load(self) -> Config:
        """The configuration with its secrets, read once. Raises ConfigError."""
        return self._loaded

    def load_without_secrets(self) -> Config:
        """The configuration for a command that only speaks to the service. Raises ConfigError, but never because a
        secret is missing."""
        from streamer.config import load

        return load(self.config, resolve=False)

    @property
    def plays_shipped_day(self) -> bool:
        """Whether a rehearsal plays the shipped day, because there is no config.toml here and none was named."""
        return not self.named and not self.config.exists()

    def load_shipped_day(self) -> Config:
        """The shipped configuration, with its data in the current folder."""
        from streamer.config import load

        config = load(shipped_folder() / CONFIG)
        storage = config.storage.model_copy(update={"data": Path("data").absolute()})
        return config.model_copy(update={"storage": storage})

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

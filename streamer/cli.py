"""The command line: mounts the commands, and turns errors into a sentence and an exit status."""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

import click

from streamer import __version__
from streamer.commands.terminal.invocation import Invocation, speak
from streamer.core.base.errors import StreamerError
from streamer.shipped import CONFIG


def _default() -> Invocation:
    named = os.environ.get("STREAMER_CONFIG")
    return Invocation(config=Path(named or CONFIG), named=bool(named))


def _configured(ctx: click.Context, parameter: click.Parameter, value: Path | None) -> None:
    if value is not None:
        ctx.obj = Invocation(config=value) if ctx.obj is None else replace(ctx.obj, config=value)


def _config_option() -> click.Option:
    return click.Option(
        ["--config"],
        type=click.Path(path_type=Path),
        callback=_configured,
        expose_value=False,
        help="The configuration [default: config.toml here, or $STREAMER_CONFIG]; its paths are relative to it.",
    )


def _with_config(command: click.Command) -> click.Command:
    """Every command takes ``--config``, wherever in the line it stands."""
    if not any(p.name == "config" for p in command.params):
        command.params.append(_config_option())
    if isinstance(command, click.Group):
        for below in command.commands.values():
            _with_config(below)
    return command


class Commands(click.Group):
    """Loads a command's module when it is asked for: the rest of the program stays out of a quick answer."""

    modules: ClassVar[Mapping[str, str]] = {
        "init": "init",
        "run": "service.run",
        "stop": "service.stop",
        "check": "checks.command",
        "timetable": "timetable.command",
        "token": "token",
        "session": "session.command",
        "room": "room",
        "notice": "notice",
        "alarms": "alarms",
        "acknowledge": "alarms",
        "timeline": "timeline",
        "recordings": "recordings.command",
    }

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.modules)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.modules:
            return None
        module = importlib.import_module(f"streamer.commands.{self.modules[cmd_name]}")
        command: click.Command = getattr(module, cmd_name)
        return _with_config(command)

    def invoke(self, ctx: click.Context) -> object:
        from streamer.commands.terminal.logs import log_to_stderr  # a quick answer, such as --version, logs nothing

        log_to_stderr(logging.WARNING)
        try:
            return super().invoke(ctx)
        except StreamerError as error:
            ctx.exit(speak(error, ctx.obj))


@click.command(cls=Commands, params=[_config_option()])
@click.version_option(__version__, prog_name="streamer")
@click.pass_context
def main(ctx: click.Context) -> None:
    """Run a hybrid conference's video: capture, livestream, recordings, and everybody told."""
    if ctx.obj is None:
        ctx.obj = _default()

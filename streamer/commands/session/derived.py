"""Commands made from decisions: a required field is an argument, every other an option."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

import click

from streamer.commands.place.place import Place, placed
from streamer.commands.session.deciding import Asked, decide, deciding
from streamer.core.base.errors import Invalid
from streamer.core.decisions.decision import Decision
from streamer.core.decisions.fields import Field, fields_of
from streamer.core.decisions.registry import DECISIONS
from streamer.web.access.tokens import COMMAND_LINE
from streamer.web.api.decision_models import decision_request

Parameter = Callable[[Callable[..., Any]], Callable[..., Any]]


def decision_commands(collection: str) -> list[click.Command]:
    """A command for each decision that is offered under ``collection``: sessions, recordings, …"""
    return [decision_command(kind) for kind in DECISIONS if kind.offer.collection == collection]


def decision_command(kind: type[Decision]) -> click.Command:
    """The command that takes a kind of decision."""
    offer = kind.offer
    fields = [field for field in fields_of(kind) if not field.http_only]

    def run(place: Place, /, *, id: str = "", **asked: Any) -> None:
        said = {field.name: asked.pop(field.name) for field in fields}
        body = {name: value for name, value in said.items() if value is not None}
        if not body:
            _check_empty(kind, id)
        decide(Asked(place=place, action=offer.action, target=id, body=body), **asked)

    called: Callable[..., Any] = deciding(placed(run))
    for field in reversed(fields):
        called = _parameter(field, _today(kind))(called)
    if kind.target:
        called = click.argument("id", metavar=kind.target.upper())(called)
    negative = any(field.required and field.type is float for field in fields)
    help = f"{offer.summary}.\n\n{offer.description}"
    return click.command(offer.action, help=help, context_settings={"ignore_unknown_options": negative})(called)


def _check_empty(kind: type[Decision], target: str) -> None:
    """Without any field: a usage error where the decision requires one."""
    try:
        decision_request(kind.offer.action, target, {}, by=COMMAND_LINE)
    except Invalid as error:
        options = ", ".join(f"--{field.name}" for field in fields_of(kind))
        raise click.UsageError(f"{error.message}: {options}") from None


def _today(kind: type[Decision]) -> str:
    return "on the session's day" if kind.offer.on_session_day else "today"


def _parameter(field: Field, today: str) -> Parameter:
    if field.required:
        callback = _finite if field.type is float else None
        return click.argument(field.name, type=_TYPES.get(field.type, str), callback=callback)
    option, words = f"--{field.name.replace('_', '-')}", field.words
    if field.type is bool:
        return click.option(option, type=click.Choice(["yes", "no"]), callback=_yes, help=f"{words}.")
    if field.type is datetime:
        written = f"ISO 8601, or 10:45 {today}; the venue's time unless it has an offset."
        return click.option(option, metavar="TIME", help=f"{words}: {written}")
    return click.option(option, type=_TYPES.get(field.type, str), help=f"{words}.")


_TYPES: Mapping[type, type] = {float: float, int: int}


def _yes(context: click.Context, parameter: click.Parameter, value: str | None) -> bool | None:
    return None if value is None else value == "yes"


def _finite(context: click.Context, parameter: click.Parameter, value: float) -> float:
    if not math.isfinite(value):
        raise click.BadParameter("write a number, such as 5 or -2.5")
    return value

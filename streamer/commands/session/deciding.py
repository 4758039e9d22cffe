"""Passes a decision from the command line to the running service, or into the store where none is running."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click

from streamer.commands.place.control import Running
from streamer.commands.place.place import Place
from streamer.commands.place.reaching import reached
from streamer.commands.session.words import told
from streamer.core.base.errors import Invalid
from streamer.core.base.json import Document
from streamer.core.decisions.fields import fields_of
from streamer.core.decisions.registry import BY_ACTION
from streamer.web.access.tokens import COMMAND_LINE
from streamer.web.api.decision_models import decision_request

Command = TypeVar("Command", bound=Callable[..., object])


def deciding(command: Command) -> Command:
    """The options of every command that decides."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON."),
        click.option(
            "--if-revision",
            type=click.IntRange(min=0),
            metavar="N",
            help="Only if the session is still at this revision (see session list).",
        ),
        click.option("--preview", is_flag=True, help="Say what would happen, and change nothing."),
    ):
        command = option(command)
    return command


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request from the command line. ``body`` is as the interface expects it, except for times, which are as
    typed."""

    place: Place
    action: str
    target: str
    body: Mapping[str, Any]

    @property
    def on_session_day(self) -> bool:
        return self.action in BY_ACTION and BY_ACTION[self.action].offer.on_session_day

    @property
    def times(self) -> list[str]:
        """The keys of the body that are times."""
        fields = fields_of(BY_ACTION[self.action]) if self.action in BY_ACTION else ()
        return [field.name for field in fields if field.type is datetime and field.name in self.body]


def decide(asked: Asked, *, preview: bool, if_revision: int | None, as_json: bool) -> None:
    """Make or undo a decision, and print the result."""
    body = {**asked.body, **({"if_revision": if_revision} if if_revision is not None else {})}
    answer, lines = asyncio.run(decided(replace(asked, body=body), preview=preview))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            click.echo(line)


async def decided(asked: Asked, *, preview: bool = False) -> tuple[Document, list[str]]:
    """The answer, and the lines to print."""
    async with reached(asked.place) as found:
        before = await found.snapshot()
        day = _day(asked, before)
        body = {**asked.body, **{key: _instant(asked.body[key], key, day, before) for key in asked.times}}
        wanted = decision_request(asked.action, asked.target, body, by=COMMAND_LINE).wanted
        answer = await found.decide(asked.action, asked.target, body, preview=preview)
        return answer, told(answer, before, wanted, offline_folder=not isinstance(found, Running))


def _day(asked: Asked, snapshot: Document) -> date:
    """The day for a time without a date."""
    zone = ZoneInfo(snapshot["conference"]["timezone"])
    starts = [one["start"] for one in snapshot["sessions"] if one["id"] == asked.target]
    text = starts[0] if starts and asked.on_session_day else snapshot["now"]
    return datetime.fromisoformat(text).astimezone(zone).date()


def _instant(text: str, key: str, today: date, snapshot: Document) -> str:
    """An instant as the interface expects it. Without an offset it is the venue's time."""
    zone = ZoneInfo(snapshot["conference"]["timezone"])
    try:
        instant = datetime.combine(today, time.fromisoformat(text)) if "-" not in text else datetime.fromisoformat(text)
    except ValueError:
        hint = "write it like 10:45, 2025-09-08T10:45 or 2025-09-08T10:45:00+02:00"
        raise Invalid(f"“{text[:60]}” is not a time", where=f"--{key}", hint=hint) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).isoformat()

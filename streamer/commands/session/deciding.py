"""A decision on its way from the command line: to the service that runs, or into the store where none does."""

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
from streamer.core.decisions.overrides import Action

Command = TypeVar("Command", bound=Callable[..., object])

TIMES = frozenset({"at", "start", "end"})
"""The keys of a decision's body that are times."""


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
class Decision:
    """``body`` as the interface wants it, but for the times in it, which are as somebody wrote them."""

    place: Place
    action: str
    target: str
    body: Mapping[str, Any]


def decide(decision: Decision, *, preview: bool, if_revision: int | None, as_json: bool) -> None:
    body = dict(decision.body)
    if if_revision is not None:
        body["if_revision"] = if_revision
    answer, lines = asyncio.run(decided(replace(decision, body=body), preview=preview))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            click.echo(line)


async def decided(decision: Decision, *, preview: bool = False) -> tuple[Document, list[str]]:
    """The answer, and what there is to print of it."""
    body = dict(decision.body)
    async with reached(decision.place) as found:
        before = await found.snapshot()
        for key in TIMES & body.keys():
            body[key] = _instant(body[key], key, _today(decision, before), before)
        answer = await found.decide(decision.action, decision.target, body, preview=preview)
        bounds = decision.action == Action.BOUNDS
        wanted = {key: datetime.fromisoformat(body[key]) for key in TIMES & body.keys()} if bounds else None
        return answer, told(answer, before, offline_folder=not isinstance(found, Running), wanted=wanted)


def _today(decision: Decision, snapshot: Document) -> date:
    """The day that a bare time is of: today, or where it is about what has been recorded, the session's."""
    zone = ZoneInfo(snapshot["conference"]["timezone"])
    starts = [one["start"] for one in snapshot["sessions"] if one["id"] == decision.target]
    text = starts[0] if starts and decision.action == Action.BOUNDS else snapshot["now"]
    return datetime.fromisoformat(text).astimezone(zone).date()


def _instant(text: str, key: str, today: date, snapshot: Document) -> str:
    """An instant as the interface wants it. What has no offset is the venue's time."""
    zone = ZoneInfo(snapshot["conference"]["timezone"])
    try:
        instant = datetime.combine(today, time.fromisoformat(text)) if "-" not in text else datetime.fromisoformat(text)
    except ValueError:
        hint = "write it like 10:45, 2025-09-08T10:45 or 2025-09-08T10:45:00+02:00"
        raise Invalid(f"“{text[:60]}” is no time", where=f"--{key}", hint=hint) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).isoformat()

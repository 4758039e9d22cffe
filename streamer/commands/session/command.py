"""``streamer session``: the crew's decisions about a session, made by the running service or in the store."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from datetime import datetime
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.table import Table
from rich.text import Text

from streamer.commands.place.place import Place, placed
from streamer.commands.place.reaching import reached
from streamer.commands.session.deciding import Asked, decide, deciding
from streamer.commands.session.derived import decision_commands
from streamer.commands.terminal.printing import console
from streamer.core.base.json import Document
from streamer.engine.programme.requests import UNDO


@click.group()
def session() -> None:
    """Decide about sessions, undo decisions, list both."""


for one in decision_commands("sessions"):
    session.add_command(one)


@session.command("undo")
@click.argument("override")
@deciding
@placed
def undo(place: Place, /, override: str, **asked: Any) -> None:
    """Undo a decision, as if it had not been made."""
    decide(Asked(place=place, action=UNDO, target=override, body={}), **asked)


# -- list ----------------------------------------------------------------------------------------------------


@session.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@placed
def listing(place: Place, as_json: bool) -> None:
    """List the sessions with the decisions about them."""
    snapshot = asyncio.run(_snapshot(place))
    if as_json:
        document = {key: snapshot[key] for key in ("now", "conference", "rooms", "sessions", "overrides")}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
    else:
        _print(snapshot)


async def _snapshot(place: Place) -> Document:
    async with reached(place) as found:
        return await found.snapshot()


def _print(snapshot: Document) -> None:
    out = console()
    zone = ZoneInfo(snapshot["conference"]["timezone"])
    names = {room["id"]: room["name"] for room in snapshot["rooms"]}
    if not snapshot["sessions"]:
        out.print("The timetable has no session.")
    for day, sessions in groupby(snapshot["sessions"], key=lambda one: _local(one["start"], zone).date()):
        table = Table(title=f"{day:%A, %d %B %Y}", title_justify="left", title_style="bold")
        for heading in ("Time", "Room"):
            table.add_column(heading, no_wrap=heading == "Time")
        table.add_column("Session", ratio=1)
        for heading in ("State", "Recording", "Live", "Revision"):
            table.add_column(heading, no_wrap=True)
        table.add_column("Id", overflow="fold", style="dim")
        for one in sessions:
            table.add_row(*map(Text, _row(one, names, zone)))
        out.print(table)
    standing = [o for o in snapshot["overrides"] if o["undone"] is None]
    for override in standing:
        at = _local(override["at"], zone)
        out.print(Text(f"{override['id']}  {at:%Y-%m-%d %H:%M:%S}  {override['by']}: {override['description']}"))


def _row(one: Document, names: Mapping[str, str], zone: ZoneInfo) -> tuple[str, ...]:
    start, end = _local(one["start"], zone), _local(one["end"], zone)
    moved = " *" if (one["start"], one["end"]) != (one["scheduled_start"], one["scheduled_end"]) else ""
    state = f"{one['state']}, on air" if one["on_air"] else one["state"]
    stream = "yes" if one["stream"] else "no"
    room = names.get(one["room"], one["room"])
    return (
        f"{start:%H:%M}–{end:%H:%M}{moved}",
        room,
        one["title"],
        state,
        one["recording"],
        stream,
        str(one["revision"]),
        one["id"],
    )


def _local(text: str, zone: ZoneInfo) -> datetime:
    return datetime.fromisoformat(text).astimezone(zone)

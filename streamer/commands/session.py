"""``streamer session``: the crew's decisions about a session, taken by the running service, or noted in the store."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, time
from itertools import groupby
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import click
from rich.table import Table
from rich.text import Text

from streamer.commands.control import Running
from streamer.commands.place import Place, placed
from streamer.commands.printing import console
from streamer.commands.reaching import reached
from streamer.commands.session_words import told
from streamer.core.errors import Invalid
from streamer.core.records import Document

Command = TypeVar("Command", bound=Callable[..., object])

_YES_NO = click.Choice(["yes", "no"])


@click.group()
def session() -> None:
    """Decide about sessions: end, extend, consent; undo a decision; list them."""


def _deciding(command: Command) -> Command:
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


@session.command("end")
@click.argument("id")
@click.option("--at", metavar="TIME", help="When: ISO 8601, or 10:45 today; the venue's time unless it has an offset.")
@_deciding
@placed
def end(place: Place, /, id: str, at: str | None, **asked: Any) -> None:
    """End a running session, now or at a time."""
    _decide(_Decision(place=place, action="end", target=id, body={"at": at} if at else {}), **asked)


@session.command("extend", context_settings={"ignore_unknown_options": True})
@click.argument("id")
@click.argument("minutes", type=float)
@_deciding
@placed
def extend(place: Place, /, id: str, minutes: float, **asked: Any) -> None:
    """Move a session's end by MINUTES, such as 5 or -2.5. No other session moves."""
    if not math.isfinite(minutes):
        raise click.BadParameter("write a number of minutes, such as 5 or -2.5", param_hint="MINUTES")
    _decide(_Decision(place=place, action="extend", target=id, body={"minutes": minutes}), **asked)


@session.command("consent")
@click.argument("id")
@click.option("--record", type=_YES_NO, help="Whether it may be recorded; no erases what was recorded.")
@click.option("--stream", type=_YES_NO, help="Whether it may be streamed.")
@_deciding
@placed
def consent(place: Place, /, id: str, record: str | None, stream: str | None, **asked: Any) -> None:
    """Withdraw a session's consent to be recorded or streamed, or give it back."""
    body = {key: value == "yes" for key, value in (("record", record), ("stream", stream)) if value is not None}
    if not body:
        raise click.UsageError("say what it is about: --record yes|no, --stream yes|no, or both")
    _decide(_Decision(place=place, action="consent", target=id, body=body), **asked)


@session.command("undo")
@click.argument("override")
@_deciding
@placed
def undo(place: Place, /, override: str, **asked: Any) -> None:
    """Drop the decision OVERRIDE, and go on as if it had not been taken."""
    _decide(_Decision(place=place, action="undo", target=override, body={}), **asked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Decision:
    place: Place
    action: str
    target: str
    body: Mapping[str, Any]


def _decide(decision: _Decision, *, preview: bool, if_revision: int | None, as_json: bool) -> None:
    body = dict(decision.body)
    if if_revision is not None:
        body["if_revision"] = if_revision
    answer, lines = asyncio.run(_decided(decision, body, preview))
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        for line in lines:
            click.echo(line)


async def _decided(decision: _Decision, body: dict[str, Any], preview: bool) -> tuple[Document, list[str]]:
    async with reached(decision.place) as found:
        before = await found.snapshot()
        if "at" in body:
            body["at"] = _instant(body["at"], before)
        answer = await found.decide(decision.action, decision.target, body, preview=preview)
        return answer, told(answer, before, resting=not isinstance(found, Running))


def _instant(text: str, snapshot: Document) -> str:
    """An instant as the interface wants it. What has no offset is the venue's time, a bare time is of today."""
    zone = ZoneInfo(snapshot["conference"]["timezone"])
    today = datetime.fromisoformat(snapshot["now"]).astimezone(zone).date()
    try:
        instant = datetime.combine(today, time.fromisoformat(text)) if "-" not in text else datetime.fromisoformat(text)
    except ValueError:
        hint = "write it like 10:45, 2025-09-08T10:45 or 2025-09-08T10:45:00+02:00"
        raise Invalid(f"“{text[:60]}” is no time", where="--at", hint=hint) from None
    return (instant if instant.tzinfo else instant.replace(tzinfo=zone)).isoformat()


# -- list ----------------------------------------------------------------------------------------------------


@session.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@placed
def listing(place: Place, as_json: bool) -> None:
    """List the sessions as they stand, with the decisions about them."""
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

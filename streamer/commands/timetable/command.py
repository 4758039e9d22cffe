"""``streamer timetable``: reads timetables as the service does, shows the result, and writes them.

Needs no configuration and no running service, and changes nothing. The commands for a running service's feed are in
:mod:`streamer.commands.timetable.versions`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from itertools import groupby
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from streamer.commands.timetable.versions import COMMANDS
from streamer.config.context import ReadingContext
from streamer.core.base.errors import TimetableError
from streamer.core.base.words import counted
from streamer.core.timetable.diff import Change, ChangeKind, diff
from streamer.core.timetable.sessions import Parsed, Remark, Session, SessionKind, Timetable
from streamer.outside.feeds.feed import read_once
from streamer.timetables import FORMATS
from streamer.timetables.frab.write_json import schedule_json_of
from streamer.timetables.items.options import DateOrder, read_columns, read_options
from streamer.timetables.items.zones import find_zone, zone_hint
from streamer.timetables.toml.writing import toml_of

Command = TypeVar("Command", bound=Callable[..., object])

_PIPED_WIDTH = 180
_CONSENT = {True: "yes", False: "no", None: "–"}
_WRITERS: Mapping[str, Callable[[Timetable], str]] = {"toml": toml_of, "schedule-json": schedule_json_of}
_SIGNS = {ChangeKind.ADDED: ("+", "green"), ChangeKind.REMOVED: ("-", "red")}


@click.group()
def timetable() -> None:
    """Read timetables, and decide about the feed's versions.

    For any timetable, by its path or URL: show it, compare it with another, write it in another format. For the running
    service: list the versions of its feed and held-back changes, and choose the version to follow.
    """


for _command in COMMANDS:
    timetable.add_command(_command)


def _reading(command: Command) -> Command:
    """The options of every command that reads timetables."""
    for option in (
        click.option("--json", "as_json", is_flag=True, help="Print JSON."),
        click.option(
            "--timezone", metavar="ZONE", callback=_known_zone, help="The venue's zone, if the timetable names none."
        ),
        click.option("--format", type=click.Choice(list(FORMATS)), help="Read as this format instead of detecting it."),
        click.option(
            "--columns",
            metavar="NAME=HEADER,…",
            help='Columns of a table, such as "start=Beginn,room=Raum" or start=B.',
        ),
        click.option(
            "--date-order", type=click.Choice([order.value for order in DateOrder]), help="The order of 03/04/2025."
        ),
        click.option("--date", metavar="DAY", help="The day for times without a date, such as 2025-09-08."),
        click.option("--room", metavar="NAME", help="The room for sessions without a room."),
        click.option(
            "--token",
            metavar="env:NAME|file:PATH",
            callback=_secret,
            help="The token for the server, from the environment or a file.",
        ),
    ):
        command = option(command)
    return command


def _known_zone(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and find_zone(value) is None:
        raise click.BadParameter(f"unknown time zone “{value}”; {zone_hint(value)}")
    return value


def _secret(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    if value is None:
        return None
    if not value.startswith(("env:", "file:")):
        raise click.BadParameter("other users can read a token on the command line; write env:NAME or file:PATH")
    try:
        return ReadingContext(folder=Path.cwd(), environ=os.environ).secret(value)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@timetable.command("show")
@click.argument("source")
@_reading
def show(source: str, as_json: bool, **said: str | None) -> None:
    """Show the sessions of SOURCE and all warnings.

    SOURCE is a path or URL. Rec and Live show whether a session may be recorded and streamed; – means that the
    timetable does not say.
    """
    parsed = _read(source, said)
    if as_json:
        click.echo(json.dumps(_document(parsed), ensure_ascii=False, indent=2))
    else:
        _print_days(parsed, _console())


@timetable.command("diff")
@click.argument("source")
@click.argument("source2")
@_reading
def show_diff(source: str, source2: str, as_json: bool, **said: str | None) -> None:
    """Show what changed from SOURCE to SOURCE2, paths or URLs."""
    old, new = _read(source, said), _read(source2, said)
    zone = ZoneInfo(new.timetable.timezone)
    changes = diff(old.timetable, new.timetable)
    if as_json:
        document = {"changes": [_change(change, zone) for change in changes], "warnings": _warnings(new.remarks)}
        click.echo(json.dumps(document, ensure_ascii=False, indent=2))
        return
    console = _console()
    for change in changes:
        sign, style = _SIGNS.get(change.kind, ("~", "yellow"))
        console.print(Text(f"{sign} {change.sentence(zone)}", style=style), soft_wrap=True)
    console.print(counted(len(changes), "change") if changes else "No change.")


@timetable.command("convert")
@click.argument("source")
@click.option("--to", "target", type=click.Choice(list(_WRITERS)), default="toml", help="The format to write.")
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), help="A file, instead of the terminal.")
@_reading
def convert(source: str, target: str, output: Path | None, as_json: bool, **said: str | None) -> None:
    """Write SOURCE in another format.

    SOURCE is a path or URL; written as TOML or schedule.json and read again, the timetable is the same.
    Warnings about SOURCE go to standard error.
    """
    parsed = _read(source, said)
    text = _WRITERS[target](parsed.timetable)
    if as_json:
        text = json.dumps({"format": target, "text": text, "warnings": _warnings(parsed.remarks)}, ensure_ascii=False)
    else:
        for remark in parsed.remarks:
            click.echo(f"! {remark.where}: {remark.message}" if remark.where else f"! {remark.message}", err=True)
    if output is None:
        click.echo(text.removesuffix("\n"))
        return
    try:
        output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"{output} can't be written: {error.strerror}") from error


def _read(source: str, said: Mapping[str, str | None]) -> Parsed:
    """``said`` are the options of :func:`_reading`."""
    given: dict[str, object] = {name: said[name] for name in ("format", "date_order", "date", "room") if said[name]}
    try:
        if columns := said["columns"]:
            given["columns"] = read_columns(columns)
        options = read_options(given, FORMATS)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    try:
        reading = read_once(source, timezone=said["timezone"], options=options, token=said["token"] or "")
        return asyncio.run(reading)
    except TimetableError as error:
        raise click.ClickException(str(error)) from error


def _document(parsed: Parsed) -> dict[str, object]:
    zone = ZoneInfo(parsed.timetable.timezone)
    return {
        "conference": {"title": parsed.timetable.title, "timezone": parsed.timetable.timezone},
        "format": parsed.format,
        "rooms": [{"id": room.id, "name": room.name} for room in parsed.timetable.rooms],
        "sessions": [_session(session, zone) for session in parsed.timetable.sessions],
        "warnings": _warnings(parsed.remarks),
    }


def _session(session: Session, zone: ZoneInfo) -> dict[str, object]:
    return {
        "id": session.id,
        "room": session.room,
        "title": session.title,
        "start": session.start.astimezone(zone).isoformat(),
        "end": session.end.astimezone(zone).isoformat(),
        "speakers": [{"name": speaker.name, "affiliation": speaker.affiliation} for speaker in session.speakers],
        "record": session.record,
        "stream": session.stream,
        "kind": session.kind,
        "cancelled": session.cancelled,
        "foreign": session.foreign,
    }


def _change(change: Change, zone: ZoneInfo) -> dict[str, object]:
    return {
        "kind": change.kind,
        "session": change.session,
        "message": change.sentence(zone),
        "before": _session(change.before, zone) if change.before else None,
        "after": _session(change.after, zone) if change.after else None,
    }


def _warnings(remarks: tuple[Remark, ...]) -> list[dict[str, object]]:
    return [{"message": remark.message, "where": remark.where, "session": remark.session} for remark in remarks]


def _print_days(parsed: Parsed, console: Console) -> None:
    timetable = parsed.timetable
    zone = ZoneInfo(timetable.timezone)
    console.print(Text(timetable.title or "(untitled)", style="bold"), soft_wrap=True)
    summary = f"{counted(len(timetable.sessions), 'session')} in {counted(len(timetable.rooms), 'room')}"
    console.print(
        Text(f"{summary}; times in {timetable.timezone}; read as {parsed.format}", style="dim"), soft_wrap=True
    )
    names = {room.id: room.name for room in timetable.rooms}
    for day, sessions in groupby(timetable.sessions, key=lambda session: session.start.astimezone(zone).date()):
        table = Table(title=f"{day:%A, %d %B %Y}", title_justify="left", title_style="bold", expand=False)
        for heading in ("Time", "Room"):
            table.add_column(heading, no_wrap=heading == "Time")
        table.add_column("Session", ratio=1)
        table.add_column("Rec", no_wrap=True)
        table.add_column("Live", no_wrap=True)
        table.add_column("Id", overflow="fold", style="dim")
        for session in sessions:
            table.add_row(*_row(session, names[session.room], zone))
        console.print()
        console.print(table)
    if parsed.remarks:
        console.print()
        console.print(Text(counted(len(parsed.remarks), "warning"), style="bold yellow"))
        for remark in parsed.remarks:
            text = f"{remark.where}: {remark.message}" if remark.where else remark.message
            console.print(Text(f"! {text}", style="yellow"), soft_wrap=True)


def _row(session: Session, room: str, zone: ZoneInfo) -> tuple[Text, ...]:
    start, end = session.start.astimezone(zone), session.end.astimezone(zone)
    title = Text(session.title)
    if session.speakers:
        title.append("\n" + ", ".join(speaker.name for speaker in session.speakers), style="dim")
    instead = "cancelled" if session.cancelled else "break" if session.kind is SessionKind.BREAK else ""
    consent = [instead, ""] if instead else [_CONSENT[session.record], _CONSENT[session.stream]]
    days = (end.date() - start.date()).days
    later = f"+{days}" if days else ""
    return (Text(f"{start:%H:%M}–{end:%H:%M}{later}"), Text(room), title, *map(Text, consent), Text(session.id))


def _console() -> Console:
    """As wide as the terminal, or wide enough for a search where the output is redirected."""
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPED_WIDTH
    return Console(width=width, highlight=False)

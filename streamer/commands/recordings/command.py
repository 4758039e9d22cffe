"""``streamer recordings``: lists recordings; copies, verifies, bounds and erases their files."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from itertools import groupby
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from streamer.commands.place.control import Running
from streamer.commands.place.place import Place, placed
from streamer.commands.place.reaching import reached
from streamer.commands.recordings.export import Export
from streamer.commands.session.deciding import Asked, decided
from streamer.commands.session.derived import decision_commands
from streamer.commands.terminal.printing import console, length
from streamer.commands.terminal.screen import Screen
from streamer.core.base.durations import format_size
from streamer.core.base.errors import NotFound
from streamer.core.base.json import Document
from streamer.core.base.words import counted

NO_RECORD = {"record": False}
_STYLES = {"ready": "green", "partial": "yellow", "failed": "red"}


@click.group()
def recordings() -> None:
    """List, copy, verify, bound and erase recordings."""


@recordings.command("list")
@click.argument("sessions", metavar="[SESSION]…", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@placed
def listing(place: Place, sessions: tuple[str, ...], as_json: bool) -> None:
    """List the recordings of SESSION…, or all, by day and room."""
    found = asyncio.run(_recordings(place))
    if sessions:
        found = [_of(session, found) for session in dict.fromkeys(sessions)]
    if as_json:
        click.echo(json.dumps({"recordings": found}, ensure_ascii=False, indent=2))
    elif not found:
        click.echo("Nothing has been recorded.")
    else:
        _print(found)


async def _recordings(place: Place) -> list[Document]:
    async with reached(place) as found:
        return await found.recordings()


def _of(session: str, found: list[Document]) -> Document:
    for one in found:
        if one["session"] == session:
            return one
    raise NotFound("this session has no recording", where=f"session {session}", hint="see: recordings list")


def _print(found: list[Document]) -> None:
    """The documents' times have the venue's offset already."""
    out = console()
    ordered = sorted(found, key=lambda one: (one["start"][:10], one["room"], one["start"]))
    for day, of_day in groupby(ordered, key=lambda one: datetime.fromisoformat(one["start"]).date()):
        table = Table(title=f"{day:%A, %d %B %Y}", title_justify="left", title_style="bold")
        for heading in ("Room", "Time"):
            table.add_column(heading, no_wrap=True)
        table.add_column("Session", ratio=1)
        for heading in ("State", "Length", "Covered", "Size"):
            table.add_column(heading, no_wrap=True, justify="left" if heading == "State" else "right")
        table.add_column("Why", ratio=1)
        table.add_column("Id", overflow="fold", style="dim")
        for one in of_day:
            table.add_row(*_row(one))
        out.print(table)


def _row(one: Document) -> tuple[Text, ...]:
    start, end = (datetime.fromisoformat(one[key]) for key in ("start", "end"))
    size = sum(file["bytes"] for file in one["files"])
    made = any(file["kind"] == "mp4" for file in one["files"])
    return (
        Text(one["room"]),
        Text(f"{start:%H:%M}–{end:%H:%M}"),
        Text(one["title"]),
        Text(one["state"], style=_STYLES.get(one["state"], "")),
        Text(length(one["duration"])),
        Text(f"{one['coverage']:.1%}" if made else ""),
        Text(format_size(size) if made else ""),
        Text(one["reason"]),
        Text(one["session"]),
    )


@recordings.command("export")
@click.argument("sessions", metavar="[SESSION]…", nargs=-1)
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("recordings"),
    help="The folder to copy to [default: recordings, here]; created if missing.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@placed
def export(place: Place, sessions: tuple[str, ...], folder: Path, as_json: bool) -> None:
    """Copy finished files into a folder, and check them.

    Copies those of SESSION…, or all. An interrupted copy continues where it stopped; an existing file is never
    overwritten. The command waits for recordings that the service is finalising; without a running service, it makes
    the unfinished ones itself.
    """
    with Screen(quiet=as_json) as screen:
        done = Export(data=place.data, folder=folder, sessions=sessions, screen=screen)
        asyncio.run(_export(place, done))
    if as_json:
        click.echo(json.dumps(_document(done), ensure_ascii=False, indent=2))
    elif not done.delivered and not done.withheld:
        click.echo("Nothing has been recorded.")
    if any(one.wrong for one in done.withheld):
        click.get_current_context().exit(1)


async def _export(place: Place, export: Export) -> None:
    async with reached(place) as found:
        if isinstance(found, Running):
            await export.from_service(found)
        else:
            await export.from_store(found)


def _document(done: Export) -> Mapping[str, object]:
    return {
        "files": [{**asdict(one), "path": str(one.path)} for one in done.delivered],
        "withheld": [asdict(one) for one in done.withheld],
    }


@recordings.command("verify")
@click.argument("sessions", metavar="[SESSION]…", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@placed
def verify(place: Place, sessions: tuple[str, ...], as_json: bool) -> None:
    """Read every file again, and check it.

    For the recordings of SESSION…, or all, it compares kept segments and finished files with the index and their
    checksums, and checks the invariants. It works with or without a running service and changes nothing.
    """
    from streamer.commands.place.assembly import now
    from streamer.commands.recordings.verifying import Verification

    with Screen(quiet=as_json) as screen:
        done = Verification(place=place, sessions=sessions, screen=screen)
        asyncio.run(done.run(now()))
        for one in done.findings:
            screen.line(str(one))
        read = f"{counted(done.segments, 'segment')} and {counted(done.files, 'file')} read, {format_size(done.bytes)}"
        screen.line(f"{read}: {counted(len(done.findings), 'finding') if done.findings else 'no problems'}")
        if done.skipped:
            screen.note(f"the invariants were not checked: {done.skipped}")
    if as_json:
        click.echo(json.dumps(done.document(), ensure_ascii=False, indent=2))
    if done.findings:
        click.get_current_context().exit(1)


for one in decision_commands("recordings"):
    recordings.add_command(one)


@recordings.command("erase")
@click.argument("sessions", metavar="SESSION…", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print the answers as JSON.")
@placed
def erase(place: Place, sessions: tuple[str, ...], yes: bool, as_json: bool) -> None:
    """Erase permanently all media and files of SESSION….

    Takes the decision `session consent SESSION --record no`, logged like any other: the session may not be recorded.
    Undoing the decision does not restore the erased files.
    """
    chosen = list(dict.fromkeys(sessions))
    known = asyncio.run(_recordings(place))
    titles = [f"“{_of(session, known)['title']}”" for session in chosen]
    if not yes:
        question = f"Erase permanently all that was recorded of {', '.join(titles)}?"
        click.confirm(question, abort=True, err=True)
    answers = []
    for session in chosen:
        asked = Asked(place=place, action="consent", target=session, body=NO_RECORD)
        answer, lines = asyncio.run(decided(asked))
        answers.append(answer)
        if not as_json:
            click.echo("\n".join([*lines, "This does not restore the erased files."]))
    if as_json:
        click.echo(json.dumps(answers, ensure_ascii=False, indent=2))

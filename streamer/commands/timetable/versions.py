"""``streamer timetable versions`` and the decisions about the running service's feed.

These commands need a running service: without one no version arrives, and no change is held back.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from streamer.commands.place.place import Place, placed
from streamer.commands.place.reaching import served
from streamer.commands.terminal.printing import console
from streamer.core.base.json import Document
from streamer.core.base.words import counted

_SIGNS = {"added": "+", "removed": "-"}


@click.command("versions")
@click.argument("id", type=click.IntRange(min=1), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@placed
def versions(place: Place, /, id: int | None, as_json: bool) -> None:
    """List the versions of the feed, and the changes held back.

    With ID, show the changes of this version.
    """
    if id is not None:
        version = asyncio.run(_asked(place, "GET", f"versions/{id}"))
        if as_json:
            _echo(version)
        else:
            _show(version)
        return
    status, listed = asyncio.run(_both(place))
    if as_json:
        _echo({**status, **listed})
    else:
        _list(status, listed["versions"])


@click.command("approve")
@click.argument("id", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@placed
def approve(place: Place, /, id: str | None, as_json: bool) -> None:
    """Apply the held-back change with this ID, or all of them."""
    _decide(place, "approve", {"id": id} if id else {}, as_json)


@click.command("refuse")
@click.argument("id", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@placed
def refuse(place: Place, /, id: str | None, as_json: bool) -> None:
    """Dismiss held-back changes.

    Dismisses the change with this ID, or all of them, while the feed says the same.
    """
    _decide(place, "refuse", {"id": id} if id else {}, as_json)


@click.command("pin")
@click.argument("version", type=click.IntRange(min=1), required=False)
@click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@placed
def pin(place: Place, /, version: int | None, preview: bool, as_json: bool) -> None:
    """Follow VERSION, or the current one, and ignore the feed. Withdrawn consent still applies."""
    _follow(place, "pin", {"version": version} if version else {}, as_json, preview=preview)


@click.command("unpin")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@placed
def unpin(place: Place, /, as_json: bool) -> None:
    """Follow the feed again, from its newest version on."""
    _decide(place, "unpin", {}, as_json)


@click.command("rollback")
@click.argument("version", type=click.IntRange(min=1))
@click.option("--preview", is_flag=True, help="Say what would change, and change nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
@placed
def rollback(place: Place, /, version: int, preview: bool, as_json: bool) -> None:
    """Go back to VERSION and pin it. Running sessions continue."""
    _follow(place, "rollback", {"version": version}, as_json, preview=preview)


COMMANDS: tuple[click.Command, ...] = (versions, approve, refuse, pin, unpin, rollback)


def _decide(place: Place, action: str, body: Mapping[str, Any], as_json: bool) -> None:
    status = asyncio.run(_asked(place, "POST", action, body))
    if as_json:
        _echo(status)
    else:
        _stand(status)


def _follow(place: Place, action: str, body: Mapping[str, Any], as_json: bool, *, preview: bool) -> None:
    if not preview:
        _decide(place, action, body, as_json)
        return
    seen = asyncio.run(_asked(place, "POST", f"{action}?preview=1", body))
    if as_json:
        _echo(seen)
        return
    click.echo(f"Version {seen['version']} would apply: {counted(seen['sessions'], 'session')}.")
    _changes(seen)
    for held in seen["held"]:
        click.echo(f"would be held back: {held['reason']}")


async def _asked(place: Place, method: str, path: str, body: Mapping[str, Any] | None = None) -> Document:
    async with served(place) as service:
        return await service.timetable(method, path, body)


async def _both(place: Place) -> tuple[Document, Document]:
    async with served(place) as service:
        return await service.timetable("GET", ""), await service.timetable("GET", "versions")


# -- printing ------------------------------------------------------------------------------------------------


def _echo(document: Document) -> None:
    click.echo(json.dumps(document, ensure_ascii=False, indent=2))


def _stand(status: Document) -> None:
    current = status["current"]
    if status["pinned"] is not None:
        click.echo(f"Version {status['pinned']} is pinned.")
    elif current is not None:
        click.echo(f"Version {current['id']} applies, seen {current['at']}.")
    if status["error"]:
        click.echo(f"The feed has been unreadable since {status['failing_since']}: {status['error']}")
    for held in status["held"]:
        until = f" (until {held['until']})" if held["until"] else ""
        click.echo(f"held back {held['id']}: {held['reason']}{until}")
    for held in status["refused"]:
        click.echo(f"refused {held['id']}: {held['reason']}")


def _list(status: Document, found: list[Document]) -> None:
    table = Table("version", "seen", "state", "sessions", "changes", "why", title=Text(status["source"]))
    for version in found:
        changed = ", ".join(f"{number} {kind}" for kind, number in version["changed"].items())
        why = version["error"] or version["reason"]
        row = (str(version["id"]), version["at"], version["state"], str(version["sessions"]), changed, why)
        table.add_row(*map(Text, row))
    console().print(table)
    _stand(status)


def _show(version: Document) -> None:
    click.echo(f"Version {version['id']}, seen {version['at']}: {version['state']} {version['reason']}".rstrip())
    if version["error"]:
        click.echo(version["error"])
    _changes(version)


def _changes(version: Document) -> None:
    for change in version["changes"]:
        click.echo(f"{_SIGNS.get(change['kind'], '~')} {change['message']}")
    number = sum(version["changed"].values())
    click.echo(counted(number, "change") if number else "No change.")

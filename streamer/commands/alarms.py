"""``streamer alarms`` and ``streamer acknowledge``: the running service's alarms, and who takes one on."""

from __future__ import annotations

import asyncio
import json

import click

from streamer.commands.place.place import Place, placed
from streamer.commands.place.reaching import served
from streamer.core.base.json import Document


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@placed
def alarms(place: Place, as_json: bool) -> None:
    """List the alarms of the running service. Exits with 1 if an unacknowledged error is among them."""
    found: list[Document] = asyncio.run(_alarms(place))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        for line in _lines(found):
            click.echo(line)
    if any(one["severity"] == "error" and one["acknowledged"] is None for one in found):
        raise SystemExit(1)


@click.command()
@click.argument("id", metavar="ALARM")
@placed
def acknowledge(place: Place, id: str) -> None:
    """Take an alarm on: the others see who is on it."""
    found = asyncio.run(_acknowledge(place, id))
    click.echo(f"Acknowledged: {found['message']}")


async def _alarms(place: Place) -> list[Document]:
    async with served(place) as found:
        return list((await found.snapshot())["alarms"])


async def _acknowledge(place: Place, id: str) -> Document:
    async with served(place) as found:
        return await found.acknowledge(id)


def _lines(alarms: list[Document]) -> list[str]:
    if not alarms:
        return ["No alarms."]
    lines = []
    for one in sorted(alarms, key=lambda one: (one["severity"] != "error", one["since"])):
        taken = f" ({one['acknowledged']['by']} is on it)" if one["acknowledged"] else ""
        lines.append(f"{one['severity']}: {one['message']}{taken}")
        if one["hint"]:
            lines.append(f"  {one['hint']}")
        lines.append(f'  streamer acknowledge "{one["id"]}"')
    return lines

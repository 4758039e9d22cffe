"""``streamer timeline``: what happened to a session or on this day, from the running service or the store."""

from __future__ import annotations

import asyncio
import json
from typing import cast

import click

from streamer.commands.place.place import Place, placed
from streamer.commands.place.reaching import reached
from streamer.core.base.json import Document
from streamer.core.timeline.documents import TimelineDocument, markdown


@click.command()
@click.argument("session", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of Markdown.")
@placed
def timeline(place: Place, session: str | None, as_json: bool) -> None:
    """Say what happened to SESSION, or without one today, for the handover."""
    found, names = asyncio.run(_found(place, session))
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False, indent=2))
    else:
        click.echo(markdown(cast("TimelineDocument", found), names), nl=False)


async def _found(place: Place, session: str | None) -> tuple[Document, dict[str, str]]:
    async with reached(place) as found:
        names = {room["id"]: room["name"] for room in (await found.snapshot())["rooms"]}
        return await found.timeline(session), names

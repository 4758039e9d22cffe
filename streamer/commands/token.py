"""``streamer token``: access rights. A secret is printed once, when the token is made, and stored only as a digest."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from streamer.commands.place.place import Place, placed
from streamer.commands.place.reaching import reached
from streamer.commands.terminal.printing import console
from streamer.core.base.json import Document
from streamer.core.records.tokens import Role


@click.group()
def token() -> None:
    """Manage tokens for the pages and the programming interface."""


@token.command("add")
@click.option("--role", type=click.Choice([str(role) for role in Role]), required=True, help="What it may do.")
@click.option("--name", required=True, help="The owner's name, which is logged with decisions.")
@placed
def add(place: Place, role: str, name: str) -> None:
    """Make a token and print its secret, once."""
    click.echo(asyncio.run(_add(place, name, Role(role))))


async def _add(place: Place, name: str, role: Role) -> str:
    async with reached(place) as found:
        return await found.add_token(name, role)


@token.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@placed
def listing(place: Place, as_json: bool) -> None:
    """List the tokens that are valid, without their secrets."""
    tokens = [_shown(one) for one in asyncio.run(_tokens(place))]
    if as_json:
        click.echo(json.dumps({"tokens": tokens}, ensure_ascii=False, indent=2))
        return
    if not tokens:
        click.echo("No token exists.")
        return
    table = Table("Name", "Role", "Made", "For")
    for one in tokens:
        made = datetime.fromisoformat(one["created"]).astimezone()
        table.add_row(*map(Text, (one["name"], one["role"], f"{made:%Y-%m-%d %H:%M}", _PURPOSE[one["once"]])))
    console().print(table)


_PURPOSE = {True: "a link, to be used once", False: ""}


async def _tokens(place: Place) -> Sequence[Mapping[str, Any]]:
    async with reached(place) as found:
        return await found.tokens()


def _shown(one: Mapping[str, Any]) -> Document:
    created = datetime.fromtimestamp(one["created"], UTC)
    return {"name": one["name"], "role": one["role"], "created": created.isoformat("T", "seconds"), "once": one["once"]}


@token.command("revoke")
@click.argument("name")
@placed
def revoke(place: Place, name: str) -> None:
    """Revoke the token NAME at once."""
    asyncio.run(_revoke(place, name))
    click.echo(f"“{name}” is revoked.")


async def _revoke(place: Place, name: str) -> None:
    async with reached(place) as found:
        await found.revoke_token(name)

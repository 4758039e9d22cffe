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
from streamer.core.base.words import counted
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
    """List the valid tokens and links, and the browsers that are signed in, without their secrets."""
    tokens = [_shown(one) for one in asyncio.run(_tokens(place))]
    if as_json:
        click.echo(json.dumps({"tokens": tokens}, ensure_ascii=False, indent=2))
        return
    if not tokens:
        click.echo("No token exists.")
        return
    table = Table("Name", "Role", "Made", "Last use", "For")
    for one in tokens:
        times = (_local(one["created"]), _local(one["used"]) if one["used"] else "never")
        table.add_row(*map(Text, (one["name"], one["role"], *times, _PURPOSE[one["kind"]])))
    console().print(table)


_PURPOSE = {"token": "", "link": "a link, to be used once", "browser": "a browser that is signed in"}


def _local(instant: str) -> str:
    return f"{datetime.fromisoformat(instant).astimezone():%Y-%m-%d %H:%M}"


async def _tokens(place: Place) -> Sequence[Mapping[str, Any]]:
    async with reached(place) as found:
        return await found.tokens()


def _shown(one: Mapping[str, Any]) -> Document:
    used = _iso(one["used"]) if one["used"] is not None else None
    fields = {name: one[name] for name in ("name", "role", "kind", "once")}
    return {**fields, "created": _iso(one["created"]), "used": used}


def _iso(instant: float) -> str:
    return datetime.fromtimestamp(instant, UTC).isoformat("T", "seconds")


@token.command("revoke")
@click.argument("name")
@placed
def revoke(place: Place, name: str) -> None:
    """Revoke the token NAME at once, and sign out its browsers."""
    asyncio.run(_revoke(place, name))
    click.echo(f"“{name}” is revoked.")


async def _revoke(place: Place, name: str) -> None:
    async with reached(place) as found:
        await found.revoke_token(name)


@token.command("sign-out")
@click.argument("name", required=False)
@click.option("--all", "everybody", is_flag=True, help="Sign out all browsers of all tokens and links.")
@placed
def sign_out(place: Place, name: str | None, everybody: bool) -> None:
    """Sign out all browsers that signed in with the token or link NAME. The token stays valid."""
    if everybody == (name is not None):
        raise click.UsageError("name a token, or give --all")
    count = asyncio.run(_sign_out(place, name))
    click.echo(f"{counted(count, 'browser')} signed out.")


async def _sign_out(place: Place, name: str | None) -> int:
    async with reached(place) as found:
        return await found.sign_out(name)

"""``streamer room``: the crew's decisions about a room, made by the running service or in the store."""

from __future__ import annotations

import click

from streamer.commands.session.derived import decision_commands


@click.group()
def room() -> None:
    """Decide about rooms."""


for one in decision_commands("rooms"):
    room.add_command(one)

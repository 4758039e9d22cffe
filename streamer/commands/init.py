"""``streamer init``: writes the files that a new conference begins with. Overwrites nothing and asks nothing."""

from __future__ import annotations

import shlex
from pathlib import Path

import click

from streamer.commands.terminal.invocation import Invocation
from streamer.core.base.errors import StoreError
from streamer.shipped import CONFIG, shipped_files


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.pass_obj
def init(invocation: Invocation, folder: Path | None) -> None:
    """Write a commented config.toml and the shipped timetables into FOLDER (default: here).

    Files that exist stay as they are.
    """
    config = invocation.config if folder is None else folder / CONFIG
    for name, content in shipped_files().items():
        path = config if name == CONFIG else config.parent / name
        click.echo(f"{'wrote' if _written(path, content) else 'kept'} {path}")
    click.echo(_next_steps(config))


def _written(path: Path, content: bytes) -> bool:
    """Write a new file; False where it exists. Raises StoreError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as file:
            try:
                file.write(content)
                file.flush()
            except OSError:
                path.unlink()  # half a file would be kept by the next try
                raise
    except (FileExistsError, NotADirectoryError) as error:
        if path.is_file():
            return False
        hint = "name another folder: streamer init FOLDER"
        raise StoreError("something else has this name", where=str(error.filename), hint=hint) from error
    except OSError as error:
        hint = "name a folder that this user can write to: streamer init FOLDER"
        raise StoreError(f"it can't be written: {error.strerror}", where=str(path), hint=hint) from error
    return True


def _next_steps(config: Path) -> str:
    there = "" if config == Path(CONFIG) else f" --config {shlex.quote(str(config))}"
    steps = {
        f"streamer run --rehearse --compress 90{there}": "rehearses the shipped day, on http://127.0.0.1:8080",
        f"streamer check{there}": "says what the configuration lacks for your conference",
        f"streamer run{there}": "runs it",
    }
    width = max(map(len, steps))
    return "\n".join(["", "Next:", *(f"  {step:<{width}}  {what}" for step, what in steps.items())])

"""Output of a long command: progress bars on a terminal, plain lines elsewhere, only JSON with ``--json``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

import click
from rich.progress import BarColumn, Progress, TaskID, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.text import Text

from streamer.commands.terminal.printing import console


class Screen:
    """A context manager. ``quiet``: standard output is reserved for a document."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        out = console()
        self._bars = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            console=out,
            transient=True,
            disable=quiet or not out.is_terminal,
        )

    def __enter__(self) -> Screen:
        self._bars.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bars.stop()

    def line(self, text: str) -> None:
        """A result."""
        if self._quiet:
            return
        if self._bars.disable:
            click.echo(text)
        else:
            self._bars.console.print(Text(text), soft_wrap=True)

    def note(self, text: str) -> None:
        """Print a problem on standard error."""
        if self._bars.disable:
            click.echo(f"! {text}", err=True)
        else:
            self._bars.console.print(Text(f"! {text}", style="yellow"), soft_wrap=True)

    @contextmanager
    def task(self, description: str, total: float | None) -> Iterator[Callable[[float], None]]:
        """A bar while the context lasts; call the yielded function with the progress. ``total`` None: unknown."""
        bar = self._bars.add_task(description, total=total)

        def advance(done: float) -> None:
            self._bars.update(bar, completed=done)

        try:
            yield advance
        finally:
            self._bars.remove_task(bar)

    @contextmanager
    def shares(self, describe: Callable[[str], str]) -> Iterator[Callable[[str, float], None]]:
        """A bar for each name that is reported, with its share 0…1."""
        bars: dict[str, TaskID] = {}

        def report(name: str, share: float) -> None:
            if name not in bars:
                bars[name] = self._bars.add_task(describe(name), total=1.0)
            self._bars.update(bars[name], completed=share)

        try:
            yield report
        finally:
            for bar in bars.values():
                self._bars.remove_task(bar)

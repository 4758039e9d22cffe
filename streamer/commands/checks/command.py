"""``streamer check``: the preflight. One line for each possible problem, with its remedy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field

import click
from rich.console import Console
from rich.text import Text

from streamer.commands.checks import disk, machine, messages, programme, secrets, service, sources, store
from streamer.commands.checks.finding import Finding, Status, of_error, warning
from streamer.commands.place import assembly
from streamer.commands.place.place import Place, place_of
from streamer.commands.terminal.invocation import Invocation
from streamer.commands.terminal.printing import console
from streamer.config import problems
from streamer.core.base.words import counted
from streamer.core.jobs.source_facts import SourceFacts

_SIGNS = {Status.OK: ("✓", "green"), Status.WARNING: ("!", "yellow"), Status.ERROR: ("✗", "red")}


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option(
    "--seconds",
    type=click.FloatRange(min=0.5, max=60),
    default=5.0,
    show_default=True,
    help="How long to receive each source.",
)
@click.pass_obj
def check(invocation: Invocation, as_json: bool, seconds: float) -> None:
    """Check everything that the conference day depends on.

    Checks configuration, timetable, FFmpeg, sources, disk and ports, and changes nothing. The exit status is 1 if any
    line is red. Sources that a running service uses are not opened.
    """
    screen = _Screen(quiet=as_json)
    asyncio.run(_check(invocation, seconds, screen))
    if as_json:
        click.echo(json.dumps([_document(one) for one in screen.findings], ensure_ascii=False, indent=2))
    else:
        screen.summary()
    if any(one.status is Status.ERROR for one in screen.findings):
        click.get_current_context().exit(1)


async def _check(invocation: Invocation, seconds: float, screen: _Screen) -> None:
    unusable = await asyncio.to_thread(problems, invocation.config)
    if unusable:
        screen.show(of_error("config", error) for error in unusable)
        return
    config = invocation.load()
    screen.secrets = config.secrets
    what = f"{invocation.config}: {counted(len(config.rooms), 'room')}"
    screen.show([Finding(name="config", message=what)])
    if not config.rooms:
        screen.show([warning("config", "no room is configured", "add one as [[rooms]], with id and source")])
    screen.show(await asyncio.to_thread(lambda: list(secrets.examine(config))))
    screen.show(await asyncio.to_thread(messages.examine, config))
    with screen.waiting(f"receiving each source for {seconds:g} s"):
        async for findings in _findings(place_of(invocation, rehearsal=False), seconds):
            screen.show(findings)


async def _findings(place: Place, seconds: float) -> AsyncIterator[list[Finding]]:
    """Each check follows those that it depends on; slow checks come last."""
    now = assembly.now()
    findings, day = await programme.examine(place, now)
    yield findings
    findings, ffmpeg = await machine.ffmpeg(place.config)
    yield findings
    yield [await asyncio.to_thread(service.data_folder, place)]
    findings, services_found = await service.service(place)
    yield findings
    yield [await service.listening(place, services_found)]
    yield [one for one in (service.public_address(place.config),) if one is not None]
    yield await store.examine(place, day, now)
    yield [one for one in (machine.clock(), machine.udp_buffers(place.config)) if one is not None]
    yield [machine.open_files(place.config, day)]
    facts: dict[str, SourceFacts] = {}
    async for probed in sources.examine(place.config, ffmpeg, services_found, seconds, place.patience.publisher):
        yield probed.findings
        if probed.facts is not None:
            facts[probed.room] = probed.facts
    yield [await asyncio.to_thread(disk.examine, place, day, facts, now)]


@dataclass(slots=True, kw_only=True)
class _Screen:
    """Prints findings as they come, or collects them for the JSON document. ``secrets`` are masked."""

    quiet: bool
    secrets: tuple[str, ...] = ()
    findings: list[Finding] = field(default_factory=list)
    out: Console = field(default_factory=console)

    def show(self, findings: Iterable[Finding]) -> None:
        for one in findings:
            finding = one.redacted(self.secrets)
            self.findings.append(finding)
            if not self.quiet:
                self.out.print(_line(finding), soft_wrap=True)

    def waiting(self, text: str) -> AbstractContextManager[object]:
        return self.out.status(text) if self.out.is_terminal and not self.quiet else nullcontext()

    def summary(self) -> None:
        red, yellow = (sum(f.status is status for f in self.findings) for status in (Status.ERROR, Status.WARNING))
        if red:
            self.out.print(
                Text(f"{counted(red, 'problem')} to fix" + (f", {counted(yellow, 'warning')}" if yellow else ""))
            )
        else:
            self.out.print(Text(f"Ready; {counted(yellow, 'warning')}" if yellow else "Ready"))


def _line(one: Finding) -> Text:
    sign, style = _SIGNS[one.status]
    name = f"{one.name} {one.room}" if one.room else one.name
    line = Text.assemble((f"{sign} {name:<16}", style), f" {one.message}")
    if one.hint:
        line.append(f" → {one.hint}", style="bold" if one.status is Status.ERROR else "dim")
    return line


def _document(one: Finding) -> dict[str, str]:
    document = {"name": one.name, "status": str(one.status), "message": one.message, "hint": one.hint}
    return {**document, "room": one.room} if one.room else document

"""``streamer run``: the service in the foreground, from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import faulthandler
import logging
import os
import resource
import signal
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import click
import structlog
from rich.console import Console
from rich.table import Table

from streamer.commands.place import assembly
from streamer.commands.place.assembly import Mode, Shape
from streamer.commands.place.messages import messenger_of
from streamer.commands.service import rehearsal
from streamer.commands.service.rehearsed_rooms import of_timetable
from streamer.commands.service.systemd import Notifier
from streamer.commands.terminal.invocation import Invocation
from streamer.commands.terminal.logs import log_to_stderr
from streamer.config import Config
from streamer.config.exposure import close_to_others, exposed_files
from streamer.core.base.address import Address, parse_address
from streamer.core.base.errors import StreamerError
from streamer.core.base.layout import CONTROL_SOCKET
from streamer.core.base.words import counted
from streamer.core.records.journal import Audience
from streamer.core.records.tokens import Role
from streamer.core.status.alarm_messages import AlarmMessages
from streamer.core.timetable.sessions import Timetable
from streamer.engine.service.alarm_messenger import pass_alarms_on
from streamer.engine.service.service import Service
from streamer.engine.service.tokens import listed
from streamer.engine.status.bus import Subscription
from streamer.media.ffmpeg.program import FFmpeg
from streamer.store.folder.data_folder import prepare_folder
from streamer.store.folder.lock import FolderLock
from streamer.web.api.control import link
from streamer.web.pages.pages import Site
from streamer.web.server import WebServer

log = structlog.stdlib.get_logger(__name__)


def _address(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Address | None:
    try:
        return parse_address(value) if value is not None else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.option(
    "--rehearse", is_flag=True, help="Move the whole day to now, on test pictures where a room has no source."
)
@click.option("--compress", type=click.FloatRange(min=1), default=1.0, help="Divide a rehearsal's times by this.")
@click.option("--listen", metavar="ADDRESS", callback=_address, help="Listen here instead, such as 127.0.0.1:8080.")
@click.option(
    "--timetable",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Rehearse this timetable instead, with a test picture in each of its rooms.",
)
@click.pass_obj
def run(
    invocation: Invocation, rehearse: bool, compress: float, listen: Address | None, timetable: Path | None
) -> None:
    """Run the service until it is stopped."""
    if compress != 1.0 and not rehearse:
        raise click.UsageError("--compress belongs to --rehearse")
    if timetable is not None and not rehearse:
        raise click.UsageError("--timetable belongs to --rehearse")
    faulthandler.enable()  # a watchdog ends us by SIGABRT: the journal then shows where we hung
    notifier = Notifier.taken_from(os.environ)
    if rehearse and invocation.plays_shipped_day:
        click.echo("No config.toml is here, so this is the shipped day; make one with: streamer init")
        config = invocation.load_shipped_day()
    else:
        config = invocation.load()
    mode = Mode(rehearse=rehearse, compress=compress)
    _live_in(config.conference.timezone)
    log_to_stderr(logging.INFO, config.secrets)
    for path in exposed_files(config):
        hint = close_to_others(path)
        log.warning("other users of this machine can read a file with secrets", path=str(path), hint=hint)
    _allow_many_files()
    if listen:
        config = _listening(config, listen)
    if timetable is not None:
        config = asyncio.run(of_timetable(config, timetable.absolute()))
    asyncio.run(_Run(config, mode, notifier).whole())


def _live_in(zone: str) -> None:
    """Set the process's zone to the venue's, for the log and for the clock in FFmpeg's test pictures."""
    os.environ["TZ"] = zone
    time.tzset()


def _listening(config: Config, listen: Address) -> Config:
    """The configuration with another address, which the guard against a feed from this service also needs."""
    server = config.server.model_copy(update={"listen": listen})
    return config.model_copy(update={"server": server})


class _Run:
    """One run, with its clean-up."""

    def __init__(self, config: Config, mode: Mode, notifier: Notifier) -> None:
        self._config = config
        self._mode = mode
        self._notifier = notifier
        self._data = assembly.data_folder(config, mode)
        self._stop = asyncio.Event()
        self._keep_media = False
        self._messenger = None if mode.rehearse else messenger_of(config)
        self._out = Console(highlight=False, soft_wrap=True)

    async def whole(self) -> None:
        ffmpeg = await assembly.find_ffmpeg(self._config)
        prepare_folder(self._config.storage.data)
        prepare_folder(self._data)
        lock = FolderLock(self._data)
        lock.acquire()
        try:
            feed = assembly.feed(self._config, self._data)
            timetable = (await feed.load()).timetable
            shape = await self._shape(timetable, ffmpeg)
            service = assembly.service(self._config, self._mode, ffmpeg, shape, feed)
            with self._signals():
                await self._serve(service, shape(timetable).title)
        finally:
            lock.release()

    async def _shape(self, timetable: Timetable, ffmpeg: FFmpeg) -> Shape:
        """Matches rooms; in a rehearsal also moves the day to now."""
        match = assembly.matching(self._config)
        if not self._mode.rehearse:
            return match
        source, factor = self._config.conference.timetable, self._mode.compress
        now = assembly.now()
        if not rehearsal.goes_on(self._data, timetable, source, factor, now):
            await rehearsal.clear(self._data, assembly.launcher(self._data, ffmpeg))
        frame = rehearsal.begin(self._data, timetable, source, factor, assembly.now())

        def shape(timetable: Timetable) -> Timetable:
            return match(frame.shape(timetable))

        return shape

    @contextlib.contextmanager
    def _signals(self) -> Iterator[None]:
        """SIGINT, SIGTERM and SIGHUP request the end; a second SIGINT ends the process at once."""
        loop = asyncio.get_running_loop()

        def asked(number: signal.Signals) -> None:
            if self._stop.is_set() and number is signal.SIGINT:
                self._out.print("killed; the keeper ends the media")
                os._exit(130)
            self._keep_media = number is signal.SIGTERM and self._config.server.detach
            if not self._stop.is_set():
                self._out.print("leaving the media running" if self._keep_media else "stopping, Ctrl-C again kills")
            self._stop.set()

        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        for number in numbers:
            loop.add_signal_handler(number, asked, number)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    async def _serve(self, service: Service, title: str) -> None:
        server = WebServer(
            service,
            listen=self._config.server.listen,
            control=self._data / CONTROL_SOCKET,
            pages=Site(title=title, rehearsal=self._mode.rehearse),
            stop_service=self._stop.set,
            public_url=self._config.server.public_url,
            trusted_proxies=[str(p) for p in self._config.server.trusted_proxies],
            allowed_hosts=self._config.server.allowed_hosts,
            connections_per_address=self._config.server.connections_per_address,
        )
        await server.start()
        telling: list[asyncio.Task[None]] = []
        try:
            alarms = service.subscribe(Audience.CREW)
            await service.start()
            await self._greet(service, server)
            self._notifier.ready()
            telling = [
                *self._messages(service, alarms),
                asyncio.create_task(self._say_when_finished(service), name="the day's end"),
                asyncio.create_task(self._notifier.keep_telling(service), name="systemd"),
            ]
            await self._stop.wait()
        finally:
            self._notifier.stopping()
            for task in telling:
                task.cancel()
            await server.stop()
            asked = self._stop.is_set()  # a failed start does not end media that ran without us
            await service.stop(end_media=not (self._keep_media if asked else service.took_over))
            if self._mode.rehearse and self._stop.is_set() and not self._keep_media:
                rehearsal.end(self._data)

    def _messages(self, service: Service, alarms: Subscription) -> list[asyncio.Task[None]]:
        """The tasks that send alarms as messages; none in a rehearsal. ``alarms`` begins before the service's start."""
        if self._messenger is None:
            alarms.close()
            return []
        told = AlarmMessages(service.snapshot(Audience.VIEWER)["conference"]["title"], self._config.alarms.severity)

        def names() -> dict[str, str]:
            return {room["id"]: room["name"] for room in service.snapshot(Audience.VIEWER)["rooms"]}

        def again() -> Subscription:
            return service.subscribe(Audience.CREW)

        passing = pass_alarms_on(alarms, again, told, self._messenger, names)
        return [
            asyncio.create_task(self._messenger.run(), name="messages"),
            asyncio.create_task(passing, name="alarms as messages"),
        ]

    async def _greet(self, service: Service, server: WebServer) -> None:
        snapshot = service.snapshot(Audience.VIEWER)
        title, zone = snapshot["conference"]["title"], ZoneInfo(snapshot["conference"]["timezone"])
        address = server.addresses[0]
        kind = f"rehearsal of {title}, compressed {self._mode.compress:g}×" if self._mode.rehearse else title
        sessions, rooms = counted(len(snapshot["sessions"]), "session"), counted(len(snapshot["rooms"]), "room")
        self._out.print(f"\n[bold]{kind}[/bold]: {sessions} in {rooms}")
        self._out.print(f"  attendees    {address}/")
        if self._mode.rehearse or not listed(service.tokens):
            await self._offer_links(service, address)
        self._say_next(service.next_start(), zone, assembly.now())
        self._out.print("")

    async def _offer_links(self, service: Service, address: str) -> None:
        try:
            for role, page in ((Role.CREW, "/crew"), (Role.ORGANISER, "/recordings")):
                url = link(address, await service.tokens.one_time(role)) + f"&next={page}"
                self._out.print(f"  {role:<12} {url}  (once)")
        except StreamerError as error:  # the media matters more
            log.error("the login links can't be made: make tokens later with `streamer token add`", error=error)

    def _say_next(self, start: datetime | None, zone: ZoneInfo, now: datetime) -> None:
        if start is None:
            self._out.print("  no session is left in this timetable; the pages stay")
        elif start.astimezone(zone).date() == now.astimezone(zone).date():
            self._out.print(f"  next session at {start.astimezone(zone):%H:%M:%S}")
        else:
            self._out.print(f"  nothing today: the next session is on {start.astimezone(zone):%A, %d %B %Y at %H:%M}")

    async def _say_when_finished(self, service: Service) -> None:
        """Prints a rehearsal's recordings at its end; the pages stay."""
        if not self._mode.rehearse:
            return
        async for _ in service.subscribe(Audience.CREW):
            if service.finished():
                break
        self._out.print(_recordings(service))
        self._out.print("The rehearsal is over; the pages stay until Ctrl-C.")


def _allow_many_files() -> None:
    """Raise the limit of file descriptors to the hard limit, because every viewer needs one."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def _recordings(service: Service) -> Table:
    table = Table("session", "state", "length", "covered", title="Recordings")
    table.add_column("file", overflow="fold")
    for recording in service.library.documents():
        files = [f for f in recording["files"] if f["kind"] == "mp4"]
        session = recording["session"]
        path = str(service.library.file(session, files[0]["name"])[0]) if files else recording["reason"]
        table.add_row(
            session,
            recording["state"],
            f"{recording['duration']:.1f} s",
            f"{recording['coverage']:.1%}",
            path,
        )
    return table

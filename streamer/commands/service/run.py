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
from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console
from rich.table import Table

from streamer.commands.place import assembly
from streamer.commands.place.assembly import Mode, Shape
from streamer.commands.service import rehearsal
from streamer.commands.service.systemd import Notifier
from streamer.commands.terminal.invocation import Invocation
from streamer.config import Config, parse_address
from streamer.core.base.errors import StreamerError
from streamer.core.base.layout import CONTROL_SOCKET
from streamer.core.base.redact import redact
from streamer.core.records.journal import Audience
from streamer.core.records.tokens import Role
from streamer.core.timetable.sessions import Timetable
from streamer.engine.service.service import Service
from streamer.media.ffmpeg.program import FFmpeg
from streamer.store.folder.data_folder import prepare_folder
from streamer.store.folder.lock import FolderLock
from streamer.web.api.control import link
from streamer.web.pages.pages import Site
from streamer.web.server import WebServer

log = logging.getLogger(__name__)


@click.command()
@click.option(
    "--rehearse", is_flag=True, help="Move the whole day to now, on test pictures where a room has no source."
)
@click.option("--compress", type=click.FloatRange(min=1), default=1.0, help="Divide a rehearsal's times by this.")
@click.option("--listen", metavar="ADDRESS", help="Listen here instead, such as 127.0.0.1:8080.")
@click.pass_obj
def run(invocation: Invocation, rehearse: bool, compress: float, listen: str | None) -> None:
    """Run the service until it is stopped."""
    if compress != 1.0 and not rehearse:
        raise click.UsageError("--compress belongs to --rehearse")
    faulthandler.enable()  # a watchdog ends us by SIGABRT: the journal then says where we hung
    notifier = Notifier.taken_from(os.environ)
    config = invocation.load()
    mode = Mode(rehearse=rehearse, compress=compress)
    _live_in(config.conference.timezone)
    _log_to_terminal(config.secrets)
    _allow_many_files()
    if listen:
        config = _listening(config, listen)
    asyncio.run(_Run(config, mode, listen or str(config.server.listen), notifier).whole())


def _live_in(zone: str) -> None:
    """Let the log and the clock in test pictures, which FFmpeg takes from its environment, agree with the pages."""
    os.environ["TZ"] = zone
    time.tzset()


def _listening(config: Config, listen: str) -> Config:
    """The configuration with another address, so that a feed that leads to us is known."""
    try:
        server = config.server.model_copy(update={"listen": parse_address(listen)})
    except ValueError:
        return config
    return config.model_copy(update={"server": server})


class _Redacting(logging.Formatter):
    """The last guard: whatever a library puts into the log, no key or password leaves by it."""

    def __init__(self, secrets: Sequence[str]) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s", "%H:%M:%S")
        self._secrets = tuple(secrets)

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record), self._secrets)


def _log_to_terminal(secrets: Sequence[str]) -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(_Redacting(secrets))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in ("apscheduler", "alembic", "socketio", "engineio", "streamer.web.sockets.namespaces.wire"):
        logging.getLogger(name).setLevel(logging.WARNING)


class _Run:
    """One run, with what it must undo at its end."""

    def __init__(self, config: Config, mode: Mode, listen: str, notifier: Notifier) -> None:
        self._config = config
        self._mode = mode
        self._listen = listen
        self._notifier = notifier
        self._data = assembly.data_folder(config, mode)
        self._stop = asyncio.Event()
        self._keep_media = False
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
        """Rooms matched; in a rehearsal also the frame that moves the day to now."""
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
        """SIGINT, SIGTERM and SIGHUP ask for the end; a second SIGINT does not wait for it."""
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
            listen=self._listen,
            control=self._data / CONTROL_SOCKET,
            pages=Site(title=title, rehearsal=self._mode.rehearse),
            stop_service=self._stop.set,
            public_url=self._config.server.public_url,
            trusted_proxies=[str(p) for p in self._config.server.trusted_proxies],
        )
        await server.start()
        telling: list[asyncio.Task[None]] = []
        try:
            await service.start()
            await self._greet(service, server)
            self._notifier.ready()
            telling = [
                asyncio.create_task(self._say_when_finished(service), name="the day's end"),
                asyncio.create_task(self._notifier.keep_telling(service), name="systemd"),
            ]
            await self._stop.wait()
        finally:
            self._notifier.stopping()
            for task in telling:
                task.cancel()
            await server.stop()
            asked = self._stop.is_set()  # a start that fails is no reason to end what went on without us
            await service.stop(end_media=not (self._keep_media if asked else service.took_over))
            if self._mode.rehearse and self._stop.is_set() and not self._keep_media:
                rehearsal.end(self._data)

    async def _greet(self, service: Service, server: WebServer) -> None:
        snapshot = service.snapshot(Audience.VIEWER)
        title, zone = snapshot["conference"]["title"], ZoneInfo(snapshot["conference"]["timezone"])
        address = server.addresses[0]
        kind = f"rehearsal of {title}, compressed {self._mode.compress:g}×" if self._mode.rehearse else title
        sessions, rooms = _counted(snapshot["sessions"], "session"), _counted(snapshot["rooms"], "room")
        self._out.print(f"\n[bold]{kind}[/bold]: {sessions} in {rooms}")
        self._out.print(f"  attendees    {address}/")
        if self._mode.rehearse or not service.tokens.listing():
            await self._offer_links(service, address)
        self._say_next(service.next_start(), zone, assembly.now())
        self._out.print("")

    async def _offer_links(self, service: Service, address: str) -> None:
        try:
            for role, page in ((Role.CREW, "/crew"), (Role.ORGANISER, "/recordings")):
                url = link(address, await service.tokens.one_time(role)) + f"&next={page}"
                self._out.print(f"  {role:<12} {url}  (once)")
        except StreamerError as error:  # the media matters more
            log.error("links to log in by can't be made now, `streamer token add` makes tokens later: %s", error)

    def _say_next(self, start: datetime | None, zone: ZoneInfo, now: datetime) -> None:
        if start is None:
            self._out.print("  no session is left in this timetable; the pages stay")
        elif start.astimezone(zone).date() == now.astimezone(zone).date():
            self._out.print(f"  next session at {start.astimezone(zone):%H:%M:%S}")
        else:
            self._out.print(f"  nothing today: the next session is on {start.astimezone(zone):%A, %d %B %Y at %H:%M}")

    async def _say_when_finished(self, service: Service) -> None:
        """At a rehearsal's end: what was recorded. The pages stay."""
        if not self._mode.rehearse:
            return
        async for _ in service.subscribe(Audience.CREW):
            if service.finished():
                break
        self._out.print(_recordings(service))
        self._out.print("The rehearsal is over; the pages stay until Ctrl-C.")


def _counted(things: Sequence[object], name: str) -> str:
    return f"{len(things)} {name}" if len(things) == 1 else f"{len(things)} {name}s"


def _allow_many_files() -> None:
    """Every viewer is a file descriptor: take as many as this user may have."""
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

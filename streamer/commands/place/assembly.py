"""Assembles a service from a configuration. This is the only module that knows all floors."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

from streamer.config import Config
from streamer.core.base.errors import FFmpegMissing, SourceError
from streamer.core.base.ids import RoomId, RunId
from streamer.core.base.layout import FEEDS, KEEPER_SOCKET, REHEARSAL
from streamer.core.base.redact import redact
from streamer.core.jobs.specs import JobSpec
from streamer.core.plan.policy import Policy, RoomSetup
from streamer.core.records.sign_ins import SignInLimits
from streamer.core.timetable.diff import ChangeKind
from streamer.core.timetable.room_matching import ConfiguredRoom, match_rooms, room_ids
from streamer.core.timetable.sessions import Timetable
from streamer.core.trust.settings import Distrust
from streamer.engine.feed.first_version import Beginning
from streamer.engine.machine.clock import SystemClock
from streamer.engine.service.parts import ConferenceSetup, Parts
from streamer.engine.service.service import Service
from streamer.engine.turns.bells import SchedulerBells
from streamer.media import command_lines as argv
from streamer.media.capture.salvage import FolderSalvage
from streamer.media.capture.sources import is_segmented, validate
from streamer.media.capture.takes import Takes
from streamer.media.capture.taps import allocate
from streamer.media.ffmpeg.command import Command
from streamer.media.ffmpeg.program import FFmpeg, find, missing
from streamer.media.files.export import FileExporter
from streamer.media.live.chunks import LiveRuns
from streamer.media.live.cmaf import shift_tfdt
from streamer.media.live.ledger_files import FileLedgers
from streamer.media.live.slate import Slates
from streamer.media.monitor.monitor import FFmpegMonitor
from streamer.media.processes.launcher import KeeperLauncher
from streamer.outside.feeds.merged import MergedFeed, Reading, kept_of_all, read_all
from streamer.outside.feeds.setup import FeedSetup
from streamer.outside.fetching.addresses import Ourselves, port_of
from streamer.store.database.sql_store import SqlStore
from streamer.store.folder.disk import DataDisk
from streamer.store.folder.meter_files import MeterFiles

TEST_SOURCE = "test:"

Shape = Callable[[Timetable], Timetable]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mode:
    """How the service runs. ``compress`` divides the times of a rehearsal."""

    rehearse: bool = False
    compress: float = 1.0


def data_folder(config: Config, mode: Mode) -> Path:
    """Where this run works: a rehearsal has a folder of its own."""
    return config.storage.data / REHEARSAL if mode.rehearse else config.storage.data


def configured_rooms(config: Config) -> list[ConfiguredRoom]:
    return [ConfiguredRoom(id=RoomId(r.id), name=r.name, aliases=tuple(r.aliases)) for r in config.rooms]


def matching(config: Config) -> Shape:
    """Converts a feed's timetable into the conference's: matches rooms and sets the configured title."""
    rooms = configured_rooms(config)

    def shape(timetable: Timetable) -> Timetable:
        matched = match_rooms(timetable, rooms)
        return replace(matched, title=config.conference.title) if config.conference.title else matched

    return shape


def feeds(config: Config) -> list[FeedSetup]:
    """The main programme, then the further feeds in their order."""
    conference, rooms = config.conference, configured_rooms(config)
    public = urlsplit(config.server.public_url or "")
    ourselves = Ourselves(
        port=config.server.listen.port,
        public=(public.hostname, port_of(public.scheme, public.port)) if public.hostname else None,
    )
    main = FeedSetup(
        address=conference.timetable,
        timezone=conference.timezone,
        options=conference.timetable_options,
        token=conference.token or "",
        poll=conference.poll,
        ourselves=ourselves,
    )
    return [
        main,
        *(
            FeedSetup(
                address=one.timetable,
                name=one.name,
                priority=one.priority,
                rooms=room_ids(one.rooms, rooms),
                timezone=one.timezone or conference.timezone,
                options=replace(one.timetable_options, format=one.format or one.timetable_options.format),
                token=one.token or "",
                poll=one.poll or conference.poll,
                ourselves=ourselves,
            )
            for one in config.feeds
        ),
    ]


def in_rooms(config: Config) -> Shape:
    """Assigns a feed's sessions to the configured rooms."""
    rooms = configured_rooms(config)
    return lambda timetable: match_rooms(timetable, rooms)


def feed(config: Config, data: Path) -> MergedFeed:
    return MergedFeed(feeds(config), cache=data / FEEDS, match=in_rooms(config))


async def published(config: Config) -> Reading:
    """Reads all feeds."""
    return await read_all(feeds(config), in_rooms(config))


def kept(config: Config, data: Path) -> Reading:
    """The last good copy of each feed. Blocking."""
    return kept_of_all(feeds(config), data / FEEDS, in_rooms(config))


def policy(config: Config, mode: Mode, taps: dict[RoomId, int]) -> Policy:
    """The setup rules of a configuration. A rehearsal gives rooms without a source a test picture.

    Does not check whether sources can be used, because decisions do not need them.
    """
    rooms = {}
    for room in config.rooms:
        source = room.source or (TEST_SOURCE if mode.rehearse else None)
        rooms[RoomId(room.id)] = RoomSetup(
            id=RoomId(room.id),
            name=room.name,
            source=source,
            listen=room.listen,
            input_options=room.input_options,
            tap=taps.get(RoomId(room.id), 0),
            redundancy=room.redundancy if room.source else 1,
            bursts=is_segmented(source or ""),
        )
    rules = Policy(
        lead=config.capture.lead,
        linger=config.capture.linger,
        ring=config.capture.ring,
        pre_roll=config.recording.pre_roll,
        post_roll=config.recording.post_roll,
        keep_padding=config.recording.keep_padding,
        playable=config.recording.playable,
        silence=config.alarms.silence,
        monitor=config.capture.monitor,
        record_default=config.recording.default,
        stream_default=config.livestream.default,
        renditions=tuple(config.livestream.renditions),
        reserve=config.storage.reserve,
        rooms=rooms,
    )
    return rules.compressed(mode.compress) if mode.rehearse else rules


def distrust(config: Config) -> Distrust:
    """The settings that judge new versions of the timetable."""
    rules = config.changes
    return Distrust(
        soon=rules.soon,
        patience=rules.patience,
        ask_running=frozenset(map(ChangeKind, rules.ask_running)),
        ask_soon=frozenset(map(ChangeKind, rules.ask_soon)),
    )


def fingerprint(config: Config) -> str:
    """A digest of the settings that decide how feeds are read. Versions read under others are not compared."""
    rooms = [(r.id, r.name, r.aliases) for r in config.rooms]
    return hashlib.sha256(f"{config.conference!r} {config.feeds!r} {rooms!r}".encode()).hexdigest()[:16]


def beginning(config: Config, mode: Mode, taps: dict[RoomId, int]) -> Beginning:
    source = redact(config.conference.timetable, config.secrets)
    return Beginning(policy(config, mode, taps), distrust(config), source, fingerprint(config))


def check_sources(config: Config) -> None:
    """Raises SourceError, naming the room, for a source that is written wrongly."""
    for room in config.rooms:
        if room.source is None:
            continue
        try:
            validate(room.source, room.listen, room.input_options, room.redundancy)
        except SourceError as error:
            raise SourceError(error.message, where=f"[[rooms]] {room.id}: source", hint=error.hint) from error


async def find_ffmpeg(config: Config) -> FFmpeg:
    """The FFmpeg to use. Raises FFmpegMissing if none is found, or it lacks a needed feature."""
    ffmpeg = await find(str(config.ffmpeg.path) if config.ffmpeg.path else None)
    lacking = missing(ffmpeg)
    if lacking:
        raise FFmpegMissing(
            f"it has no {', '.join(lacking)}", where=ffmpeg.path, hint="leave [ffmpeg] path out to use the bundled one"
        )
    return ffmpeg


def launcher(data: Path, ffmpeg: FFmpeg) -> KeeperLauncher:
    def command(spec: JobSpec, run: RunId) -> Command:
        return argv.command(ffmpeg.path, spec, run)

    return KeeperLauncher(data, command)


def service(config: Config, mode: Mode, ffmpeg: FFmpeg, shape: Shape, feed: MergedFeed) -> Service:
    """A service that is ready to start, on a feed that may be loaded already. The data folder must exist."""
    check_sources(config)
    data = data_folder(config, mode)
    in_use = (data / KEEPER_SOCKET).exists()
    taps = allocate(data, [RoomId(r.id) for r in config.rooms], in_use=in_use)
    parts = Parts(
        clock=SystemClock(),
        store=SqlStore(None if mode.rehearse else config.storage.database, data=data),
        launcher=launcher(data, ffmpeg),
        takes=Takes(data),
        disk=DataDisk(data),
        salvage=FolderSalvage(data),
        folders=LiveRuns(data),
        ledgers=FileLedgers(data),
        painter=Slates(data, ffmpeg.path),
        exporter=FileExporter(data, ffmpeg.path),
        bells=SchedulerBells(),
        feed=feed,
        monitor=FFmpegMonitor(data, ffmpeg.path),
        timelines=MeterFiles(data),
        shift=shift_tfdt,
    )
    setup = ConferenceSetup(
        data=data,
        policy=policy(config, mode, taps),
        shape=shape,
        privacy_notice=config.conference.privacy_notice,
        rehearsal=mode.rehearse,
        distrust=distrust(config),
        sign_in_limits=sign_in_limits(config),
        source=redact(config.conference.timetable, config.secrets),
        fingerprint=fingerprint(config),
    )
    return Service(parts, setup)


def sign_in_limits(config: Config) -> SignInLimits:
    access = config.access
    return SignInLimits(idle=access.idle.total_seconds(), longest=access.lifetime.total_seconds())


def now() -> datetime:
    return datetime.now(UTC)

"""The sections of config.toml. ``examples`` are written as in the file; messages quote the first."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, model_validator

from streamer.config.context import ReadingContext
from streamer.config.values import (
    Destination,
    Duration,
    FeedFormat,
    FilePath,
    HostName,
    Interval,
    Listen,
    MessageUrl,
    Options,
    PathOrWeb,
    Priority,
    Proxy,
    Readers,
    ReadingOptions,
    RenditionName,
    RingLength,
    RoomKey,
    ServerToken,
    SignInTime,
    Size,
    Source,
    StoreFile,
    Switch,
    Text,
    TimeZone,
    WebAddress,
)
from streamer.core.base.address import Address
from streamer.timetables.items.options import NOTHING_SAID

_TRUTH = ["true", "false"]
AskedChange = Literal["removed", "retimed", "reroomed"]


class Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class Conference(Section):
    """``timetable`` is an absolute path or a URL. ``title`` None: the timetable's own."""

    title: Text | None = Field(None, examples=['"Conference 2025"'])
    timezone: TimeZone = Field("Europe/Copenhagen", examples=['"Europe/Copenhagen"'])
    timetable: PathOrWeb = Field(
        "schedules/dngc-2025.toml", examples=['"schedules/dngc-2025.toml"', '"https://example.org/schedule.xml"']
    )
    timetable_options: ReadingOptions = Field(NOTHING_SAID, examples=['{ date_order = "dmy", date = "2025-09-08" }'])
    token: ServerToken | None = Field(None, repr=False, examples=['"env:PRETALX_TOKEN"'])
    poll: Interval = Field(timedelta(seconds=60), examples=['"60s"'])
    privacy_notice: Text | None = Field(None, examples=['"https://example.org/privacy"'])


class Server(Section):
    listen: Listen = Field(Address(host="127.0.0.1", port=8080), examples=['"127.0.0.1:8080"'])
    public_url: WebAddress | None = Field(None, examples=['"https://streams.example.org"'])
    detach: Switch = Field(False, examples=_TRUTH)
    trusted_proxies: tuple[Proxy, ...] = Field((), examples=['["127.0.0.1"]'])
    allowed_hosts: tuple[HostName, ...] = Field((), examples=['["streams.lan"]'])
    connections_per_address: int = Field(4000, ge=10, le=1_000_000, strict=True, examples=["4000"])


class AccessRules(Section):
    """How long a browser stays signed in: ``idle`` after its last use, ``lifetime`` in all."""

    idle: SignInTime = Field(timedelta(days=3), examples=['"3d"'])
    lifetime: SignInTime = Field(timedelta(days=14), examples=['"14d"'])


class Storage(Section):
    """``data`` and ``database`` are absolute; without ``database`` the store is a file in the data folder."""

    data: FilePath = Field(Path("data"), examples=['"data"', '"/var/lib/streamer"'])
    database: StoreFile | None = Field(None, repr=False, examples=['"/var/lib/streamer/streamer.db"'])
    reserve: Size = Field(5_000_000_000, examples=['"5GB"'])


class Capture(Section):
    lead: Duration = Field(timedelta(minutes=10), examples=['"10m"'])
    linger: Duration = Field(timedelta(minutes=10), examples=['"10m"'])
    ring: RingLength = Field(timedelta(minutes=5), examples=['"5m"'])
    monitor: Switch = Field(True, examples=_TRUTH)


class RecordingRules(Section):
    default: Switch = Field(True, examples=_TRUTH)
    pre_roll: Duration = Field(timedelta(seconds=60), examples=['"60s"'])
    post_roll: Duration = Field(timedelta(seconds=120), examples=['"120s"'])
    keep_padding: Duration = Field(timedelta(days=7), examples=['"7d"'])
    playable: Switch = Field(True, examples=_TRUTH)


class LivestreamRules(Section):
    default: Switch = Field(True, examples=_TRUTH)
    renditions: tuple[RenditionName, ...] = Field(("720p", "360p"), min_length=1, examples=['["720p", "360p"]'])
    latency: Literal["low", "normal"] = Field("low", examples=['"low"', '"normal"'])


class Changes(Section):
    """How changes of the timetable are applied. A kind in no list is applied at once, with a notice."""

    soon: Duration = Field(timedelta(minutes=30), examples=['"30m"'])
    patience: Duration = Field(timedelta(minutes=10), examples=['"10m"'])
    ask_running: tuple[AskedChange, ...] = Field(("retimed", "reroomed"), examples=['["retimed", "reroomed"]'])
    ask_soon: tuple[AskedChange, ...] = Field((), examples=['["removed"]'])


class AlarmRules(Section):
    """``urls`` are told of alarms that are at least as severe as ``severity``."""

    silence: Duration = Field(timedelta(seconds=15), examples=['"15s"'])
    urls: tuple[MessageUrl, ...] = Field((), repr=False, examples=['["env:ALARM_URL"]'])
    severity: Literal["error", "warning"] = Field("error", examples=['"warning"'])


class FFmpeg(Section):
    """``path`` None: the bundled FFmpeg, else the one on PATH."""

    path: FilePath | None = Field(None, examples=['"/usr/bin/ffmpeg"'])


class FeedRules(Section):
    """A further timetable. ``timezone`` and ``poll`` None: those of the conference; ``rooms`` empty: all its rooms."""

    name: Text = Field(examples=['"side room"'])
    timetable: PathOrWeb = Field(examples=['"https://example.org/workshops.csv"'])
    priority: Priority = Field(0, examples=["10"])
    rooms: tuple[Text, ...] = Field((), examples=['["Workshop room"]'])
    format: FeedFormat | None = Field(None, examples=['"toml"'])
    timetable_options: ReadingOptions = Field(NOTHING_SAID, examples=['{ room = "Workshop room" }'])
    timezone: TimeZone | None = Field(None, examples=['"Europe/Copenhagen"'])
    token: ServerToken | None = Field(None, repr=False, examples=['"env:SHEET_TOKEN"'])
    poll: Interval | None = Field(None, examples=['"60s"'])


class Room(Section):
    """``source`` None: listed and not captured. ``name`` is the id where none is given. ``input_options`` are pairs."""

    id: RoomKey = Field(examples=['"main"'])
    name: Text = Field("its id", examples=['"Main hall"'])
    aliases: tuple[Text, ...] = Field((), examples=['["Hall A"]'])
    source: Source | None = Field(None, repr=False, examples=['"test:"', '"srt://encoder.example.org:9000"'])
    listen: Switch = Field(False, examples=_TRUTH)
    input_options: Options = Field((), repr=False, examples=['{ rtsp_transport = "tcp" }'])
    redundancy: Readers = Field(1, examples=["2"])
    destinations: tuple[Destination, ...] = Field((), repr=False, examples=['["env:PUSH_URL"]'])
    alarms: tuple[MessageUrl, ...] = Field((), repr=False, examples=['["env:HALL_ALARM_URL"]'])

    @model_validator(mode="before")
    @classmethod
    def _named_by_its_id(cls, given: Any) -> Any:
        if isinstance(given, dict) and "name" not in given and isinstance(given.get("id"), str):
            return given | {"name": given["id"]}
        return given

    @model_validator(mode="after")
    def _listens_somewhere(self) -> Room:
        if self.listen and self.source is None:
            raise ValueError("listen = true needs a source that says where, such as srt://0.0.0.0:9000")
        return self


class Config(Section):
    """The whole configuration. ``secrets`` are the values from ``env:`` and ``file:``, for redaction;
    ``secret_files`` the files that have a secret in them, which may be config.toml itself."""

    conference: Conference
    server: Server
    access: AccessRules
    storage: Storage
    capture: Capture
    recording: RecordingRules
    livestream: LivestreamRules
    changes: Changes
    alarms: AlarmRules
    ffmpeg: FFmpeg
    feeds: tuple[FeedRules, ...] = ()
    rooms: tuple[Room, ...] = ()

    _secrets: tuple[str, ...] = PrivateAttr(())
    _secret_files: tuple[Path, ...] = PrivateAttr(())

    @property
    def secrets(self) -> tuple[str, ...]:
        return self._secrets

    @property
    def secret_files(self) -> tuple[Path, ...]:
        return self._secret_files

    def model_post_init(self, context: Any) -> None:
        if isinstance(context, ReadingContext):
            self._secrets = tuple(context.secrets)
            self._secret_files = tuple(sorted(context.files))

"""The house rules for planning, from config.toml."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta

from streamer.core.base.ids import RoomId

MINUTE = timedelta(minutes=1)
SHORT_RING = timedelta(seconds=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomSetup:
    """A room as configured. Without ``source`` it is listed but not captured.

    ``tap`` is the loopback port between its capture and its livestream. ``redundancy`` is the number of captures that
    read its source in parallel, ``bursts`` whether the source comes in pieces of some seconds.
    """

    id: RoomId
    name: str
    source: str | None = None
    listen: bool = False
    input_options: tuple[tuple[str, str], ...] = ()
    tap: int = 0
    redundancy: int = 1
    bursts: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Lead and linger extend a session's capture; pre_roll and post_roll extend the kept range.

    ``ring`` is how long an unkept segment lives, ``restricted_ring`` the same while a session that may not be recorded
    runs. ``warm_up`` is how long before a session its encoders start. ``reserve`` is the free
    space (bytes) below which the service saves space. ``playable`` says that recordings that browsers can't play get
    another version that they can. ``silence`` is how long a session may be silent before that is an alarm.
    ``monitor`` says that captured rooms are measured.
    """

    lead: timedelta = 10 * MINUTE
    linger: timedelta = 10 * MINUTE
    ring: timedelta = 5 * MINUTE
    restricted_ring: timedelta = MINUTE
    warm_up: timedelta = timedelta(seconds=30)
    pre_roll: timedelta = MINUTE
    post_roll: timedelta = 2 * MINUTE
    keep_padding: timedelta = timedelta(days=7)
    playable: bool = True
    record_default: bool = True
    stream_default: bool = True
    renditions: tuple[str, ...] = ("720p", "360p")
    reserve: int = 0
    silence: timedelta = timedelta(seconds=15)
    monitor: bool = True
    rooms: Mapping[RoomId, RoomSetup] = field(default_factory=dict)

    def compressed(self, factor: float) -> Policy:
        """With padding and lead times divided by ``factor``, for a rehearsal; ring and segments stay."""
        return replace(
            self,
            lead=self.lead / factor,
            linger=self.linger / factor,
            pre_roll=self.pre_roll / factor,
            post_roll=self.post_roll / factor,
        )

    def saving(self) -> Policy:
        """With the shortest ring that covers upcoming keeps, for when disk space is short."""
        return replace(self, ring=min(self.ring, SHORT_RING), restricted_ring=min(self.restricted_ring, SHORT_RING))

    def is_captured(self, room: RoomId) -> bool:
        setup = self.rooms.get(room)
        return setup is not None and setup.source is not None

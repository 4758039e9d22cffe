"""Matches a timetable's rooms with the configured ones.

Organisers write a room's name in several ways; its configured id is the lasting one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from streamer.core.base.ids import RoomId, room_id, slug
from streamer.core.timetable.sessions import Room, Timetable


@dataclass(frozen=True, slots=True, kw_only=True)
class ConfiguredRoom:
    """A configured room: a timetable may use its id, its name or any alias."""

    id: RoomId
    name: str
    aliases: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        return (self.id, self.name, *self.aliases)


def match_rooms(timetable: Timetable, configured: Sequence[ConfiguredRoom]) -> Timetable:
    """The timetable with its sessions in the configured rooms, where a name matches.

    Names are compared without regard to case; where no name fits, as slugs. All configured rooms come first, in
    their order and under their configured names, then the timetable's rooms that are none of them.
    """
    names = _Names(configured)
    known = {room.id: Room(id=room.id, name=room.name) for room in configured}
    strangers: dict[RoomId, Room] = {}
    moved: dict[RoomId, RoomId] = {}
    listed = {room.id: room for room in timetable.rooms}
    for session in timetable.sessions:
        listed.setdefault(session.room, Room(id=session.room, name=session.room))
    for room in listed.values():
        match = names.match(room)
        if match is None:
            strangers[room.id] = room
        else:
            moved[room.id] = match
    return replace(
        timetable,
        rooms=(*known.values(), *strangers.values()),
        sessions=tuple(
            s if moved.get(s.room, s.room) == s.room else replace(s, room=moved[s.room]) for s in timetable.sessions
        ),
    )


def room_ids(names: Iterable[str], configured: Sequence[ConfiguredRoom]) -> frozenset[RoomId]:
    """The ids of rooms with these names in a matched timetable."""
    known = _Names(configured)
    rooms = [Room(id=room_id(name), name=name) for name in names]
    return frozenset(known.match(room) or room.id for room in rooms)


class _Names:
    """The owner of each name."""

    def __init__(self, configured: Sequence[ConfiguredRoom]) -> None:
        self._exact = _first_of((name.strip().casefold(), room.id) for room in configured for name in room.names)
        self._slugs = _first_of((slug(name), room.id) for room in configured for name in room.names)

    def match(self, room: Room) -> RoomId | None:
        exact = self._exact.get(room.name.strip().casefold()) or self._exact.get(room.id.casefold())
        return exact or self._slugs.get(room.id)


def _first_of(pairs: Iterable[tuple[str, RoomId]]) -> dict[str, RoomId]:
    """Each name's first owner; an empty name has none."""
    owners: dict[str, RoomId] = {}
    for name, owner in pairs:
        if name:
            owners.setdefault(name, owner)
    return owners

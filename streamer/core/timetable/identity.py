"""Identifies the sessions of a new timetable version with known ones, and gives them lasting local ids.

A feed's ids may be unreliable: random in every export, positions, or shared by several items. The feed itself shows
whether they are good. Good ids decide, through every move and renaming; else room, start and title do. A local id is
never given to two sessions.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from difflib import SequenceMatcher

from streamer.core.base.ids import RoomId, SessionId, session_id
from streamer.core.timetable.cancellation import plain_title
from streamer.core.timetable.sessions import Session, Timetable

ALIKE = 0.7
"""The likeness from which two items are one session if ids do not help: same room and start with half of the title, or
the whole title in the same room or at the same time."""
VERY_ALIKE = 0.95
"""The same if ids are good and these two differ: the item was made again."""
SAME_ID = 0.6
"""The same for items that share an id: the whole title, or the same place and a third of the title."""
_FEW = 2_500
"""Up to this number, all pairs are compared."""
_ROOM, _START, _TITLE = 0.2, 0.2, 0.6
_NEAR = timedelta(minutes=30)
"""Starts within this distance count half."""
_FORGOTTEN_AT_MOST = 20_000
"""Sessions that are in no version any more and may return."""
_OCCURRENCE = re.compile(r"~\d+$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A session as last seen: ``given`` is the feed's id then, ``local`` our lasting id.

    ``present``: the newest version has it.
    """

    local: SessionId
    given: SessionId
    room: RoomId
    start: datetime
    title: str
    present: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """Every session seen so far, and whether the feed's ids are good. A plain value."""

    known: tuple[Known, ...] = ()
    ids_are_good: bool = True

    def __bool__(self) -> bool:
        return bool(self.known)


@dataclass(slots=True)
class _Match:
    """The assignment of one version's items to sessions."""

    items: Sequence[Session]
    known: Sequence[Known]
    owners: dict[int, Known] = field(default_factory=dict)
    taken: set[SessionId] = field(default_factory=set)

    def give(self, item: int, known: Known) -> None:
        self.owners[item] = known
        self.taken.add(known.local)

    def open_items(self) -> list[int]:
        return [n for n in range(len(self.items)) if n not in self.owners]

    def free(self, among: Iterable[Known]) -> list[Known]:
        return [k for k in among if k.local not in self.taken]


def identified(new: Timetable, memory: Memory) -> tuple[Timetable, Memory]:
    """The version with local ids, and the new memory.

    The same version again gets the same ids; it is compared with the remembered versions.
    """
    match = _Match(new.sessions, memory.known)
    good = ids_are_good(new.sessions, memory)
    if good:
        _by_id(match)
        _by_local_id(match)
        _by_place(match)
        _alike(match, match.open_items(), match.free(match.known), VERY_ALIKE)
    else:
        _in_place(match, match.open_items(), match.known)
        _alike(match, match.open_items(), match.free(match.known), ALIKE)
        _by_title(match)
    used = {k.local for k in memory.known}
    locals_: list[SessionId] = []
    for number, item in enumerate(new.sessions):
        owner = match.owners.get(number)
        local = owner.local if owner else _unused(item.id, used)
        used.add(local)
        locals_.append(local)
    renamed = zip(new.sessions, locals_, strict=True)
    whole = replace(new, sessions=tuple(s if s.id == local else replace(s, id=local) for s, local in renamed))
    return whole, _remembered(new.sessions, locals_, memory, good)


def ids_are_good(items: Sequence[Session], memory: Memory) -> bool:
    """Whether the feed's ids identify sessions, from two versions.

    They do not if more sessions come back under another id than under their own. Titles that are unique in both
    versions decide, else title, room and start together. If nothing decides, the former result stays.
    """
    before = [k for k in memory.known if k.present]
    old = _by_unique((k.given, k.room, k.start, k.title) for k in before)
    now = _by_unique((s.id, s.room, s.start, s.title) for s in items)
    common = old.keys() & now.keys()
    stayed = sum(old[key] == now[key] for key in common)
    strayed = len(common) - stayed
    if stayed == strayed:
        return memory.ids_are_good
    return stayed > strayed


def likeness(item: Session, known: Known) -> tuple[float, str]:
    """How much two sessions are alike (0…1): the sum of title, room and start."""
    title = _title_likeness(item.title, known.title)
    apart = abs(item.start - known.start)
    start = 1.0 if not apart else 0.5 if apart <= _NEAR else 0.0
    room = 1.0 if item.room == known.room else 0.0
    parts = (
        f"title {title:.0%}",
        "same room" if room else "another room",
        "same start" if start == 1 else "start near" if start else "another start",
    )
    return _TITLE * title + _START * start + _ROOM * room, ", ".join(parts)


def _by_id(match: _Match) -> None:
    """By the feed's id; among items that share an id by their content, because occurrences are counted again."""
    groups: dict[str, list[Known]] = defaultdict(list)
    for known in match.known:
        groups[base_of(known.given)].append(known)
    mine: dict[str, list[int]] = defaultdict(list)
    for number, item in enumerate(match.items):
        mine[base_of(item.id)].append(number)
    for base, numbers in mine.items():
        owners = sorted(groups.get(base, ()), key=lambda k: (not k.present, k.given))
        if len(numbers) == 1 and len(owners) == 1:
            match.give(numbers[0], owners[0])
        elif owners:
            _among(match, numbers, owners)


def _by_local_id(match: _Match) -> None:
    """Sessions that had another or a shared id for one version and have their own again."""
    free = {k.local: k for k in match.free(match.known)}
    for number in match.open_items():
        known = free.get(match.items[number].id)
        if known is not None and known.local not in match.taken:
            match.give(number, known)


def _by_place(match: _Match) -> None:
    """Items without an id: by title; if that changed, by the rest."""
    nameless = [
        n
        for n in match.open_items()
        if not match.items[n].foreign and _is_of_title(match.items[n].id, match.items[n].title)
    ]
    owners = [k for k in match.free(match.known) if _is_of_title(k.given, k.title)] if nameless else []
    _alike(match, nameless, owners, ALIKE)


def _is_of_title(id: SessionId, title: str) -> bool:
    return base_of(id) == base_of(session_id(plain_title(title)))


def _among(match: _Match, numbers: Sequence[int], owners: Sequence[Known]) -> None:
    """Occurrences of one id, which may also be a shared id: by their content."""
    _in_place(match, numbers, owners)
    _alike(match, [n for n in numbers if n not in match.owners], match.free(owners), SAME_ID)


def _in_place(match: _Match, numbers: Iterable[int], owners: Iterable[Known]) -> None:
    """Items with the same title, room and start are the same; sessions of the newest version come first."""
    places: dict[tuple[str, RoomId, datetime], list[Known]] = defaultdict(list)
    for known in sorted(owners, key=lambda k: not k.present):
        places[_plain(known.title), known.room, known.start].append(known)
    for number in numbers:
        item = match.items[number]
        free = match.free(places.get((_plain(item.title), item.room, item.start), ()))
        if free:
            match.give(number, free[0])


def _alike(match: _Match, numbers: Sequence[int], free: Sequence[Known], least: float) -> None:
    """The most alike first, each once. If there are many, items that share neither title nor place are not compared."""
    index: dict[object, list[int]] = defaultdict(list)
    for position, known in enumerate(free):
        for key in _keys(known.title, known.room, known.start):
            index[key].append(position)
    few = len(numbers) * len(free) <= _FEW
    pairs: list[tuple[float, bool, int, SessionId, Known]] = []
    for number in numbers:
        item = match.items[number]
        keys = _keys(item.title, item.room, item.start)
        for position in range(len(free)) if few else sorted({p for key in keys for p in index.get(key, ())}):
            known = free[position]
            score, _ = likeness(item, known)
            if score >= least:
                pairs.append((-score, not known.present, number, known.local, known))
    for *_, number, _, known in sorted(pairs, key=lambda p: p[:4]):
        if number not in match.owners and known.local not in match.taken:
            match.give(number, known)


def _by_title(match: _Match) -> None:
    """Sessions that moved to another room and time: by a title that occurs once before and once now."""
    items = {_plain(match.items[n].title): n for n in match.open_items()}
    counts = Counter(_plain(match.items[n].title) for n in match.open_items())
    free = [k for k in match.free(match.known) if k.present]
    before = Counter(_plain(k.title) for k in free)
    for known in free:
        title = _plain(known.title)
        if title and before[title] == 1 and counts[title] == 1:
            match.give(items[title], known)


def _keys(title: str, room: RoomId, start: datetime) -> tuple[object, ...]:
    """Two items that are alike enough share one of these: their title, or their place."""
    return (("title", _plain(title)), ("place", room, start))


def _by_unique(items: Iterable[tuple[SessionId, RoomId, datetime, str]]) -> Mapping[object, str]:
    """Ids by content, for items that are unique: by title, or by title, room and start."""
    found: dict[object, str] = {}
    counts: Counter[object] = Counter()
    for id, room, start, title in items:
        plain = _plain(title)
        for key in (plain, (plain, room, start)):
            counts[key] += 1
            found[key] = base_of(id)
    return {key: id for key, id in found.items() if counts[key] == 1}


def base_of(given: SessionId) -> str:
    """The common part of the ids of occurrences."""
    return _OCCURRENCE.sub("", given)[:60]


def _unused(given: SessionId, used: set[SessionId]) -> SessionId:
    if given not in used:
        return given
    occurrence, base = 2, _OCCURRENCE.sub("", given)
    while (id := session_id(base, occurrence)) in used:
        occurrence += 1
    return id


def _remembered(items: Sequence[Session], locals_: Sequence[SessionId], memory: Memory, good: bool) -> Memory:
    seen = [
        Known(local=local, given=s.id, room=s.room, start=s.start, title=s.title)
        for s, local in zip(items, locals_, strict=True)
    ]
    names = set(locals_)
    gone = [replace(k, present=False) if k.present else k for k in memory.known if k.local not in names]
    return Memory(known=(*seen, *gone[:_FORGOTTEN_AT_MOST]), ids_are_good=good)


def _title_likeness(one: str, other: str) -> float:
    a, b = _plain(one), _plain(other)
    return 1.0 if a == b else SequenceMatcher(None, a, b, autojunk=False).ratio()


def _plain(title: str) -> str:
    """For comparing: a session that was cancelled is the same one."""
    return " ".join(re.findall(r"\w+", plain_title(title).casefold()))

"""The timetable in TOML: ``[conference]`` and ``[[sessions]]``, written by hand and therefore read strictly.

A mistake in the structure, in an unknown key or in what every session must have is an error that names line and key. In
another key it costs only that key, with a remark.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta

from streamer.core.base.durations import format_size, parse_duration
from streamer.core.base.errors import TimetableError
from streamer.core.base.toml_lines import Location, TomlLines
from streamer.core.timetable.sessions import Parsed, SessionKind, Speaker
from streamer.timetables.items.draft import Draft
from streamer.timetables.items.drafts import assemble
from streamer.timetables.items.lengths import after, worded_length
from streamer.timetables.items.options import NOTHING_SAID, Options
from streamer.timetables.items.remarks import RemarkList
from streamer.timetables.items.text import line, paragraphs
from streamer.timetables.items.zones import find_zone, instant_of, venue_zone, zone_hint, zone_name
from streamer.timetables.toml.section import LineOf, Section

FORMAT = "toml"
_TOP = ("conference", "sessions")
_CONFERENCE = ("title", "timezone", "rooms")
_SESSION = (
    "id", "room", "title", "start", "end", "duration", "speakers", "abstract", "record", "stream", "kind", "cancelled",
    "foreign",
)  # fmt: skip
_SPEAKER = ("name", "affiliation")
_LARGEST = 5_000_000
_WITHOUT_SECONDS = re.compile(r"=\s*[\d-]{8,10}[T ]\d\d?:\d\d(?![\d:])")
_CURLY = re.compile("[\u00ab\u00bb\u2018\u2019\u201c-\u201e]")
_POSITION = re.compile(r"\s*\(at (?:line (?P<line>\d+), column \d+|end of document)\)$")


def parse(data: bytes, *, timezone: str | None, options: Options = NOTHING_SAID) -> Parsed:
    """Read a TOML timetable; ``timezone`` counts where ``[conference]`` names none. Raises TimetableError."""
    text = _decoded(data)
    return _Reader(_document(text), TomlLines(text), timezone).parsed()


def _decoded(data: bytes) -> str:
    if len(data) > _LARGEST:
        raise TimetableError(f"longer than {format_size(_LARGEST)}, too long for a timetable in TOML")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = data.count(b"\n", 0, error.start) + 1
        raise TimetableError("not UTF-8 text", where=f"line {number}", hint="save the file as UTF-8") from error


def _document(text: str) -> dict[str, object]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        position = _POSITION.search(message)
        number = int((position and position["line"]) or text.count("\n") + 1)
        hint = _hint("".join(text.split("\n")[number - 1 : number]))
        raise TimetableError(f"not TOML: {_POSITION.sub('', message)}", where=f"line {number}", hint=hint) from error
    except (ValueError, OverflowError, RecursionError) as error:  # beyond the parser's own limits
        raise TimetableError("not usable TOML: a number is too long or values are nested too deep") from error


def _hint(written: str) -> str:
    """What a person who wrote a line that is no TOML most likely has to mend."""
    if _WITHOUT_SECONDS.search(written):
        return "a time has seconds: 2025-09-08T09:00:00"
    return 'quotes are straight ones, "' if _CURLY.search(written) else ""


def _duration(text: str) -> timedelta:
    """As config.toml has durations, or with a unit in words. Raises ValueError."""
    try:
        return parse_duration(text)
    except ValueError:
        lasts = None if text.strip().isdecimal() else worded_length(text)
        if lasts is None:
            raise
        return lasts


class _Reader:
    """One pass over one document."""

    def __init__(self, document: Mapping[str, object], lines: TomlLines, timezone: str | None) -> None:
        self._lines = lines
        self._remarks = RemarkList()
        self._offsets: set[timedelta] = set()
        self._top = Section(document, line_of=self._lines_in())
        self._top.only(_TOP)
        if "conference" not in document:
            raise TimetableError(
                "[conference] is missing", where="line 1", hint="begin with [conference] and its title"
            )
        self._conference = self._top.inner("conference", "[conference]", self._lines_in("conference"))
        self._conference.only(_CONFERENCE)
        named = self._conference.text("timezone") if "timezone" in self._conference.table else ""
        if named and find_zone(named) is None:
            raise self._conference.error(f"unknown time zone “{named}”", "timezone", zone_hint(named))
        self._zone = venue_zone(named, timezone, self._remarks)

    def parsed(self) -> Parsed:
        title = line(self._conference.text("title", empty=True))
        tables = self._top.tables("sessions", "begin each session with [[sessions]] on a line of its own")
        drafts: list[Draft] = []
        owners: dict[str, str] = {}
        for index, table in enumerate(tables):
            section = Section(table, "[[sessions]]", self._lines_in("sessions", index))
            draft = self._draft(section)
            if draft.id in owners:
                hint = f"{owners[draft.id]} has it already; give every session its own"
                raise section.error(f"the id “{line(draft.id, 64)}” is given twice", "id", hint)
            owners[draft.id] = section.where()
            drafts.append(draft)
        return assemble(
            title=title,
            timezone=zone_name(self._zone, self._offsets, self._remarks),
            room_names=self._rooms(),
            drafts=drafts,
            remarks=self._remarks,
            format=FORMAT,
        )

    def _lines_in(self, *table: str | int) -> LineOf:
        """The whole document begins on line 1."""

        def line_of(key: str) -> int | None:
            location: Location = (*table, key) if key else table
            return self._lines.line_of(location) or (None if table else 1)

        return line_of

    def _draft(self, section: Section) -> Draft:
        section.only(_SESSION)
        id = section.text("id")
        section = section.named(f"session “{line(id, 64)}”")
        start = self._instant(section, "start")
        end, fault = self._end(section, start)
        return Draft(
            id=id,
            foreign=self._text(section, "foreign", id),
            room=line(section.text("room")),
            title=line(section.text("title")),
            start=start,
            end=end,
            fault=fault,
            speakers=self._speakers(section),
            abstract=paragraphs(self._text(section, "abstract")),
            record=self._consent(section, "record"),
            stream=self._consent(section, "stream"),
            kind=self._kind(section),
            cancelled=self._flag(section, "cancelled"),
            where=section.where(),
        )

    def _instant(self, section: Section, key: str) -> datetime:
        value = section.required(key)
        if not isinstance(value, datetime):
            raise section.error(
                "is not a date with a time",
                key,
                "write it without quotes, like 2025-09-08T09:00:00 or with +02:00 at the end",
            )
        try:
            instant, note = instant_of(value, self._zone)
        except (ValueError, TimetableError) as error:
            hint = "add timezone to [conference]" if isinstance(error, TimetableError) else ""
            message = error.message if isinstance(error, TimetableError) else str(error)
            raise section.error(message, key, hint) from error
        self._offsets.add(value.utcoffset() or timedelta(0))
        if note:
            self._remarks.add("clock changes", note, where=section.where(key))
        return instant

    def _end(self, section: Section, start: datetime) -> tuple[datetime | None, str]:
        """The end by its key or by the duration, and what is wrong if neither can be used."""
        end, fault = None, ""
        if "end" in section.table:
            try:
                end = self._instant(section, "end")
                if end <= start:
                    fault = "it ends before it starts" if end < start else "it ends when it starts"
                    end = None
            except TimetableError as error:
                fault = f"its end {error.message}"
        if "duration" not in section.table:
            return end, fault
        if end is not None:
            self._ignore(section, "duration", "is given beside an end; the end is taken")
            return end, ""
        try:
            lasts = _duration(section.text("duration"))
        except TimetableError as error:
            return None, f"its duration {error.message}"
        except ValueError as error:
            return None, f"its duration {error}"
        by_length = after(start, lasts)
        if by_length is not None and fault:
            self._ignore(section, "end", f"can't be used: {fault}; the duration is taken")
        return by_length, ""

    def _ignore(self, section: Section, key: str, message: str) -> None:
        """A remark on a key that is not used."""
        self._remarks.add("keys", f"{key} {message}", where=section.where(key))

    def _text(self, section: Section, key: str, missing: str = "") -> str:
        if key not in section.table:
            return missing
        try:
            return section.text(key, empty=True)
        except TimetableError as error:
            self._ignore(section, key, f"{error.message}; it is ignored")
            return missing

    def _flag(self, section: Section, key: str) -> bool | None:
        try:
            return section.flag(key)
        except TimetableError as error:
            self._ignore(section, key, f"{error.message}; it is ignored")
            return None

    def _consent(self, section: Section, key: str) -> bool | None:
        """An unclear answer forbids: consent is never guessed."""
        try:
            return section.flag(key)
        except TimetableError as error:
            self._ignore(section, key, f"{error.message}; it counts as false")
            return False

    def _kind(self, section: Section) -> SessionKind:
        kind = self._text(section, "kind", SessionKind.SESSION)
        if kind not in tuple(SessionKind):
            self._ignore(section, "kind", "is neither session nor break; session is taken")
            return SessionKind.SESSION
        return SessionKind(kind)

    def _rooms(self) -> list[str]:
        """The rooms that are listed: their order, and those that no session uses."""
        rooms = self._conference.table.get("rooms", [])
        if not isinstance(rooms, list) or not all(isinstance(room, str) and room.strip() for room in rooms):
            raise self._conference.error("is not a list of names", "rooms", 'write rooms = ["Main hall", "Side room"]')
        return [line(room) for room in rooms]

    def _speakers(self, section: Section) -> tuple[Speaker, ...]:
        speakers = []
        try:
            for table in section.tables("speakers", 'write speakers = [{name = "…", affiliation = "…"}]'):
                speaker = Section(table, section.where("speakers"))
                speaker.only(_SPEAKER)
                affiliation = speaker.text("affiliation", empty=True) if "affiliation" in table else ""
                speakers.append(Speaker(name=line(speaker.text("name")), affiliation=line(affiliation)))
        except TimetableError as error:
            hint = f"; {error.hint}" if error.hint else ""
            self._ignore(section, "speakers", f"can't be read: {error.message}{hint}")
        return tuple(speakers)

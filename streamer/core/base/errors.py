"""The error tree. Every error says what is wrong, where, and what to do about it.

::

    StreamerError
    ├── ConfigError            a key of config.toml
    ├── TimetableError         a timetable that can't be used; the last good one stays in use
    │   └── TimetableUnavailable   it could not be fetched or read at all
    ├── SourceError            a room's source
    ├── MediaError             FFmpeg, or a media file
    │   └── FFmpegMissing
    ├── StoreError             the data folder or the database
    │   ├── DataFolderBusy     another service runs on it
    │   └── DiskFull           not enough space to write
    └── Refused                a request that can't be carried out; says what is possible
        ├── NotFound
        ├── NotYet             it will exist in a moment; try again (HTTP 503)
        ├── Conflict           the request contradicts the state (HTTP 409)
        ├── Invalid            the request is malformed (HTTP 400)
        └── Forbidden

``temporary`` says whether trying the same again later can help.
"""

from __future__ import annotations


class StreamerError(Exception):
    """Base of all errors that are meant for a person.

    ``message`` says what is wrong, ``where`` names the file, line, key or room, ``hint`` says what to do.
    """

    temporary = False

    def __init__(self, message: str, *, where: str = "", hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text} ({self.hint})" if self.hint else text


class ConfigError(StreamerError):
    """A key of the configuration is unknown or has an unusable value."""


class TimetableError(StreamerError):
    """A timetable can't be used as it is."""


class TimetableUnavailable(TimetableError):
    """A timetable could not be fetched or read; the next try may succeed."""

    temporary = True


class SourceError(StreamerError):
    """A room's source can't be used."""


class MediaError(StreamerError):
    """FFmpeg failed, or a media file is not what it should be."""


class FFmpegMissing(MediaError):
    """No usable FFmpeg was found."""


class StoreError(StreamerError):
    """The data folder or the database can't be used."""


class DataFolderBusy(StoreError):
    """Another service runs on this data folder."""


class DiskFull(StoreError):
    """The disk has no space for the write; it can be repeated when there is space."""

    temporary = True


class Refused(StreamerError):
    """A request that is understood but refused."""


class NotFound(Refused):
    """What the request names does not exist."""


class NotYet(Refused):
    """What the request names is about to exist."""

    temporary = True


class Conflict(Refused):
    """The request contradicts the present state; the hint says what is possible instead."""


class Invalid(Refused):
    """The request is malformed."""


class Forbidden(Refused):
    """The user may not do this."""

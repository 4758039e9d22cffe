"""The types of config.toml's values: how each is written, what it becomes, and the error messages.

A validator raises ValueError with a sentence for a person. It never shows a value that may be a secret.
"""

from __future__ import annotations

import difflib
import ipaddress
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, InstanceOf, Strict, ValidationInfo

from streamer.config.context import ReadingContext, is_reference
from streamer.core.base.address import Address, parse_address
from streamer.core.base.durations import parse_duration, parse_size
from streamer.core.base.errors import ConfigError
from streamer.core.jobs.renditions import wanted_height
from streamer.timetables import FORMATS
from streamer.timetables.items.options import Options as Reading
from streamer.timetables.items.options import read_options

_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_HOST_NAME = re.compile(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*")
_ROOM_ID = re.compile(r"(?=.*[^.])[A-Za-z0-9._~-]{1,64}")


def _surroundings(info: ValidationInfo) -> ReadingContext:
    assert isinstance(info.context, ReadingContext)
    return info.context


def _text(value: str) -> str:
    if not (stripped := value.strip()):
        raise ValueError("it is empty; leave the key out, or write a text")
    return stripped


def _duration(value: object) -> timedelta:
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str):
        raise ValueError("a duration is a text with its unit; write it like 90s, 10m, 1h30m or 7d")
    return parse_duration(value)


def _at_least(seconds: float) -> AfterValidator:
    def check(value: timedelta) -> timedelta:
        if value < timedelta(seconds=seconds):
            raise ValueError(f"it is too short; at least {seconds:g}s")
        return value

    return AfterValidator(check)


def _size(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value
    if not isinstance(value, str):
        raise ValueError("a size is a text with its unit; write it like 500MB, 5GB or 2TiB")
    return parse_size(value)


def _time_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        advice = f"did you mean {close[0]}?" if close else "write an IANA name such as Europe/Copenhagen"
        raise ValueError(f"unknown time zone “{name}”; {advice}") from None
    return name


def _path(value: object, info: ValidationInfo) -> Path:
    """Absolute; a relative one counts from config.toml's folder."""
    if isinstance(value, Path):
        return _surroundings(info).folder / value
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a path is a text in quotes")
    return _surroundings(info).folder / Path(value).expanduser()


def _may_name_a_secret(check: Check, written_as: str = "{}") -> Check:
    """``check``, for a value that may be the name of a secret. ``written_as`` is the form in which
    :func:`streamer.core.base.redact.redact` knows a secret of this kind."""

    def read(value: str, info: ValidationInfo) -> str:
        context = _surroundings(info)
        if is_reference(value) and not context.resolve:
            return value
        return check(context.secret(value, written_as), info)

    return read


def _path_or_web(value: str, info: ValidationInfo) -> str:
    if _URL.match(value):
        _surroundings(info).notice(value)
        return _web(value)
    return _may_name_a_secret(_named_path_or_web)(value, info)


def _named_path_or_web(value: str, info: ValidationInfo) -> str:
    value = value.strip()
    return _web(value) if _URL.match(value) else str(_path(value, info))


def _web(value: str) -> str:
    if urlsplit(value).scheme.lower() not in ("http", "https"):
        raise ValueError("it is neither a path nor a URL of http or https")
    return value


def _store_file(location: str, info: ValidationInfo) -> str:
    if _URL.match(location):
        scheme, _, rest = location.partition("://")
        if scheme.partition("+")[0] != "sqlite" or not rest.startswith("/"):
            raise ValueError("only an SQLite file can be the store; write a path, or sqlite:///PATH")
        location = rest[1:]
    return str(_path(location, info))


def _source(value: str, info: ValidationInfo) -> str:
    """URLs, ``test:`` and devices as they are; anything else is a file."""
    source = value.strip()
    if not source:
        raise ValueError("it is empty; leave the key out, or write test:, a URL, a file, or v4l2:/dev/video0")
    if _URL.match(source) or source.startswith(("test:", "v4l2:")):
        return source
    return str(_path(source, info))


def _token(value: str, info: ValidationInfo) -> str:
    token = value.strip()
    if not token.isascii() or not token.isprintable() or " " in token or not token:
        raise ValueError("a token is one word; write env:NAME or file:PATH to say where it is")
    return token


def _format(value: str) -> str:
    if value not in FORMATS:
        close = difflib.get_close_matches(value.lower(), FORMATS, n=1)
        advice = f"did you mean {close[0]}?" if close else f"possible are {', '.join(FORMATS)}"
        raise ValueError(f"unknown format “{value[:40]}”; {advice}")
    return value


def _priority(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError("a priority is a whole number; the main programme has 0, a higher one takes precedence")
    return value


def _destination(value: str, info: ValidationInfo) -> str:
    destination = value.strip()
    if not _URL.match(destination):
        raise ValueError("a destination is a URL, such as rtmp://host/app/key or srt://host:port")
    return destination


def _message_url(value: str, info: ValidationInfo) -> str:
    url = value.strip()
    if not _URL.match(url):
        raise ValueError("it is a URL as apprise has it, such as json://host/path or mailto://user:password@host")
    return url


def _options(value: object, info: ValidationInfo) -> tuple[tuple[str, str], ...]:
    """FFmpeg's input options by name; numbers and truth values may be written as such."""
    if value == ():
        return ()
    if not isinstance(value, Mapping):
        raise ValueError('options are a table, such as { rtsp_transport = "tcp" }')
    return tuple((str(name), _option(str(name), given, info)) for name, given in value.items())


def _option(name: str, value: object, info: ValidationInfo) -> str:
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, int | float):
        return str(value)
    if not isinstance(value, str):
        raise ValueError(f"the option {name} is neither a text nor a number")
    return _may_name_a_secret(lambda text, _: text, f"-{name} {{}}")(value, info)


def _reading(value: object) -> Reading:
    """What a timetable leaves open."""
    if isinstance(value, Reading):
        return value
    if not isinstance(value, Mapping):
        raise ValueError('options are a table, such as { date_order = "dmy" }')
    return read_options(value, FORMATS)


def _room_id(value: str) -> str:
    if not _ROOM_ID.fullmatch(value):
        raise ValueError(f"“{value[:80]}” can't be an id; write 1 to 64 characters of A-Z a-z 0-9 . _ ~ -")
    return value


def _rendition(value: str) -> str:
    try:
        wanted_height(value)
    except ConfigError as error:
        raise ValueError(f"{error.message}; {error.hint}") from None
    return value


def _readers(value: object) -> int:
    if isinstance(value, bool) or value not in (1, 2):
        raise ValueError(
            "write the number of captures that read the source: 1, or 2 so that the loss of one costs nothing"
        )
    return int(value)


def _listen(value: object) -> Address:
    if isinstance(value, Address):
        return value
    if not isinstance(value, str):
        raise ValueError("an address is a text, such as 127.0.0.1:8080")
    return parse_address(value)


def _web_address(value: str) -> str:
    try:
        url = urlsplit(value)
        usable = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
        usable = usable and not (url.query or url.fragment or url.username or url.password)
    except ValueError:
        usable = False
    if not usable:
        raise ValueError("it is not the address of a web site; write it like https://streams.example.org")
    return value.rstrip("/")


def _network(value: object) -> Network:
    try:
        return ipaddress.ip_network(value, strict=False)  # type: ignore[arg-type]  # a value that is not a text is refused as well
    except (ValueError, TypeError):
        raise ValueError(f"“{value}” is not an address or network; write it like 127.0.0.1 or 10.0.0.0/8") from None


def _host_name(value: str) -> str:
    name = value.strip().lower().removesuffix(".")
    if not _HOST_NAME.fullmatch(name):
        raise ValueError(f"“{value[:80]}” is not the name of a host; write it like streams.lan, without a port")
    return name


Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Check = Callable[[str, ValidationInfo], str]

Switch = Annotated[bool, Strict()]
Text = Annotated[str, AfterValidator(_text)]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Duration = Annotated[timedelta, BeforeValidator(_duration)]
Interval = Annotated[timedelta, _at_least(1), BeforeValidator(_duration)]
SignInTime = Annotated[timedelta, _at_least(60), BeforeValidator(_duration)]
RingLength = Annotated[timedelta, _at_least(5), BeforeValidator(_duration)]
Size = Annotated[int, BeforeValidator(_size)]
FilePath = Annotated[Path, BeforeValidator(_path)]
PathOrWeb = Annotated[str, AfterValidator(_path_or_web)]
ReadingOptions = Annotated[InstanceOf[Reading], BeforeValidator(_reading)]
WebAddress = Annotated[str, AfterValidator(_web_address)]
Listen = Annotated[Address, BeforeValidator(_listen)]
HostName = Annotated[str, AfterValidator(_host_name)]
Proxy = Annotated[Network, BeforeValidator(_network)]
StoreFile = Annotated[str, AfterValidator(_may_name_a_secret(_store_file))]
RoomKey = Annotated[str, AfterValidator(_room_id)]
Source = Annotated[str, AfterValidator(_may_name_a_secret(_source))]
ServerToken = Annotated[str, AfterValidator(_may_name_a_secret(_token, "token={}"))]
FeedFormat = Annotated[str, AfterValidator(_format)]
Priority = Annotated[int, BeforeValidator(_priority)]
Destination = Annotated[str, AfterValidator(_may_name_a_secret(_destination))]
MessageUrl = Annotated[str, AfterValidator(_may_name_a_secret(_message_url))]
Options = Annotated[tuple[tuple[str, str], ...], BeforeValidator(_options)]
Readers = Annotated[int, BeforeValidator(_readers)]
RenditionName = Annotated[str, AfterValidator(_rendition)]

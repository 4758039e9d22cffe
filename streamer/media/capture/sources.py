"""A room's source as config.toml writes it: whether it is usable, what it occupies, how FFmpeg opens it.

Every network source gets a read timeout, because FFmpeg ignores SIGTERM while it waits on a silent input. Opens no
source; probing finds what a source delivers.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, urlsplit

from streamer.core.base.errors import SourceError
from streamer.core.base.redact import redact
from streamer.media.capture.testcard import PREFIX as TESTCARD
from streamer.media.capture.testcard import card_graph, parse_card

READ_TIMEOUT = 10.0
"""Seconds of silence after which a network source counts as gone."""

_DEVICE = "v4l2:"
_FILE = "file:"
_MICROSECONDS = 1_000_000
_PROBE_BYTES = 50_000_000
_UDP_FIFO = 50_000  # packets of 188 bytes
_UDP_SOCKET_BUFFER = 4 << 20
_DAY = 86_400

_LISTENING = {"srt": "udp", "rtmp": "tcp", "rtmps": "tcp", "rtsp": "tcp", "tcp": "tcp"}
"""Schemes that can wait for their publisher, and whose ports they then take."""
_BOUND = ("udp", "rtp")
_SERVING = ("srt", "rtmp", "rtmps", "rtsp", "http", "https", "tcp")
"""Schemes under which a server may accept several readers."""
_PORTS = {"rtmp": 1935, "rtmps": 443, "rtsp": 554, "http": 80, "https": 443}
_WEB = "http,https,httpproxy,tls,tcp,crypto,data"
_PROTOCOLS = {
    "file": "file,crypto,data",
    "http": _WEB,
    "https": _WEB,
    "rtmp": "rtmp,tcp",
    "rtmps": "rtmps,tls,tcp",
    "rtp": "rtp,udp",
    "rtsp": "rtp,udp,tcp,tls,http,https",
    "srt": "srt",
    "tcp": "tcp",
    "udp": "udp",
}
"""What FFmpeg may open for a source of each scheme. Content can name further addresses (a playlist its segments, an SDP
file its ports), and without this list FFmpeg would open them, files of this machine included."""
_WHOLE_FILES = (".mp4", ".m4v", ".mov", ".mkv", ".webm")

_PACKING = (".mp4", ".m4v", ".mov", ".mkv", ".flv", ".mpd")

Options = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """FFmpeg's arguments up to and with ``-i``. A ``raw`` input must be encoded, with a keyframe every ``gop``
    frames if that is set, else every two seconds."""

    arguments: tuple[str, ...]
    raw: bool = False
    gop: int | None = None


def is_raw(source: str) -> bool:
    """Whether the source delivers raw pictures."""
    return source.startswith((TESTCARD, _DEVICE))


def is_multicast(source: str) -> bool:
    if _scheme(source) not in _BOUND:
        return False
    try:
        return ipaddress.ip_address(_url(source).hostname or "").is_multicast
    except ValueError:
        return False


def is_segmented(source: str) -> bool:
    """Whether the source delivers files of some seconds: HLS or DASH."""
    return _scheme(source) in ("http", "https") and _url(source).path.lower().endswith((".m3u8", ".mpd"))


def is_packed(source: str) -> bool:
    """Whether the source stores a picture as MP4 does: RTMP, and files of these kinds."""
    return _scheme(source) in ("rtmp", "rtmps") or _url(source).path.lower().endswith(_PACKING)


def is_listening(source: str, listen: bool = False) -> bool:
    """Whether the capture waits for the publisher."""
    return listen or (_scheme(source) == "srt" and _query(_url(source), "mode") == "listener")


def is_exclusive(source: str, listen: bool = False) -> str | None:
    """The exclusive resource that the source uses, such as a device or a port; None if rooms may share the source."""
    if source.startswith(_DEVICE):
        return f"device {Path(source.removeprefix(_DEVICE)).resolve()}"
    scheme = _scheme(source)
    if scheme in _BOUND and not is_multicast(source):
        url = _url(source)
        return f"UDP port {_query(url, 'localport') or _port(source, url)}"
    if scheme in _LISTENING and is_listening(source, listen):
        return f"{_LISTENING[scheme].upper()} port {_port(source, _url(source))}"
    return None


def why_single(source: str, listen: bool = False) -> str:
    """Why two captures can't read the same media from this source at the same time; empty where they can."""
    scheme = _scheme(source)
    if source.startswith(TESTCARD):
        return "every test picture is different"
    if source.startswith(_DEVICE):
        return "a device has one reader"
    if scheme == "file" or (scheme in ("http", "https") and _is_whole_file(source)):
        return "each reader plays a file from its beginning"
    if is_listening(source, listen):
        return "a publisher sends to one listener"
    if scheme in _BOUND and not is_multicast(source):
        return "a port has one receiver"
    if scheme not in (*_BOUND, *_SERVING):
        return f"it is not known whether two can read {scheme}://"
    return ""


def describe(source: str, listen: bool = False) -> str:
    """A short description of the source without secrets, also if it is invalid."""
    try:
        return _described(source, listen)
    except SourceError:
        return redact(source)


def _described(source: str, listen: bool) -> str:
    if source.startswith(TESTCARD):
        return "test picture"
    if source.startswith(_DEVICE):
        return f"device {source.removeprefix(_DEVICE)}"
    if _scheme(source) == "file":
        return f"file {_path(source).name}, looped"
    if is_listening(source, listen):
        return f"{_scheme(source).upper()} publisher on port {_port(source, _url(source))}"
    if is_multicast(source):
        url = _url(source)
        return f"{_scheme(source).upper()} multicast {url.hostname}:{_port(source, url)}"
    if _scheme(source) in _BOUND:
        return f"{_scheme(source).upper()} to port {_port(source, _url(source))}"
    return redact(source)


def validate(source: str, listen: bool = False, options: Options = (), readers: int = 1) -> None:
    """Raises SourceError if the source is written wrongly, or can't serve so many captures."""
    if source.startswith(TESTCARD):
        parse_card(source)
    elif source.startswith(_DEVICE):
        if not source.removeprefix(_DEVICE).startswith("/"):
            raise SourceError(f"{source!r} names no device", hint="write v4l2:/dev/video0")
    elif _scheme(source) == "file":
        _validate_file(source)
    else:
        _validate_url(source, listen)
    if listen and _scheme(source) not in _LISTENING:
        able = ", ".join(f"{scheme}://" for scheme in _LISTENING)
        raise SourceError("this source can't wait for a publisher", hint=f"leave listen out; it works with {able}")
    if readers > 1 and (why := why_single(source, listen)):
        hint = "leave redundancy out; two captures can read multicast, and servers (srt, rtsp, rtmp, http)"
        raise SourceError(f"redundancy = {readers} is not possible here: {why}", hint=hint)
    for key, _ in options:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*(:[A-Za-z0-9:]+)?", key) or key == "i":
            raise SourceError(f"{key!r} is not an FFmpeg input option", hint="write its name without the hyphen")


def _validate_file(source: str) -> None:
    if not source:
        raise SourceError("the source is empty", hint='write "test:", a URL, a file, or v4l2:/dev/video0')
    path = _path(source)
    if not path.exists():
        raise SourceError(f"the file {path} does not exist", hint="a relative path starts at config.toml's folder")
    if not path.is_file():
        raise SourceError(f"{path} is not a file", hint="name a single video file")


def _validate_url(source: str, listen: bool) -> None:
    url = _url(source)
    _port(source, url)
    if _scheme(source) in ("http", "https") and not url.hostname:
        raise SourceError(f"{redact(source)!r} names no server", hint="write the URL in full")
    if _scheme(source) == "srt":
        mode = _query(url, "mode")
        if listen and mode not in (None, "listener"):
            raise SourceError(f"listen = true contradicts mode={mode} in the URL", hint="leave one of them out")
        if not is_listening(source, listen) and not url.hostname:
            raise SourceError("srt:// without a host can only listen", hint="name the host, or set listen = true")


def open_source(
    source: str, *, listen: bool = False, options: Options = (), room: str = "", analyze_seconds: float = 2.5
) -> Input:
    """FFmpeg's input; ``options`` come last and take precedence. Raises SourceError as :func:`validate` does."""
    validate(source, listen, options)
    if source.startswith(TESTCARD):
        card = parse_card(source)
        graph = card_graph(card, room)
        return Input(arguments=_arguments({"f": "lavfi"}, options, graph), raw=True, gop=card.keyframe_interval)
    if source.startswith(_DEVICE):
        return Input(arguments=_arguments({"f": "v4l2"}, options, source.removeprefix(_DEVICE)), raw=True)
    if _scheme(source) == "file":
        looped = {"re": "", "stream_loop": "-1", "protocol_whitelist": _PROTOCOLS["file"]}
        return Input(arguments=_arguments(looped, options, f"file:{_path(source)}"))
    probing = {"analyzeduration": str(round(analyze_seconds * _MICROSECONDS)), "probesize": str(_PROBE_BYTES)}
    ours = probing | _protocol_options(source, listen) | {"protocol_whitelist": _protocols(_scheme(source))}
    return Input(arguments=_arguments(ours, options, _with_timeout(source)))


def _protocols(scheme: str) -> str:
    return _PROTOCOLS.get(scheme) or f"{scheme},ffrtmpcrypt,ffrtmphttp,http,https,tls,tcp,udp"


def _with_timeout(source: str) -> str:
    """The source; that of RTP with its timeout in the address, because FFmpeg refuses it as an option."""
    if _scheme(source) != "rtp" or _query(_url(source), "timeout"):
        return source
    return f"{source}{'&' if _url(source).query else '?'}timeout={round(READ_TIMEOUT * _MICROSECONDS)}"


def _protocol_options(source: str, listen: bool) -> dict[str, str]:
    timeout = str(round(READ_TIMEOUT * _MICROSECONDS))
    match _scheme(source):
        case "udp":
            buffers = {"fifo_size": str(_UDP_FIFO), "buffer_size": str(_UDP_SOCKET_BUFFER)}
            return {**buffers, "overrun_nonfatal": "1", "timeout": timeout}
        case "srt":
            return {"timeout": timeout} | ({"mode": "listener"} if is_listening(source, listen) else {})
        case "rtmp" | "rtmps":
            return {"rw_timeout": timeout} | ({"listen": "1"} if listen else {})
        case "rtsp":
            # FFmpeg passes its own default, "for ever", in a form that it refuses
            waiting = {"rtsp_flags": "listen", "listen_timeout": str(_DAY)}
            return waiting if listen else {"rtsp_transport": "tcp", "timeout": timeout}
        case "tcp":
            return {"timeout": timeout} | ({"listen": "1"} if listen else {})
        case "http" | "https":
            return {"rw_timeout": timeout} | ({"re": ""} if _is_whole_file(source) else {})
        case "rtp":
            return {}
        case _:
            return {"rw_timeout": timeout}


def _is_whole_file(source: str) -> bool:
    return _url(source).path.lower().endswith(_WHOLE_FILES)


def _arguments(ours: dict[str, str], theirs: Options, opened: str) -> tuple[str, ...]:
    given = ours | dict(theirs)
    flags = [part for key, value in given.items() for part in ((f"-{key}", value) if value else (f"-{key}",))]
    return (*flags, "-i", opened)


def _scheme(source: str) -> str:
    match = re.match(r"([A-Za-z][A-Za-z0-9+.-]*)://", source)
    return match.group(1).lower() if match else "file"


def _path(source: str) -> Path:
    return Path(source.removeprefix(_FILE)).expanduser().absolute()


def _url(source: str) -> SplitResult:
    try:
        url = urlsplit(source)
        _ = url.port
    except ValueError as error:
        raise SourceError(f"{redact(source)!r} is not a URL: {error}", hint="write scheme://host:port") from error
    return url


def _port(source: str, url: SplitResult) -> int:
    port = url.port or _PORTS.get(_scheme(source))
    if port is None and _scheme(source) in (*_BOUND, *_LISTENING):
        raise SourceError(f"{redact(source)!r} names no port", hint=f"write {_scheme(source)}://host:port")
    return port or 0


def _query(url: SplitResult, key: str) -> str | None:
    return parse_qs(url.query).get(key, [None])[-1]

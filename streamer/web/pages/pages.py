"""The pages and their files, ready to send: HTML, styles and scripts.

Reads the package's files once and has no other side effects. Knows no HTTP server and no request: a page is the same
for all users, and its script fetches the rest. Only the page of a one-time link differs.
"""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from types import MappingProxyType
from urllib.parse import urlsplit

_HERE = Path(__file__).parents[1]
_WORTH_COMPRESSING = 1024
_TEXT_TYPES = MappingProxyType(
    {
        ".css": "text/css; charset=utf-8",
        ".js": "text/javascript; charset=utf-8",
        ".mjs": "text/javascript; charset=utf-8",
        ".svg": "image/svg+xml",
        ".txt": "text/plain; charset=utf-8",
    }
)

PAGES: Mapping[str, str] = MappingProxyType(
    {
        "/": "attendee.html",
        "/crew": "crew.html",
        "/crew/timeline": "timeline.html",
        "/recordings": "recordings.html",
        "/login": "login.html",
        "/clock": "clock.html",
    }
)
"""Path of each page, and its template. That of the stage clocks is below it for each room."""
HEAD = "head.html"
"""The beginning of every page's head."""

LINK = "link.html"
"""The page of a one-time link."""


def content_security_policy(sockets: Iterable[str] = ()) -> str:
    """What a page may load and where it may connect: to this site, and to its ``sockets`` (``wss://HOST``)."""
    return "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            "style-src 'self'",
            "img-src 'self' data: blob:",
            "media-src 'self' blob:",
            " ".join(("connect-src 'self'", *sockets)),
            "font-src 'self'",
            "manifest-src 'self'",
            "worker-src 'self' blob:",
            "base-uri 'none'",
            "form-action 'self'",
            "frame-ancestors 'none'",
        )
    )


SECURITY_HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": content_security_policy(),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
)
"""Sent with every page and every static file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asset:
    """A body and its headers. ``compressed`` is the body in gzip, None where it saves too little."""

    body: bytes
    compressed: bytes | None
    content_type: str
    etag: str
    cache_control: str

    def headers(self, *, compressed: bool) -> dict[str, str]:
        """The headers of the answer, with the security headers."""
        own = {
            "Content-Type": self.content_type,
            "Cache-Control": self.cache_control,
            "ETag": self.etag,
            "Vary": "Accept-Encoding",
        }
        return {**SECURITY_HEADERS, **own, **({"Content-Encoding": "gzip"} if compressed else {})}

    def matches(self, if_none_match: str) -> bool:
        """Whether ``If-None-Match`` says that the browser has this body (RFC 9110, 13.1.2)."""
        known = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
        return "*" in known or self.etag.removeprefix("W/") in known


class Site:
    """All pages of one conference, and the files they load, held in memory.

    Files are served twice: under ``/static/VERSION/``, which the pages use and browsers may cache permanently, and
    under ``/static/``, which browsers must revalidate.
    """

    def __init__(self, *, title: str, rehearsal: bool, folder: Path = _HERE) -> None:
        files = dict(_read(folder / "static"))
        self.version = _digest(*(part for name, body in sorted(files.items()) for part in (name.encode(), body)))
        self._lasting = {
            name: _asset(name, body, "public, max-age=31536000, immutable") for name, body in files.items()
        }
        self._plain = {name: _asset(name, body, "no-cache") for name, body in files.items()}
        content = {
            "title": escape(title or "Conference"),
            "static": f"/static/{self.version}",
            "rehearsal": "yes" if rehearsal else "no",
            "rehearsal_hidden": "" if rehearsal else " hidden",
        }
        pages = folder / "pages"
        content["head"] = _filled(pages / HEAD, content).strip()
        self._pages = {
            path: _asset(name, _filled(pages / name, content).encode(), "no-cache") for path, name in PAGES.items()
        }

        # the second filling reads "$$" as "$"
        twice = {name: value.replace("$", "$$") for name, value in content.items()}
        self._link = Template(Template((pages / LINK).read_text(encoding="utf-8")).safe_substitute(twice))

    def link_page(self, secret: str, wanted: str, *, name: str | None, home: str) -> str:
        """The page that asks before it uses a one-time link. ``name`` is of the person who is signed in already, whose
        page is ``home``."""
        return self._link.substitute(
            secret=escape(secret),
            next=escape(wanted),
            stranger_hidden=" hidden" if name is not None else "",
            known_hidden=" hidden" if name is None else "",
            name=escape(name or ""),
            home=escape(home),
        )

    def page(self, path: str) -> Asset | None:
        """The page at a path of :data:`PAGES`."""
        return self._pages.get(path)

    def static(self, path: str) -> Asset | None:
        """The file at a path below ``/static/``; None if it does not exist. Never a file outside the folder."""
        version, _, name = path.partition("/")
        return self._lasting.get(name) if version == self.version else self._plain.get(path)


def _read(folder: Path) -> Iterator[tuple[str, bytes]]:
    for file in sorted(folder.rglob("*")):
        if file.is_file() and file.suffix in _TEXT_TYPES:
            yield file.relative_to(folder).as_posix(), file.read_bytes()


def _filled(template: Path, content: Mapping[str, str]) -> str:
    return Template(template.read_text(encoding="utf-8")).substitute(content)


def _digest(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:16]


def _asset(name: str, body: bytes, cache_control: str) -> Asset:
    packed = gzip.compress(body, 9, mtime=0) if len(body) >= _WORTH_COMPRESSING else body
    return Asset(
        body=body,
        compressed=packed if len(packed) < len(body) else None,
        content_type=_TEXT_TYPES.get(Path(name).suffix, "text/html; charset=utf-8"),
        etag=f'W/"{_digest(body)}"',
        cache_control=cache_control,
    )


def local_path(wanted: str, otherwise: str = "/") -> str:
    """``wanted`` if it is a path on this site to open after signing in, else ``otherwise``."""
    if not wanted.startswith("/") or wanted.startswith("//") or "\\" in wanted or not wanted.isprintable():
        return otherwise
    parts = urlsplit(wanted)
    return otherwise if parts.scheme or parts.netloc else wanted

"""Makes a feed's text safe to log, to store and to show, and reads its words about consent.

Safe means valid Unicode without control characters or overrides of the reading direction. It does not mean escaped; the
writer of HTML escapes.
"""

from __future__ import annotations

import html
import re
import unicodedata

from streamer.timetables.items.remarks import RemarkList

_HARMFUL = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u2060]")
_LINE_BREAKERS = re.compile(rf"[\t\n\u2028\u2029{_HARMFUL}]")
_NOT_IN_PARAGRAPHS = re.compile(rf"[{_HARMFUL}]")
_LOOKS_LIKE_HTML = re.compile(
    r"</?(?:p|br|ul|ol|li|a|b|i|em|strong|h[1-6]|div|span|code|pre|blockquote)\b[^<>]*>", re.I
)
_BREAK = re.compile(r"<br\s*/?>|</(?:p|li|h[1-6]|div|pre|blockquote|ul|ol)\s*>", re.I)
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>|<!--[^<>]*-->")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z]{2,8});", re.I)
_YES = frozenset({"true", "yes", "1"})
_NO = frozenset({"false", "no", "0"})


def unescaped(text: str) -> str:
    """A title or name without superfluous escapes; an incomplete entity is kept."""
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), text)


def as_escaped(text: str) -> str:
    """A text from which :func:`unescaped` makes this text."""
    return _ENTITY.sub(lambda entity: f"&amp;{entity[0][1:]}", text)


def line(text: str, limit: int = 300) -> str:
    """One line of at most ``limit`` characters, with collapsed white space and equal form for equal look.

    Rooms and titles are compared, so invisible characters must not make them different.
    """
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    return _shortened(" ".join(_LINE_BREAKERS.sub(" ", text).split()), limit)


def paragraphs(text: str, limit: int = 10_000) -> str:
    """Plain text of any number of lines; HTML loses its tags."""
    if _LOOKS_LIKE_HTML.search(text):
        text = html.unescape(_TAG.sub("", _BREAK.sub("\n", text)))
    text = _NOT_IN_PARAGRAPHS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    lines = (" ".join(one.split()) for one in text.split("\n"))
    return _shortened(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), limit)


def as_paragraphs(text: str) -> str:
    """A text from which :func:`paragraphs` makes this text."""
    return f"<p>{html.escape(text, quote=False)}</p>" if _LOOKS_LIKE_HTML.search(text) else text


def is_yes(value: object) -> bool:
    return isinstance(value, bool | int | str) and str(value).strip().lower() in _YES


def is_no(value: object) -> bool:
    return isinstance(value, bool | int | str) and str(value).strip().lower() in _NO


def allowed(opt_out: object, what: str, *, title: str, where: str, remarks: RemarkList) -> bool | None:
    """The value of a feed's opt-out: True allowed, False forbidden, None not given.

    An unclear answer forbids: consent is never guessed.
    """
    if opt_out is None or (isinstance(opt_out, str) and not opt_out.strip()):
        return None
    if is_no(opt_out):
        return True
    if not is_yes(opt_out):
        remarks.add(
            "opt-outs that can't be understood",
            f"the opt-out from {what} of “{title}” is neither true nor false; it counts as true",
            where=where,
        )
    return False


def _shortened(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"

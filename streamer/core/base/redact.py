"""Removes passwords, keys and tokens from text before it reaches a person, a page or a log.

Knows their forms in FFmpeg's arguments and output: URLs, options, HTTP headers. It removes too much rather than too
little, and a second pass changes nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

MASK = "***"

_NAMES = (
    r"(?:stream_?id|passphrase|pass(?:word|wd)?|pwd|(?:stream|api|access|private|secret|rtmp)?[_-]?key|playpath"
    r"|(?:[a-z]+[_-])?(?:token|secret)|auth(?:orization)?|sig(?:nature)?|x-amz-(?:signature|credential)"
    r"|credentials?|cid)"
)
_USER = re.compile(r"(?P<kept>\b[a-z][a-z0-9+.-]*\\*:/{2,3})[^\s/'\"|]*@", re.IGNORECASE)
_STREAM_KEY = re.compile(
    r"(?P<head>\brtmp(?:e|s|t|te|ts)?\\*://[^\s'\"|\]]*/)"
    r"(?:[^\s/'\"|\]?]+?)(?=[:.,]?(?:[\s/'\"|\]?]|$))"
    r"(?P<query>\?[^\s'\"|\]]*)?",
    re.IGNORECASE,
)
_SHAPES = (
    _USER,
    # ?key=value, also as an option inside a tee; a value ends at the next key, a quote or the end of the output
    re.compile(rf"(?P<kept>(?:^|[?&:\[;,\s]|%26){_NAMES}=)[^\s&'\"|\]\\]+", re.IGNORECASE),
    # -key value
    re.compile(rf"(?P<kept>(?:^|(?<=[\s'\"]))-(?:[a-z]+_)?{_NAMES}\s+)(?:'[^']*'|\"[^\"]*\"|\S+)", re.IGNORECASE),
    # "key": "value" and '-key', 'value'
    re.compile(rf"(?P<kept>([\"'])-?{_NAMES}\2\s*[:=,]\s*([\"'])).*?(?=\3)", re.IGNORECASE),
    re.compile(r"(?P<kept>\b(?:(?:proxy-)?authorization|(?:set-)?cookie|x-api-key)\s*:\s*)[^\r\n'\"]+", re.IGNORECASE),
    re.compile(r"(?P<kept>\b(?:bearer|basic)\s+)[A-Za-z0-9._~+/=-]{8,}", re.IGNORECASE),
)


def redact(text: str, known: Iterable[str] = ()) -> str:
    """``text`` with every secret replaced by ``***``; ``known`` are exact secrets, removed anywhere."""
    for secret in sorted(filter(None, known), key=len, reverse=True):
        text = text.replace(secret, MASK)
    text = _STREAM_KEY.sub(_without_key, text)
    for shape in _SHAPES:
        text = shape.sub(_masked, text)
    return text


def _masked(match: re.Match[str]) -> str:
    return match["kept"] + MASK + ("@" if match.re is _USER else "")


def _without_key(match: re.Match[str]) -> str:
    """An RTMP address without its stream key, which is the last element of its path, and without its query."""
    return match["head"] + MASK + (f"?{MASK}" if match["query"] else "")

"""Draws a room's holding picture: calm, legible from the back row and on a phone, whatever the titles contain.

Text comes from a timetable and is not to be trusted: it may be empty, endless, in any script, full of control
characters or a single word as long as a page. It is measured, wrapped, made smaller within limits, and cut.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from streamer.core.media import SlateText
from streamer.media.fonts import further_fonts, main_font

_DARK = (17, 24, 36)
_ACCENT = (94, 160, 214)
_BRIGHT, _SOFT = (240, 244, 248), (176, 190, 205)
_LONGEST = 600
_ELLIPSIS = "…"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True, kw_only=True)
class _Style:
    """Sizes are shares of the picture's shorter side; a text takes the largest that fits into ``lines``."""

    sizes: tuple[float, ...]
    lines: int
    bold: bool
    colour: tuple[int, int, int]


_CONFERENCE = _Style(sizes=(0.040, 0.034), lines=2, bold=False, colour=_SOFT)
_ROOM = _Style(sizes=(0.052, 0.042), lines=1, bold=True, colour=_ACCENT)
_HEADLINE = _Style(sizes=(0.100, 0.084, 0.070, 0.058), lines=4, bold=True, colour=_BRIGHT)
_DETAIL = _Style(sizes=(0.052, 0.044), lines=4, bold=False, colour=_SOFT)


def draw_slate(text: SlateText, width: int, height: int) -> Image.Image:
    """An RGB picture of this size."""
    picture = Image.new("RGB", (width, height), _DARK)
    drawing = ImageDraw.Draw(picture)
    short = min(width, height)
    margin, top, bottom = round(width * 0.075), round(height * 0.09), round(height * 0.91)
    room = width - 2 * margin
    header = _Block(text.conference, _CONFERENCE, short, room)
    name = _Block(text.room, _ROOM, short, room)
    headline = _Block(text.headline, _HEADLINE, short, room)
    detail = _Block(text.detail, _DETAIL, short, room)
    header.draw(drawing, margin, top)
    name_at = top + header.height + round(short * 0.015)
    name.draw(drawing, margin, name_at)
    gap = round(short * 0.045)
    free_from, needed = name_at + name.height, headline.height + gap + detail.height
    y = max(free_from + gap, min(free_from + (bottom - free_from - needed) // 2, bottom - needed))
    drawing.rectangle(
        (margin, y - gap // 2, margin + round(short * 0.16), y - gap // 2 + max(2, short // 160)), _ACCENT
    )
    headline.draw(drawing, margin, y + gap // 2)
    detail.draw(drawing, margin, y + gap // 2 + headline.height + gap // 2)
    return picture


class _Block:
    """A text laid out in lines of one font."""

    def __init__(self, text: str, style: _Style, short: int, width: int) -> None:
        clean = plain(text)
        self._colour = style.colour
        self._lines: list[str] = []
        for size in (max(8, round(short * share)) for share in style.sizes):
            self._font = font_for(clean, size, bold=style.bold)
            self._step = round(size * 1.28)
            self._lines = list(_wrapped(clean, self._font, width))
            if len(self._lines) <= style.lines:
                return
        self._lines = _cut(self._lines[: style.lines], self._font, width)

    @property
    def height(self) -> int:
        return self._step * len(self._lines)

    def draw(self, drawing: ImageDraw.ImageDraw, x: int, y: int) -> None:
        for index, line in enumerate(self._lines):
            drawing.text((x, y + index * self._step), line, fill=self._colour, font=self._font)


def plain(text: str) -> str:
    """One line of what can be drawn: no control or formatting characters, no runs of spaces, not endless."""
    seen = (letter if letter.isprintable() else " " for letter in unicodedata.normalize("NFC", text[: 4 * _LONGEST]))
    return " ".join("".join(seen).split())[:_LONGEST]


def _wrapped(text: str, font: Font, width: int) -> Iterator[str]:
    """Lines that fit; a word that is too long for a line is broken where the line is full."""
    line = ""
    for word in text.split(" "):
        longer = f"{line} {word}" if line else word
        if font.getlength(longer) <= width:
            line = longer
            continue
        if line:
            yield line
        while font.getlength(word) > width:
            fitting = _fitting(word, font, width)
            yield word[:fitting]
            word = word[fitting:]
        line = word
    if line:
        yield line


def _fitting(word: str, font: Font, width: int) -> int:
    """How many of a word's letters fit into a line; at least one."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(word[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(lines: list[str], font: Font, width: int) -> list[str]:
    last = lines[-1]
    while last and font.getlength(last + _ELLIPSIS) > width:
        last = last[:-1]
    return [*lines[:-1], last.rstrip() + _ELLIPSIS]


def font_for(text: str, size: int, *, bold: bool) -> Font:
    """The first font that has all letters of the text, else the usual one."""
    usual = main_font(bold=bold)
    if usual is None:
        return ImageFont.load_default(size)
    if _covers(usual, text):
        return _loaded(usual, size)
    return _loaded(next((f for f in further_fonts() if _covers(f, text)), usual), size)


@lru_cache(maxsize=64)
def _loaded(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(path), size)


def _covers(path: Path, text: str) -> bool:
    font = _loaded(path, 16)
    missing = _shape(font, "\U0010ffff")
    return all(letter.isspace() or _shape(font, letter) != missing for letter in set(text))


def _shape(font: ImageFont.FreeTypeFont, letter: str) -> tuple[tuple[int, int], bytes]:
    mask = font.getmask(letter)
    return mask.size, bytes(mask)

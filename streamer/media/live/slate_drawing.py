"""Draws a room's slate with any title, legible from the back row and on a phone.

Text from a timetable is untrusted: it may be empty, very long, in any script, full of control characters or a single
very long word. It is measured, wrapped, reduced within limits, and cut.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from PIL import Image, ImageDraw, ImageFont

from streamer.core.channel.chunks import SlateText
from streamer.media.ffmpeg.fonts import further_fonts, main_font

_DARK = (17, 24, 36)
_ACCENT = (94, 160, 214)
_BRIGHT, _SOFT = (240, 244, 248), (176, 190, 205)
_LONGEST = 600
_ELLIPSIS = "…"
_MARKS = 2  # accents on one letter
_LEADING = 1.28
_LEAST = 480  # pixels of the layout's shorter side

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


class FontFinder(Protocol):
    """The file of the usual font; None if there is none."""

    def __call__(self, *, bold: bool) -> Path | None: ...


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


def draw_slate(text: SlateText, width: int, height: int, usual_font: FontFinder = main_font) -> Image.Image:
    """An RGB picture of this size, with the layout of a large one, so that small ones look the same."""
    scale = max(1, -(-_LEAST // min(width, height)))
    picture = _laid_out(text, width * scale, height * scale, usual_font)
    return picture if scale == 1 else picture.reduce(scale)


def _laid_out(text: SlateText, width: int, height: int, usual_font: FontFinder) -> Image.Image:
    picture = Image.new("RGB", (width, height), _DARK)
    drawing = ImageDraw.Draw(picture)
    short = min(width, height)
    margin, gap, top, bottom = round(width * 0.075), round(short * 0.045), round(height * 0.09), round(height * 0.91)
    page = _Page(width=width - 2 * margin, short=short, usual_font=usual_font)
    conference = page.block(text.conference, _CONFERENCE, height)
    room = page.block(text.room, _ROOM, height)
    detail = page.block(text.detail, _DETAIL, height)
    free = top + conference.height + room.height + 2 * gap
    headline = page.block(text.headline, _HEADLINE, bottom - free - gap - detail.height)
    y = free + max(0, bottom - free - headline.height - detail.height - gap) // 2
    conference.draw(drawing, margin, top)
    room.draw(drawing, margin, top + conference.height + gap // 3)
    rule = (margin, y - gap // 2, margin + round(short * 0.16), y - gap // 2 + short // 160)
    drawing.rectangle(rule, _ACCENT)
    headline.draw(drawing, margin, y)
    detail.draw(drawing, margin, y + headline.height + gap // 2)
    return picture


@dataclass(frozen=True, slots=True, kw_only=True)
class _Block:
    """A text laid out in lines of one font."""

    lines: tuple[str, ...]
    font: Font
    step: int
    colour: tuple[int, int, int]

    @property
    def height(self) -> int:
        return self.step * len(self.lines)

    def draw(self, drawing: ImageDraw.ImageDraw, x: int, y: int) -> None:
        for index, line in enumerate(self.lines):
            drawing.text((x, y + index * self.step), line, fill=self.colour, font=self.font)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    """The maximum line width, and the picture's shorter side, which determines the sizes."""

    width: int
    short: int
    usual_font: FontFinder

    def block(self, text: str, style: _Style, height: int) -> _Block:
        """The text in the largest size that fits the height, cut if even the smallest size is too large."""
        clean = plain(text)
        *larger, smallest = (round(self.short * share) for share in style.sizes)
        for size in larger:
            font, step = self._font(clean, size, style), round(size * _LEADING)
            lines = tuple(_wrapped(clean, font, self.width))
            if len(lines) <= min(style.lines, height // step):
                return _Block(lines=lines, font=font, step=step, colour=style.colour)
        font, step = self._font(clean, smallest, style), round(smallest * _LEADING)
        lines, room = tuple(_wrapped(clean, font, self.width)), max(1, min(style.lines, height // step))
        if len(lines) > room:
            lines = (*lines[: room - 1], _cut(lines[room - 1], font, self.width))
        return _Block(lines=lines, font=font, step=step, colour=style.colour)

    def _font(self, text: str, size: int, style: _Style) -> Font:
        return _font_for(text, size, self.usual_font(bold=style.bold))


def plain(text: str) -> str:
    """One line of drawable text, of limited length, without control or formatting characters or piles of accents."""
    letters: list[str] = []
    marks = 0
    for letter in unicodedata.normalize("NFC", text[: 4 * _LONGEST]):
        marks = marks + 1 if unicodedata.combining(letter) else 0
        if marks <= _MARKS:
            letters.append(letter if letter.isprintable() else " ")
    return " ".join("".join(letters).split())[:_LONGEST]


def _wrapped(text: str, font: Font, width: int) -> Iterator[str]:
    """Lines that fit; a word that is too long for a line is broken at the line's end."""
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
    """The number of a word's letters that fit into a line; at least one."""
    low, high = 1, len(word)
    while low < high:
        middle = (low + high + 1) // 2
        if font.getlength(word[:middle]) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def _cut(line: str, font: Font, width: int) -> str:
    while line and font.getlength(line + _ELLIPSIS) > width:
        line = line[:-1]
    return line.rstrip() + _ELLIPSIS


def _font_for(text: str, size: int, usual: Path | None) -> Font:
    """The first font that has all letters of the text, else the usual one."""
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

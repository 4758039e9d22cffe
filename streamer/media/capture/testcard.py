"""The ``test:`` source: a picture that moves, with the room's name, the time of day and a tone of the room's own.

Options follow as in a URL, ``test:?size=320x180&rate=25``: size, rate (frames/s), gop (seconds between keyframes),
audio (0 for none) and code (1 draws the counter of :mod:`streamer.media.capture.frame_code`). Made by FFmpeg
alone, without any file, cheap enough to run for every room of a rehearsal.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl

from streamer.core.base.errors import SourceError
from streamer.media.capture.frame_code import draw_code
from streamer.media.ffmpeg.filtergraph import filter_text
from streamer.media.ffmpeg.fonts import main_font

PREFIX = "test:"
_LONGEST_NAME = 60
_SEMITONE = 2 ** (1 / 12)


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The options of a ``test:`` source."""

    width: int = 1280
    height: int = 720
    rate: int = 30
    gop: float = 1.0
    audio: bool = True
    code: bool = False

    @property
    def keyframe_interval(self) -> int:
        """In frames."""
        return max(1, round(self.gop * self.rate))


def parse_card(source: str) -> Card:
    """Read a ``test:`` source. Raises SourceError for an unknown option or an invalid value."""
    given = source.removeprefix(PREFIX).removeprefix("?")
    pairs = parse_qsl(given, keep_blank_values=True)
    if given and not pairs:
        raise SourceError(f"{given!r} are not options", hint="write them as in test:?size=640x360&rate=25")
    card = Card()
    for key, value in pairs:
        card = _with_option(card, key, value)
    return card


def _with_option(card: Card, key: str, value: str) -> Card:
    match key:
        case "size":
            width, height = _size(value)
            return replace(card, width=width, height=height)
        case "rate":
            return replace(card, rate=int(_number(key, value, 1, 120)))
        case "gop":
            return replace(card, gop=_number(key, value, 0.04, 20))
        case "audio":
            return replace(card, audio=bool(_number(key, value, 0, 1)))
        case "code":
            return replace(card, code=bool(_number(key, value, 0, 1)))
        case _:
            raise SourceError(f"test: has no option {key!r}", hint="its options are size, rate, gop, audio and code")


def _size(value: str) -> tuple[int, int]:
    match = re.fullmatch(r"([0-9]{2,4})x([0-9]{2,4})", value)
    width, height = (int(match.group(1)), int(match.group(2))) if match else (0, 0)
    if not (64 <= width <= 7680 and 36 <= height <= 4320) or width % 2 or height % 2:
        raise SourceError(f"{value!r} is not a size for test:", hint="write even numbers, as in size=1280x720")
    return width, height


def _number(key: str, value: str, low: float, high: float) -> float:
    try:
        number = float(value)
    except ValueError:
        number = -1.0
    if not low <= number <= high:
        raise SourceError(f"{value!r} is not a {key} for test:", hint=f"write a number from {low:g} to {high:g}")
    return number


def card_graph(card: Card, room: str) -> str:
    """A graph for FFmpeg's lavfi device: the picture is ``out0``, the tone ``out1``."""
    picture = [filter_text("smptehdbars", size=f"{card.width}x{card.height}", rate=card.rate)]
    font = main_font(bold=True)
    if font is not None:
        picture += _captions(card, room, font)
    if card.code:
        picture.append(draw_code())
    colours = filter_text("setparams", range="tv", colorspace="bt709", color_primaries="bt709", color_trc="bt709")
    # paced by its own clock: FFmpeg's -re would send half a second at once, unlike a camera
    graph = ",".join([*picture, "format=yuv420p", "realtime", f"{colours}[out0]"])
    return f"{graph};{_tone(room)}[out1]" if card.audio else graph


def _captions(card: Card, room: str, font: Path) -> list[str]:
    name = "".join(c if c.isprintable() else " " for c in room).strip()[:_LONGEST_NAME] or "Test"
    size = min(card.height // 8, card.width * 3 // 2 // len(name))
    return [
        _caption(font, name, size, "(w-tw)/2", "h*0.18", expansion="none"),
        _caption(font, "%{localtime:%T}", card.height // 6, "(w-tw)/2", "h*0.36"),
        _caption(font, "%{n}", card.height // 18, "mod(n*w/(6*30),w)", "h*0.64", boxcolor="white", fontcolor="black"),
    ]


def _caption(font: Path, text: str, size: int, x: str, y: str, **options: str) -> str:
    look: dict[str, str | float] = {"boxcolor": "black@0.8", "fontcolor": "white", **options}
    return filter_text(
        "drawtext",
        fontfile=str(font),
        text=text,
        fontsize=max(6, size),
        x=x,
        y=y,
        box=1,
        boxborderw=max(2, size // 6),
        **look,
    )


def _tone(room: str) -> str:
    """A tone between 220 and 831 Hz, the same for a room at all times, with a short beep each second."""
    semitones = hashlib.sha256(room.encode()).digest()[0] % 24
    tone = filter_text("sine", frequency=round(220 * _SEMITONE**semitones), beep_factor=4, sample_rate=48000)
    return f"{tone},{filter_text('aformat', channel_layouts='stereo')}"

from __future__ import annotations

import pytest
from PIL import Image, ImageChops

from streamer.core.channel.chunks import SlateText
from streamer.media.ffmpeg import fonts
from streamer.media.live.slate_drawing import draw_slate, plain

TITLES = [
    "From genomic data to personalised medicine: Where are we and what is the goal?",
    "",
    " ",
    "x" * 20_000,
    "word " * 5_000,
    "a\x00b\u202ec\nd\te\ufeff",
    "<script>alert(1)</script> & \"quotes\" 'n' %s {0}",
    "Ærø, Größe, Łódź, Ελληνικά, Русский",
    "قاعة المؤتمرات שלום",
    "会議の未来 한국어 🎉👩‍🔬",
    "e" + "\u0301" * 300,
    "\ud800 lone surrogate",
]


def drawn(picture: Image.Image) -> tuple[int, int, int, int] | None:
    """What is covered by anything but the ground."""
    ground = picture.crop((0, 0, 1, 1)).resize(picture.size)
    return ImageChops.difference(picture, ground).convert("L").getbbox()


@pytest.mark.parametrize("title", TITLES)
@pytest.mark.parametrize("size", [(1280, 720), (406, 720), (64, 36)])
def test_any_title_fits_into_any_picture(title: str, size: tuple[int, int]) -> None:
    text = SlateText(conference=title, room=title, headline=title, detail=title)
    picture = draw_slate(text, *size)
    assert picture.size == size
    assert picture.mode == "RGB"
    width, height = size
    covered = drawn(picture)
    assert covered is not None
    left, top, right, bottom = covered
    assert left > 0.05 * width
    assert right < 0.95 * width
    assert top > 0.05 * height
    assert bottom < 0.96 * height


def test_every_line_of_the_text_changes_the_picture() -> None:
    full = SlateText(conference="Conference", room="Room", headline="Headline", detail="Detail")
    pictures = {
        draw_slate(text, 640, 360).tobytes()
        for text in (
            full,
            SlateText(conference="", room="Room", headline="Headline", detail="Detail"),
            SlateText(conference="Conference", room="", headline="Headline", detail="Detail"),
            SlateText(conference="Conference", room="Room", headline="", detail="Detail"),
            SlateText(conference="Conference", room="Room", headline="Headline", detail=""),
        )
    }
    assert len(pictures) == 5


def test_a_long_title_is_wrapped_and_made_smaller_before_it_is_cut() -> None:
    short = draw_slate(SlateText(conference="", room="", headline="Break"), 1280, 720)
    long = draw_slate(SlateText(conference="", room="", headline=TITLES[0]), 1280, 720)
    covered_short, covered_long = drawn(short), drawn(long)
    assert covered_short
    assert covered_long
    assert covered_long[3] - covered_long[1] > 2 * (covered_short[3] - covered_short[1])
    assert covered_long[2] > 1.8 * covered_short[2]


def test_only_what_can_be_drawn_is_drawn() -> None:
    assert plain("a\x00b\u202ec\n\n d\t") == "a b c d"
    assert len(plain("x" * 10_000)) == 600
    assert plain("") == ""


def test_a_machine_without_fonts_still_has_slates() -> None:
    text = SlateText(conference="C", room="R", headline="Still legible", detail="D")
    picture = draw_slate(text, 640, 360, lambda bold: None)
    assert picture.tobytes() != draw_slate(text, 640, 360).tobytes()
    assert drawn(picture) is not None


def test_the_fonts_come_with_the_package() -> None:
    for bold in (False, True):
        font = fonts.main_font(bold=bold)
        assert font is not None
        assert font.is_relative_to(fonts.BUNDLED)

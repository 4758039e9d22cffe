from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from streamer.core.base.errors import SourceError
from streamer.media.capture.frame_code import read_codes
from streamer.media.capture.testcard import Card, card_graph, parse_card


def test_options_are_read() -> None:
    assert parse_card("test:") == Card()
    wanted = Card(width=320, height=180, rate=25, gop=0.5, audio=False, code=True)
    assert parse_card("test:?size=320x180&rate=25&gop=0.5&audio=0&code=1") == wanted
    assert wanted.keyframe_interval == 12


@pytest.mark.parametrize(
    "source",
    [
        *("test:?size=321x180", "test:?size=big", "test:?size=8x8", "test:?rate=0", "test:?rate=fast"),
        *("test:?colour=red", "test:nonsense", "test:?gop=0", "test:?code=7", "test:?rate=nan"),
    ],
)
def test_nonsense_is_refused_with_a_hint(source: str) -> None:
    with pytest.raises(SourceError) as raised:
        parse_card(source)
    assert raised.value.hint


@pytest.mark.parametrize(
    "name",
    ["Hall A", "", "it's [a]; 100%:\\,%{n}", "Sæl 7 – Größe", "قاعة המרכזי 会議室", "x" * 5000, "a\x00b\nc\u202e", "'"],
)
def test_any_room_name_can_be_drawn(ffmpeg: str, tmp_path: Path, name: str) -> None:
    graph = card_graph(parse_card("test:?size=160x90&code=1"), name)
    target = tmp_path / "card.mp4"
    argv = [ffmpeg, "-v", "warning", "-f", "lavfi", "-i", graph, "-t", "0.2", "-preset", "ultrafast", str(target)]
    done = subprocess.run(argv, capture_output=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, b"")
    assert read_codes(target) == list(range(6))


def test_each_room_has_its_own_picture_and_a_tone_that_stays() -> None:
    card = Card()
    assert card_graph(card, "Hall A") == card_graph(card, "Hall A")
    tones = {card_graph(card, f"Hall {letter}").split("frequency=")[1].split(":")[0] for letter in "ABCDEFGH"}
    assert len(tones) > 4
    assert "sine" not in card_graph(parse_card("test:?audio=0"), "Hall A")

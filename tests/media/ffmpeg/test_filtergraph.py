from __future__ import annotations

import subprocess

import pytest

from streamer.media.ffmpeg.filtergraph import escaped, filter_text


@pytest.mark.parametrize(
    "text", ["plain", "it's", "a:b", "a,b;c", "[x]", "back\\slash", "'';,[]:\\\\'", "100%", "æøå 你好", "a=b|c"]
)
def test_ffmpeg_reads_back_any_value(ffmpeg: str, text: str) -> None:
    graph = f"anullsrc,{filter_text('ametadata', mode='add', key='k', value=text)},ametadata=mode=print:file=-"
    argv = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", graph, "-frames:a", "1", "-f", "null", "-"]
    printed = subprocess.run(argv, capture_output=True, check=True, timeout=20).stdout.decode()
    assert f"k={text}\n" in printed


def test_positional_options_come_first() -> None:
    assert filter_text("scale", 640, -2, flags="area") == "scale=640:-2:flags=area"
    assert filter_text("null") == "null"


def test_a_value_is_escaped_for_both_readings() -> None:
    assert escaped("a:b") == "a\\\\:b"

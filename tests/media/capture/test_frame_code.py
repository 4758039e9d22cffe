from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from streamer.media.capture.frame_code import BAND, BLOCKS, decode_code, draw_code, read_codes


@pytest.mark.parametrize(("size", "bitrate"), [("320x180", "150k"), ("160x90", "80k"), ("642x360", "300k")])
def test_codes_survive_hard_encoding_and_scaling(ffmpeg: str, tmp_path: Path, size: str, bitrate: str) -> None:
    picture = f"testsrc2=size={size}:rate=25,{draw_code()}"
    argv = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", picture, "-frames:v", "60", "-vf", "scale=192:108"]
    subprocess.run([*argv, "-b:v", bitrate, tmp_path / "coded.mp4"], check=True, timeout=30)
    assert read_codes(tmp_path / "coded.mp4") == list(range(60))


def test_large_numbers_are_drawn_as_well(ffmpeg: str, tmp_path: Path) -> None:
    later = draw_code().replace("(n/", "((n+700001)/").replace("mod(n", "mod((n+700001)")
    argv = [ffmpeg, "-v", "error", "-f", "lavfi", "-i", f"color=size=320x180,{later}", "-frames:v", "3"]
    subprocess.run([*argv, tmp_path / "coded.mp4"], check=True, timeout=30)
    assert read_codes(tmp_path / "coded.mp4") == [700_001, 700_002, 700_003]


def test_a_picture_without_a_code_has_none() -> None:
    width, height = 320, 180
    for level in (0, 127, 255):
        assert decode_code(bytes([level]) * width * height, width, width, height) == -1


def test_a_damaged_code_is_told_from_a_good_one() -> None:
    width, height = BLOCKS * 10, BAND * 2
    ones = [True, False, *[False] * 20, True, True]  # number 0 with its checks
    row = b"".join(bytes([255 if one else 0]) * 10 for one in ones)
    assert decode_code(row * height, width, width, height) == 0
    damaged = row[:20] + b"\xff" * 10 + row[30:]
    assert decode_code(damaged * height, width, width, height) == -1

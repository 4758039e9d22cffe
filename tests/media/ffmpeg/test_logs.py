from __future__ import annotations

from pathlib import Path

from streamer.media.ffmpeg.logs import Line, tail, telling


def test_a_tail_is_the_last_lines_redacted(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("one\ntwo\nError opening rtmp://h/app/KEY: refused\n")

    assert tail(log, 2) == ["two", "Error opening rtmp://h/app/***: refused"]


def test_a_log_that_was_just_cut_goes_on_in_its_older_half(tmp_path: Path) -> None:
    (tmp_path / "log.1").write_text("".join(f"old {n}\n" for n in range(10_000)))
    (tmp_path / "log").write_text("new\n")

    assert tail(tmp_path / "log", 3) == ["old 9998", "old 9999", "new"]


def test_of_a_long_log_only_whole_lines_of_its_end_are_read(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("".join(f"{n:06d} {'x' * 93}\n" for n in range(5_000)))

    lines = tail(log, 100_000)

    assert lines[-1].startswith("004999")
    assert all(len(line) == 100 for line in lines)


def test_no_log_no_lines(tmp_path: Path) -> None:
    assert tail(tmp_path / "log", 5) == []
    assert telling(tmp_path / "log") == []


def test_bytes_that_are_no_text_and_carriage_returns_do_no_harm(tmp_path: Path) -> None:
    (tmp_path / "log").write_bytes(b"a\xff\xfe\rframe= 1\rb\n")

    assert tail(tmp_path / "log", 5) == ["a\ufffd\ufffd", "frame= 1", "b"]


def test_telling_lines_are_without_chatter_decoders_and_the_tap(tmp_path: Path) -> None:
    (tmp_path / "log").write_text(
        "[h264 @ 0x5566] [error] non-existing PPS 0 referenced\n"
        "[tcp @ 0x7f01] [error] Connection to tcp://127.0.0.1:4100?timeout=1000000 failed: Connection refused\n"
        "[fifo @ 0x7f02] [error] Error opening tcp://127.0.0.1:4100?timeout=1000000: Connection refused\n"
        "[fifo @ 0x7f02] [error] Recovery failed: Connection refused\n"
        "frame=   50 fps= 30 q=-1.0\n"
        "[in#0/mpegts @ 0x5567] [error] Error during demuxing: Input/output error\n"
        "[error] Error opening input files: Input/output error\n"
        "[libx264 @ 0x5568] kb/s:170.64\n"
    )

    assert telling(tmp_path / "log") == [
        Line(speaker="in#0/mpegts", text="Error during demuxing: Input/output error"),
        Line(speaker="", text="Error opening input files: Input/output error"),
    ]

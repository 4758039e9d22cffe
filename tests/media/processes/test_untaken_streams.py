from __future__ import annotations

from pathlib import Path

from streamer.media.processes.untaken_streams import UntakenStreams

NEW = "[in#0/mpegts @ 0x55f3f805cac0] [warning] New {} stream with index 2 at pos:294408 and DTS:1.421333s\n"


def test_what_comes_later_is_noticed_once_and_for_all(tmp_path: Path) -> None:
    log = tmp_path / "log"
    newcomers = UntakenStreams(log)
    assert newcomers.read() == set()
    log.write_text("[in#0/mpegts @ 0x5] [warning] DTS 127920 < 574920 out of order\n" + NEW.format("data"))
    assert newcomers.read() == set()
    with log.open("a") as appended:
        appended.write(NEW.format("audio"))
    assert newcomers.read() == {"audio"}
    with log.open("a") as appended:
        appended.write("[warning] something else\n" * 5_000 + NEW.format("video"))
    assert newcomers.read() == {"audio", "video"}
    log.write_text("")  # the keeper bounds it
    assert newcomers.read() == {"audio", "video"}

from __future__ import annotations

from pathlib import Path

from streamer.media.processes.log_watch import LogWatch

NEW = "[in#0/mpegts @ 0x55f3f805cac0] [warning] New {} stream with index 2 at pos:294408 and DTS:1.421333s\n"


REFUSED = "11:06:55.594864/SRT:RcvQ:w1!W:SRT.cn: processConnectRequest: rsp(REJECT): {} - {}\n"


def test_what_comes_later_is_noticed_once_and_for_all(tmp_path: Path) -> None:
    log = tmp_path / "log"
    watch = LogWatch(log)

    def untaken() -> frozenset[str]:
        watch.read()
        return watch.untaken

    assert untaken() == set()
    log.write_text("[in#0/mpegts @ 0x5] [warning] DTS 127920 < 574920 out of order\n" + NEW.format("data"))
    assert untaken() == set()
    with log.open("a") as appended:
        appended.write(NEW.format("audio"))
    assert untaken() == {"audio"}
    with log.open("a") as appended:
        appended.write("[warning] something else\n" * 5_000 + NEW.format("video"))
    assert untaken() == {"audio", "video"}
    log.write_text("")  # the keeper bounds it
    assert untaken() == {"audio", "video"}


def test_a_refused_publisher_is_noticed_with_the_reason(tmp_path: Path) -> None:
    log = tmp_path / "log"
    watch = LogWatch(log)
    log.write_text(REFUSED.format(1010, "Incorrect passphrase"))
    watch.read()
    assert watch.refusal == "it uses another passphrase: set the same on both sides"
    with log.open("a") as appended:
        appended.write(REFUSED.format(1003, "Peer rejected"))
    watch.read()
    assert watch.refusal == "Peer rejected"

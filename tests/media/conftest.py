"""One afternoon in a small venue, captured once for all tests of the media floor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from support.media.venue import Venue, make_clip, wait_until

from streamer.core.jobs.live_format import LiveFormat
from streamer.core.jobs.renditions import live_format
from streamer.core.jobs.source_facts import SourceFacts
from streamer.core.jobs.specs import CaptureSettings, LivestreamSettings


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What looks at the venue's takes waits for them to be captured."""
    for item in items:
        if "venue" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)


CARD = "test:?size=320x180&rate=30&code=1"
MUTE = "test:?size=320x180&rate=25&code=1&audio=0&gop=2"
GROUP = "239.255.77.7"


@pytest.fixture(scope="session")
def clip(ffmpeg: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(ffmpeg, tmp_path_factory.mktemp("clip") / "clip.mp4")


@pytest.fixture(scope="session")
def card_format() -> LiveFormat:
    facts = SourceFacts(video="h264", width=320, height=180, rate=Fraction(30), audio="aac")
    return live_format(facts, ["180p", "90p"])


@pytest.fixture(scope="session")
def mute_format() -> LiveFormat:
    facts = SourceFacts(video="h264", width=320, height=180, rate=Fraction(25), audio=None)
    return live_format(facts, ["360p"])


@pytest.fixture(scope="session")
def venue(
    ffmpeg: str,
    clip: Path,
    card_format: LiveFormat,
    mute_format: LiveFormat,
    free_ports: Callable[[int], list[int]],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Venue]:
    """Takes ``card`` (killed in the middle of a segment), ``mute`` (25 frames/s, no sound; stopped), ``file``
    (looped; stopped) and one for each way into a room over the network; live runs ``card-live`` and, after one
    that was killed at the same tap, ``mute-live``."""
    here = Venue(data=tmp_path_factory.mktemp("data"), ffmpeg=ffmpeg)
    here.formats = {"card": card_format, "mute": mute_format}
    try:
        _afternoon(here, clip, free_ports)
        yield here
    finally:
        here.close()


def _afternoon(here: Venue, clip: Path, free_ports: Callable[[int], list[int]]) -> None:
    multicast, unicast, caller, listener, rtmp, *taps = free_ports(13)

    def capture(run: str, source: str, *, listen: bool = False) -> None:
        tap = taps.pop()
        if run == "card":
            here.start(f"{run}-live", LivestreamSettings(tap=tap, format=here.formats[run], has_audio=True))
        here.start(run, CaptureSettings(source=source, listen=listen, room_name=f"Room {run}", tap=tap))

    capture("card", CARD)
    mute_tap = taps[-1]
    here.start("mute-first", LivestreamSettings(tap=mute_tap, format=here.formats["mute"], has_audio=False))
    capture("mute", MUTE)
    capture("file", str(clip))
    capture("multicast", f"udp://{GROUP}:{multicast}?localaddr=127.0.0.1")
    capture("unicast", f"udp://127.0.0.1:{unicast}")
    capture("srt-listener", f"srt://127.0.0.1:{listener}?passphrase=correct-horse", listen=True)
    capture("rtmp", f"rtmp://127.0.0.1:{rtmp}/live/key", listen=True)
    ts = ("-f", "mpegts")
    here.play("srt-server", clip, f"srt://127.0.0.1:{caller}?mode=listener", *ts)
    capture("srt-caller", f"srt://127.0.0.1:{caller}")
    wait_until(lambda: here.listed("card") >= 1, "the first segment")  # by now the receivers have begun
    here.kill("mute-first")  # another takes its place at the tap
    here.start("mute-live", LivestreamSettings(tap=mute_tap, format=here.formats["mute"], has_audio=False))
    here.play("multicaster", clip, f"udp://{GROUP}:{multicast}?ttl=0&localaddr=127.0.0.1&pkt_size=1316", *ts)
    here.play("unicaster", clip, f"udp://127.0.0.1:{unicast}?pkt_size=1316", *ts)
    here.play("srt-publisher", clip, f"srt://127.0.0.1:{listener}?passphrase=correct-horse", *ts)
    here.play("rtmp-publisher", clip, f"rtmp://127.0.0.1:{rtmp}/live/key", "-f", "flv")
    wait_until(lambda: here.listed("card") >= 3, "the third segment")
    opened = here.data / "takes/card/000003.ts"
    wait_until(lambda: opened.exists() and opened.stat().st_size > 30_000, "half a segment")
    here.kill("card")
    shown = here.data / "live/mute-live"
    wait_until(lambda: len(list(shown.glob("chunk-stream0-*.m4s"))) >= 3, "two whole segments of the second livestream")
    for sender in ("multicaster", "unicaster", "srt-publisher", "rtmp-publisher", "srt-server"):
        here.ends(sender)
    for run in ("mute", "file", "multicast", "unicast"):
        here.stop(run)
    for run in ("srt-listener", "rtmp", "srt-caller", "card-live", "mute-live"):
        here.ends(run)

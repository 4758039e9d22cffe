"""Several feeds followed as one; each fails for itself."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from pathlib import Path

import pytest

from streamer.core.base.errors import TimetableError
from streamer.core.base.ids import RoomId
from streamer.core.timetable.room_matching import ConfiguredRoom, match_rooms
from streamer.core.timetable.sessions import Parsed, Timetable
from streamer.outside.feeds.merged import MergedFeed, kept_of_all, read_all
from streamer.outside.feeds.setup import FeedSetup

ROOMS = [ConfiguredRoom(id=RoomId("attic"), name="Attic", aliases=("Under the roof",))]


def match(timetable: Timetable) -> Timetable:
    return match_rooms(timetable, ROOMS)


def written(path: Path, *titles: str, room: str = "Main") -> Path:
    text = f'[conference]\ntitle = "{path.stem}"\ntimezone = "UTC"\n'
    for hour, title in enumerate(titles, start=9):
        text += f'[[sessions]]\nid = "{title}"\nroom = "{room}"\ntitle = "{title}"\n'
        text += f'start = 2025-09-08T{hour:02}:00:00\nduration = "1h"\n'
    partial = path.with_suffix(".new")
    partial.write_text(text)
    partial.replace(path)
    return path


def setups(folder: Path) -> list[FeedSetup]:
    return [
        FeedSetup(address=str(folder / "main.toml"), timezone="UTC"),
        FeedSetup(address=str(folder / "side.toml"), name="side", priority=1, rooms=frozenset({RoomId("attic")})),
    ]


def feed_of(folder: Path) -> MergedFeed:
    async def soon(_: float) -> None:
        await asyncio.sleep(0.001)

    return MergedFeed(setups(folder), cache=folder / "feeds", match=match, sleep=soon)


def titles(update: Parsed | TimetableError) -> list[str]:
    assert isinstance(update, Parsed), update
    return [f"{s.room}: {s.title}" for s in update.timetable.sessions]


async def following(updates: AsyncIterator[Parsed | TimetableError]) -> Parsed | TimetableError:
    async with asyncio.timeout(10):
        return await anext(updates)


async def test_a_side_rooms_sheet_breaks_and_mends_while_the_main_programme_goes_on(tmp_path: Path) -> None:
    written(tmp_path / "main.toml", "A")
    side = written(tmp_path / "side.toml", "Yoga", room="Under the roof")
    feed = feed_of(tmp_path)
    assert titles(await feed.load()) == ["attic: Yoga", "main: A"]
    async with aclosing(feed.updates()) as updates:
        side.write_text("[conference\n")
        error = await following(updates)
        assert isinstance(error, TimetableError)
        assert "not TOML" in error.message
        main, broken = feed.health()
        assert (main.error, main.sessions) == ("", 1)
        assert (broken.name, "not TOML" in broken.error, broken.sessions) == ("side", True, 1)
        written(tmp_path / "main.toml", "A", "B")
        assert titles(await following(updates)) == ["attic: Yoga", "main: A", "main: B"]
        written(side, "Yoga", "Tea", room="attic")
        assert titles(await following(updates)) == ["attic: Yoga", "main: A", "attic: Tea", "main: B"]
        assert [one.error for one in feed.health()] == ["", ""]


async def test_what_can_not_be_read_has_its_file_and_line(tmp_path: Path) -> None:
    (tmp_path / "main.toml").write_text("id,start,title,room\na,2025-09-08 9:00,A,Main\nx,soon,X,Main\n")
    side = written(tmp_path / "side.toml", "Yoga", room="attic")
    side.write_text(side.read_text().replace('"1h"', '"soon"'))
    parsed = await read_all(setups(tmp_path), match)
    assert parsed.parsed is not None
    table = parsed.parsed.timetable
    main = str(tmp_path / "main.toml")
    assert [(item.id, item.where) for item in table.unread] == [("x", f"{main}, line 3")]
    assert [s.doubt and s.doubt.where for s in table.sessions] == ["side, line 4, session “Yoga”", f"{main}, line 2"]


async def test_a_start_with_what_there_is(tmp_path: Path) -> None:
    written(tmp_path / "main.toml", "A")
    feed = feed_of(tmp_path)
    parsed = await feed.load()
    assert titles(parsed) == ["main: A"]
    assert parsed.remarks[0].message == "side is missing: this file does not exist"
    assert feed.health()[1].confirmed is None
    async with aclosing(feed.updates()) as updates:
        written(tmp_path / "side.toml", "Yoga", room="attic")
        assert titles(await following(updates)) == ["attic: Yoga", "main: A"]


async def test_last_good_copies_of_all_feeds_are_merged_after_a_restart(tmp_path: Path) -> None:
    written(tmp_path / "main.toml", "A")
    written(tmp_path / "side.toml", "Yoga", room="attic")
    assert kept_of_all(setups(tmp_path), tmp_path / "feeds", match).parsed is None
    await feed_of(tmp_path).load()
    (tmp_path / "main.toml").unlink()
    (tmp_path / "side.toml").write_text("<!doctype html>")
    parsed = await feed_of(tmp_path).load()
    assert titles(parsed) == ["attic: Yoga", "main: A"]
    assert [remark.message.endswith("less than a minute old") for remark in parsed.remarks[:2]] == [True, True]
    kept = kept_of_all(setups(tmp_path), tmp_path / "feeds", match)
    assert kept.parsed is not None
    assert titles(kept.parsed) == ["attic: Yoga", "main: A"]
    assert kept.confirmed is not None
    reading = await read_all(setups(tmp_path), match)
    assert reading.parsed is None
    assert [setup.name for setup, _ in reading.errors] == ["", "side"]


async def test_nothing_at_all_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TimetableError, match="this file does not exist"):
        await feed_of(tmp_path).load()


async def test_what_ends_a_follower_unexpectedly_ends_the_whole(tmp_path: Path) -> None:
    written(tmp_path / "main.toml", "A")

    async def broken(_: float) -> None:
        raise RuntimeError("no clock")

    feed = MergedFeed(setups(tmp_path)[:1], cache=tmp_path / "feeds", match=match, sleep=broken)
    await feed.load()
    async with aclosing(feed.updates()) as updates:
        with pytest.raises(RuntimeError, match="no clock"):
            await following(updates)


def test_secrets_are_not_shown() -> None:
    setup = FeedSetup(address="https://u:sesame@example.org/d?key=sesame", token="sesame", poll=timedelta(seconds=5))
    assert setup.called == "https://example.org/d?…"
    assert "sesame" not in repr(setup)

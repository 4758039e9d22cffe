"""The replay of a timetable's versions: it finds them, runs them through the engine, and tells what came of it."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from support.day.conference_day import at

from bench.feeds import versions_of
from bench.history import read_folder
from bench.replay import main
from bench.timetable import SHARED
from streamer.core.base.ids import SessionId
from streamer.core.plan.policy import Policy
from streamer.core.timetable.identity import Memory, identified
from streamer.core.timetable.sessions import Timetable

ROOT = Path(__file__).parents[1]
HEAD = '[conference]\ntitle = "A day"\ntimezone = "Europe/Copenhagen"\n'
TALKS = [(f"{room}{n}", room, at(f"{8 + n:02}:00")) for room in ("main", "side") for n in range(4)]


def toml(talks: list[tuple[str, str, datetime]], title: str = "Talk") -> str:
    return HEAD + "".join(
        f'[[sessions]]\nid = "{id}"\nroom = "{room}"\ntitle = "{title} {id}"\n'
        f'start = {start.isoformat()}\nduration = "30m"\n'
        for id, room, start in talks
    )


def put(folder: Path, when: datetime, text: str, suffix: str = ".toml") -> None:
    (folder / f"{int(when.timestamp())}{suffix}").write_text(text)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Side's talks are missing for eight minutes, one of them running; then one talk of it is gone for good."""
    put(tmp_path, at("07:45"), toml(TALKS))
    put(tmp_path, at("08:10"), toml(TALKS[:4]))
    put(tmp_path, at("08:14"), "<html>Log in</html>", ".html")
    put(tmp_path, at("08:18"), toml(TALKS))
    put(tmp_path, at("09:10"), toml([t for t in TALKS if t[0] != "side1"]))
    (tmp_path / "README.md").write_text("no version")
    return tmp_path


def run(folder: Path, *options: str, status: int = 0) -> Any:
    result = CliRunner().invoke(main, [str(folder), "--json", *options], catch_exceptions=False)
    assert result.exit_code == status, result.output
    return json.loads(result.stdout)


def lateness(started: dict[str, Any]) -> timedelta:
    return datetime.fromisoformat(started["at"]) - datetime.fromisoformat(started["start"])


def test_a_history_with_a_room_missing_and_a_broken_version(folder: Path) -> None:
    told = run(folder, "--to-the-end")
    assert set(told) == {"versions", "started", "stopped", "held_back", "asked", "violations"}
    assert [v["state"] for v in told["versions"]] == ["current", "held", "broken", "current", "current"]
    assert [h["session"] for h in told["held_back"]] == ["side0", "side1", "side2", "side3"]
    assert {h["outcome"] for h in told["held_back"]} == {"taken back"}
    assert [(a["session"], a["outcome"]) for a in told["asked"]] == [("side1", "it took place")]
    assert sorted(s["session"] for s in told["started"]) == sorted(id for id, _, _ in TALKS)
    assert all(lateness(s) <= timedelta(seconds=10) for s in told["started"])
    assert all(s["in_time"] for s in told["stopped"])
    assert len(told["stopped"]) == len(TALKS)
    assert told["violations"] == []


def test_it_runs_as_a_file_and_as_a_module(folder: Path) -> None:
    for command in ([str(ROOT / "bench" / "replay.py")], ["-m", "bench.replay"]):
        done = subprocess.run(
            [sys.executable, *command, str(folder)], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stderr
        assert "4 held back" in done.stdout
        assert "0 violations of invariants" in done.stdout


@pytest.mark.parametrize("published", ["07:45", "09:15", "yesterday"])
def test_it_goes_on_until_the_day_is_over_or_all_days_are(tmp_path: Path, published: str) -> None:
    """Whether the last version is of the day before, of the morning or of the middle of a talk."""
    tomorrow = [(f"later{n}", "main", at("09:00") + timedelta(days=1, hours=n)) for n in range(2)]
    when = at("12:00") - timedelta(days=1) if published == "yesterday" else at(published)
    put(tmp_path, when, toml([*TALKS, *tomorrow]))
    today = {id for id, _, start in TALKS if start + timedelta(minutes=30) > when}
    assert {s["session"] for s in run(tmp_path)["started"]} == today
    assert {s["session"] for s in run(tmp_path, "--to-the-end")["started"]} == today | {"later0", "later1"}


def test_a_folder_without_a_version_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "1.toml").write_text("nonsense")
    result = CliRunner().invoke(main, [str(tmp_path), "--json"])
    assert result.exit_code == 1
    assert "no version in it can be read: 1.toml" in result.stderr
    told = json.loads(result.stdout)
    assert [v["state"] for v in told["versions"]] == ["broken"]
    assert (told["started"], told["violations"]) == ([], [])


def test_what_was_published_before_anything_could_be_read_is_not_known_before(tmp_path: Path) -> None:
    put(tmp_path, at("07:50"), "<html>Log in</html>", ".html")
    put(tmp_path, at("09:45"), toml(TALKS))
    told = run(tmp_path, "--to-the-end")
    assert [v["state"] for v in told["versions"]] == ["broken", "current"]
    assert sorted(s["session"] for s in told["started"]) == ["main2", "main3", "side2", "side3"]


def test_two_that_share_a_room_are_both_started_and_a_version_that_repeats_changes_nothing(tmp_path: Path) -> None:
    both = [("a", "main", at("09:00")), ("b", "main", at("09:00"))]
    put(tmp_path, at("08:50"), toml(both))
    put(tmp_path, at("08:55"), toml([*both, ("c", "main", at("12:00"))]))
    put(tmp_path, at("08:56"), toml([*both, ("c", "main", at("12:00"))]))
    told = run(tmp_path, "--to-the-end")
    assert sorted(s["session"] for s in told["started"]) == ["a", "b", "c"]
    assert [v["changed"] for v in told["versions"]] == [{}, {"added": 1}, {}]


def test_versions_are_read_in_the_order_of_their_times(tmp_path: Path) -> None:
    for name in ("100.5.toml", "20.toml", "30.schedule.toml", "notes.txt", "²", "1577471000000.toml", ".5.toml"):
        (tmp_path / name).write_text(toml(TALKS))
    (tmp_path / "50.toml").mkdir()
    (tmp_path / "60.toml").symlink_to(tmp_path / "nowhere")
    versions, others = read_folder(tmp_path)
    assert [v.name for v in versions] == ["20.toml", "30.schedule.toml", "60.toml", "100.5.toml"]
    assert str(versions[2].content) == "60.toml: can't be read: no such file or directory"
    assert others == ["1577471000000.toml", "notes.txt", "²"]


def test_a_made_up_history_is_the_same_each_time() -> None:
    one, other = list(versions_of(1, 2, 10)), list(versions_of(1, 2, 10))
    assert one == other
    assert len(one) == 10
    assert one[-1].at - one[0].at < timedelta(days=1)


def nobody_asks(*_: Any) -> str:
    return ""


def as_it_was(current: Timetable, new: Timetable, policy: Policy, *, sure: bool = False) -> Timetable:
    return current


def as_it_comes(current: Timetable, new: Timetable, policy: Policy, *, sure: bool = False) -> Timetable:
    return new


def anew(new: Timetable, memory: Memory) -> tuple[Timetable, Memory]:
    known, memory = identified(new, memory)
    others = tuple(replace(s, id=SessionId(f"{s.id}.{len(new.sessions)}")) for s in known.sessions)
    return replace(known, sessions=others), memory


@pytest.mark.parametrize(
    ("broken", "by", "violated"),
    [
        ("streamer.core.trust.weighing.protects", nobody_asks, "7, a session that disappears"),
        ("streamer.core.trust.weighing.with_withdrawals", as_it_was, "102, a consent that is withdrawn counts at once"),
        ("streamer.core.trust.weighing.with_withdrawals", as_it_comes, "103, a mass change is held back whole"),
        ("streamer.core.trust.arrival.identified", anew, "101, a session keeps its id"),
    ],
)
def test_an_engine_that_is_broken_is_found_out(
    folder: Path, monkeypatch: pytest.MonkeyPatch, broken: str, by: Any, violated: str
) -> None:
    forbidden = toml(TALKS[:4]).replace('id = "main3"', 'id = "main3"\nrecord = false')
    put(folder, at("08:10"), forbidden)
    monkeypatch.setattr(broken, by)
    told = run(folder, status=1)
    assert any(violated in sentence for sentence in told["violations"]), told["violations"]


def test_36c3_lost_38_sessions_for_eight_minutes(tmp_path: Path) -> None:
    real = sorted((SHARED / "data" / "timetables").glob("36c3_live_*.json"))
    if not real:
        pytest.skip("the shared timetables are not there")
    evening = datetime.fromisoformat("2019-12-27T18:22:00+00:00")
    for path, minutes in zip(real, (-3, 0, 8), strict=True):
        when = evening + timedelta(minutes=minutes)
        (tmp_path / f"{int(when.timestamp())}.json").symlink_to(path)
    told = run(tmp_path, "--minutes", "45")
    assert len(told["held_back"]) == 38
    assert {h["outcome"] for h in told["held_back"]} == {"taken back"}
    assert len(told["stopped"]) > 10
    assert all(s["in_time"] for s in told["stopped"])
    assert (told["asked"], told["violations"]) == ([], [])

"""``streamer timetable show`` and ``diff``: what is printed, and the exit status."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from click.testing import CliRunner, Result

from streamer.commands.timetable.command import timetable

DAY = """\
[conference]
title = "Day [red]"
timezone = "Europe/Copenhagen"

[[sessions]]
id = "one"
room = "Main hall"
title = "First [bold]<b>talk</b>"
start = 2025-10-26T01:30:00
duration = "2h"
speakers = [{ name = "Ada", affiliation = "Analytical" }]
record = true
stream = false

[[sessions]]
id = "two"
room = "Main hall"
title = "Second"
start = 2025-10-26T02:30:00
end = 2025-10-27T01:30:00
"""


SHEET = "Wann,Was\n03/04/2025 10:00,Talk\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(timetable, arguments, catch_exceptions=False)


@pytest.fixture
def day(tmp_path: Path) -> str:
    path = tmp_path / "day.toml"
    path.write_text(DAY)
    return str(path)


def test_json_is_what_the_contract_says(day: str) -> None:
    result = run("show", "--json", day)
    assert result.exit_code == 0
    document = json.loads(result.output)
    assert document["conference"] == {"title": "Day [red]", "timezone": "Europe/Copenhagen"}
    assert document["rooms"] == [{"id": "main-hall", "name": "Main hall"}]
    first, second = document["sessions"]
    assert first == {
        "id": "one",
        "room": "main-hall",
        "title": "First [bold]<b>talk</b>",
        "start": "2025-10-26T01:30:00+02:00",
        "end": "2025-10-26T02:30:00+01:00",
        "speakers": [{"name": "Ada", "affiliation": "Analytical"}],
        "record": True,
        "stream": False,
        "kind": "session",
        "foreign": "one",
        "cancelled": False,
    }
    assert (second["record"], second["stream"], second["speakers"]) == (None, None, [])
    assert [warning["message"].partition(",")[0] for warning in document["warnings"]] == [
        "02:30 on 2025-10-26 happens twice in Europe/Copenhagen",
        "in Main hall “Second” starts at 2025-10-26 02:30",
    ]
    assert document["warnings"][1]["session"] == "two"
    assert document["format"] == "toml"


def test_a_table_a_day_and_the_warnings(day: str) -> None:
    result = run("show", day)
    assert result.exit_code == 0
    assert "Day [red]" in result.output
    assert "2 sessions in 1 room; times in Europe/Copenhagen; read as toml" in result.output
    assert "Sunday, 26 October 2025" in result.output
    assert "First [bold]<b>talk</b>" in result.output
    (row,) = [line for line in result.output.splitlines() if line.startswith("│") and "First" in line]
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "01:30–02:30",
        "Main hall",
        "First [bold]<b>talk</b>",
        "yes",
        "no",
        "one",
    ]
    assert "02:30–01:30+1" in result.output
    assert "2 warnings" in result.output
    assert "! line 19, session “two”, key start: 02:30 on 2025-10-26 happens twice" in result.output


def test_what_ends_days_later_says_how_many(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    whole_days = DAY.replace("2025-10-27T01:30:00", '2025-10-29T02:00:00\nkind = "break"')
    path.write_text(whole_days.replace("26T02:30", "26T02:00"))
    output = run("show", str(path)).output
    assert "02:00–02:00+3" in output
    path.write_text(DAY.replace('"2h"', '"23h"'))
    assert "before “First [bold]<b>talk</b>” ends at 23:30" in run("show", str(path)).output
    path.write_text(DAY.replace('"2h"', '"50h"'))
    assert "until the crew approves that, it is assumed to last" in run("show", str(path)).output


def test_a_broken_timetable_is_status_1_and_says_where(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_text(DAY.replace("2025-10-26T01:30:00", '"half past one"'))
    result = run("show", str(path))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert f"Error: {path}, line 9, session “one”, key start: is not a date with a time" in result.stderr
    missing = run("show", "--json", str(tmp_path / "nothing.toml"))
    assert missing.exit_code == 1
    assert "this file does not exist" in missing.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("show",),
        ("show", "a", "b"),
        ("diff", "a"),
        ("show", "a", "--format", "ics"),
        ("show", "a", "--timezone", "Mars/Olympus"),
        ("paint", "a"),
    ],
)
def test_a_wrong_call_is_status_2(arguments: tuple[str, ...]) -> None:
    assert run(*arguments).exit_code == 2


def test_zone_and_format_may_be_given(tmp_path: Path) -> None:
    path = tmp_path / "day.toml"
    path.write_text(DAY.replace('timezone = "Europe/Copenhagen"\n', ""))
    assert run("show", str(path)).exit_code == 1
    document = json.loads(run("show", "--json", "--timezone", "Asia/Tokyo", str(path)).output)
    assert document["sessions"][0]["start"] == "2025-10-26T01:30:00+09:00"
    wrong = run("show", "--format", "frab-xml", str(path))
    assert wrong.exit_code == 1
    assert "not XML" in wrong.stderr


def test_changes_are_sentences(day: str, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text(
        DAY.replace("01:30:00", "01:00:00")
        .replace('id = "two"', 'id = "three"')
        .replace("stream = false", "stream = true")
    )
    result = run("diff", day, str(other))
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0].startswith("~ “First [bold]<b>talk</b>” is now 2025-10-26 01:00–02:00 instead of 01:30–02:30")
    assert lines[1] == "~ “First [bold]<b>talk</b>” may be streamed."
    assert lines[2].startswith("+ “Second” is new")
    assert lines[3].startswith("- “Second” is gone")
    assert lines[4] == "4 changes"
    document = json.loads(run("diff", "--json", day, str(other)).output)
    assert [(change["kind"], change["session"]) for change in document["changes"]] == [
        ("retimed", "one"),
        ("consent", "one"),
        ("added", "three"),
        ("removed", "two"),
    ]
    assert document["changes"][0]["before"]["start"] == "2025-10-26T01:30:00+02:00"
    assert document["changes"][0]["after"]["start"] == "2025-10-26T01:00:00+02:00"
    assert document["changes"][2]["before"] is None
    assert document["changes"][3]["after"] is None


def test_no_change_is_said(day: str) -> None:
    result = run("diff", day, day)
    assert (result.exit_code, result.output) == (0, "No change.\n")


async def test_a_source_may_be_a_url() -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=DAY) if request.path == "/day" else web.Response(status=404)

    app = web.Application()
    app.router.add_get("/{path}", answer)
    async with TestServer(app) as server:
        found = await asyncio.to_thread(run, "show", str(server.make_url("/day")))
        lost = await asyncio.to_thread(run, "show", str(server.make_url("/lost?token=sesame")))
    assert "First" in found.output
    assert lost.exit_code == 1
    assert "the server answers 404" in lost.stderr
    assert "sesame" not in lost.stderr


def test_convert_writes_what_reads_back_equal(day: str, tmp_path: Path) -> None:
    for target in ("toml", "schedule-json"):
        output = tmp_path / target
        assert run("convert", day, "--to", target, "--output", str(output)).exit_code == 0
        shown = json.loads(run("show", str(output), "--json").output)
        assert shown.pop("format") == target
        original = json.loads(run("show", day, "--json").output)
        assert original.pop("format") == "toml"
        assert {**shown, "warnings": []} == {**original, "warnings": []}


def test_convert_prints_and_keeps_warnings_apart(day: str) -> None:
    result = run("convert", day)
    assert result.exit_code == 0
    assert result.stdout.startswith("[conference]\n")
    assert "happens twice" in result.stderr
    document = json.loads(run("convert", day, "--json").stdout)
    assert (document["format"], document["text"]) == ("toml", result.stdout)
    assert len(document["warnings"]) == 2


def test_a_sheet_is_read_with_what_is_said_about_it(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(SHEET)
    columns = ("--columns", "start=Wann,title=B")
    asked = run("show", str(sheet), "--timezone", "UTC", *columns)
    assert asked.exit_code == 1
    assert "--date-order" in asked.output
    said = (*columns, "--timezone", "UTC", "--date-order", "dmy", "--room", "Hall", "--format", "csv")
    (session,) = json.loads(run("show", str(sheet), "--json", *said).output)["sessions"]
    assert (session["start"], session["room"]) == ("2025-04-03T10:00:00+00:00", "hall")


@pytest.mark.parametrize(
    ("option", "message"),
    [
        (("--columns", "begin=A"), "no column begin"),
        (("--date", "soon"), "is not a date"),
        (("--columns", "x"), "is not a column"),
    ],
)
def test_what_is_said_wrongly_is_a_usage_error(day: str, option: tuple[str, str], message: str) -> None:
    result = run("show", day, *option)
    assert result.exit_code == 2
    assert message in result.output


def test_a_token_comes_from_the_environment_or_a_file(
    day: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FEED_TOKEN", "sesame")
    (tmp_path / "token").write_text("sesame\n")
    for token in ("env:FEED_TOKEN", f"file:{tmp_path / 'token'}"):
        assert run("show", day, "--token", token).exit_code == 0
    for token, said in (("sesame", "env:NAME or file:PATH"), ("env:NOTHING", "NOTHING is not set")):
        result = run("show", day, "--token", token)
        assert result.exit_code == 2
        assert said in result.output.replace("\n", " ")
        assert "sesame" not in result.output
